import gzip
import hashlib
from pathlib import Path

import pytest
from helpers.range_server import Served, serving

from sdnn.datasets import catalogue
from sdnn.datasets.catalogue import MNIST_MD5, data_sets, get_mnist, get_unipen
from sdnn.datasets.data_folders import cache_folder
from sdnn.datasets.mnist import MNIST_FILES
from sdnn.errors import UsageError


@pytest.fixture(autouse=True)
def no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own, and a named folder without data."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "data" / "MNIST" / "raw").mkdir(parents=True)
    monkeypatch.setenv("SDNN_DATA", str(tmp_path / "data"))


def mnist_state(tmp_path: Path) -> str:
    mnist, _ = data_sets(tmp_path / "data")
    return mnist.state


def test_what_is_missing_says_how_to_get_it() -> None:
    mnist, unipen = data_sets()
    assert (mnist.path, mnist.get) == (None, "sdnn data get mnist")
    assert unipen.path is None
    assert "10.5281/zenodo.1195803" in unipen.get
    assert "CC BY 4.0" in unipen.licence


def test_archives_are_compared_with_the_published_checksums(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = tmp_path / "data" / "MNIST" / "raw"
    for name in MNIST_MD5:
        (raw / name).write_bytes(name.encode())
    assert mnist_state(tmp_path).startswith("damaged: train-images")
    published = {name: hashlib.md5(name.encode(), usedforsecurity=False).hexdigest() for name in MNIST_MD5}
    monkeypatch.setattr(catalogue, "MNIST_MD5", published)
    assert mnist_state(tmp_path) == "archives, checksums as published"
    assert not cache_folder().exists()  # listing copies nothing


def test_unpacked_files_are_compared_with_those_of_the_bundled_model(tmp_path: Path) -> None:
    for name in MNIST_FILES:
        (tmp_path / "data" / "MNIST" / "raw" / name).write_bytes(b"other")
    assert mnist_state(tmp_path) == "unpacked, not the published MNIST"


def test_mnist_is_downloaded_into_the_cache_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    files = {name: gzip.compress(name.encode()) for name in MNIST_MD5}
    published = {
        name: hashlib.md5(content, usedforsecurity=False).hexdigest() for name, content in files.items()
    }
    monkeypatch.setattr(catalogue, "MNIST_MD5", published)
    seen = []
    with serving(Served(files)) as served:
        monkeypatch.setattr(datasets.MNIST, "mirrors", [served.url])
        folder = get_mnist(lambda name, done, total: seen.append(name))
        assert get_mnist() == folder == cache_folder()
    assert [*dict.fromkeys(seen)] == [*files]
    assert len(served.requests) == len(files)  # the second call asks for nothing
    assert sorted(path.name for path in (folder / "MNIST" / "raw").iterdir()) == sorted(files)
    assert [*(tmp_path / "data" / "MNIST" / "raw").iterdir()] == []


def test_the_published_checksums_are_those_of_torchvision() -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    assert dict(datasets.MNIST.resources) == MNIST_MD5


def test_unipen_is_not_downloaded_but_explained() -> None:
    with pytest.raises(UsageError, match=r"10\.5281/zenodo\.1195803"):
        get_unipen()
