import gzip
import hashlib
from pathlib import Path

import pytest
from helpers.data_places import CONTENTS, Places

from sdnn.datasets import data_folders, mnist


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    places = Places(tmp_path)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: places.cache)
    module = places.checkout.parent / "sdnn" / "datasets" / "data_folders.py"
    monkeypatch.setattr(data_folders, "__file__", str(module))
    monkeypatch.delenv("SDNN_DATA", raising=False)
    return places


@pytest.fixture
def small_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets torchvision take the fake files for MNIST, and nothing come from the network."""
    torchvision_mnist = pytest.importorskip("torchvision.datasets").MNIST
    checksums = [
        (f"{name}.gz", hashlib.md5(gzip.compress(content, mtime=0)).hexdigest())
        for name, content in CONTENTS.items()
    ]
    monkeypatch.setattr(torchvision_mnist, "resources", checksums)
    monkeypatch.setattr(torchvision_mnist, "mirrors", ["file:///no/network/"])
    monkeypatch.setattr(mnist, "FIT_IMAGES", 6)
