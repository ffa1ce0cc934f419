"""Data sets that training can use: where each is, or how to get it, its checksums and licence."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from sdnn.datasets.data_folders import cache_folder, data_roots
from sdnn.datasets.download import RemoteFile, download, is_intact
from sdnn.datasets.mnist import MNIST_FILES, find_mnist, mnist_checksums
from sdnn.datasets.unipen import find_unipen, unipen_checksums
from sdnn.errors import MissingPackage, UnreadableInput, UsageError

MNIST_MD5: Final = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
"""Published checksums of the archives."""
MNIST_MAX_BYTES: Final = 10_000_000
"""Size that no archive of MNIST exceeds."""
GET_UNIPEN: Final = (
    "download train_r01_v07 from doi 10.5281/zenodo.1195803 and unpack it as DIR/unipen/data and "
    "DIR/unipen/include, then give --data DIR"
)


@dataclass(frozen=True)
class DataSet:
    """A data set as it stands on this machine.

    Attributes:
        name: Name of the set.
        path: Where it is; None if it is nowhere.
        state: What is known of its content.
        licence: Licence, or who it belongs to.
        get: How to get it; empty where there is nothing to get.
    """

    name: str
    path: Path | None
    state: str
    licence: str
    get: str = ""

    def to_record(self) -> dict[str, Any]:
        """The data set in plain JSON types."""
        return {**asdict(self), "path": None if self.path is None else str(self.path)}


def data_sets(data: Path | None = None, check: bool = False) -> list[DataSet]:
    """MNIST and UNIPEN as they stand on this machine.

    Args:
        data: Folder that holds them; see `find_mnist`.
        check: Whether to compare UNIPEN's thousands of files with the checksums of the bundled model's
            training, which takes half a minute the first time.
    """
    return [_mnist(data), _unipen(data, check)]


def get_mnist(advance: Callable[[str, int, int], None] = lambda name, done, total: None) -> Path:
    """Downloads the archives of MNIST that are missing into the user's cache, and checks them.

    Args:
        advance: Called with the name of the file, the bytes so far, and in all.

    Returns:
        The folder for `--data`.

    Raises:
        MissingPackage: When torchvision, which knows the addresses, is not installed.
        UnreadableInput: When they cannot be downloaded.
        OutputError: When the cache cannot be written.
    """
    cache = cache_folder()
    for file in _mnist_files():
        download(file, cache / "MNIST" / "raw", partial(advance, file.name))
    return cache


def get_unipen() -> Path:
    """The folder of UNIPEN, which is not downloaded: its archive has to be fetched and unpacked by hand.

    Raises:
        UsageError: When it is nowhere; the message says how to get it.
    """
    try:
        return find_unipen()
    except UnreadableInput:
        raise UsageError(f"unipen: sdnn has no address to download it from; {GET_UNIPEN}") from None


def _mnist_files() -> list[RemoteFile]:
    """The archives, at the addresses that torchvision lists."""
    try:
        from torchvision.datasets import MNIST
    except ImportError:
        raise MissingPackage("torchvision", "downloading MNIST") from None
    return [
        RemoteFile(name, [mirror + name for mirror in MNIST.mirrors], md5, MNIST_MAX_BYTES)
        for name, md5 in MNIST_MD5.items()
    ]


def _mnist(data: Path | None) -> DataSet:
    licence = "Y. LeCun, C. Cortes, C. J. C. Burges; no licence stated"
    get = "sdnn data get mnist"
    try:
        root = _mnist_on_disk(data)
    except UnreadableInput as error:
        return DataSet("MNIST", None, str(error).partition(";")[0], licence, get)
    if root is None:
        return DataSet("MNIST", None, "not on this machine", licence, get)
    raw = root / "MNIST" / "raw"
    archives = [name for name in MNIST_MD5 if (raw / name).is_file()]
    if damaged := [name for name in archives if not is_intact(raw / name, MNIST_MD5[name])]:
        return DataSet("MNIST", raw, f"damaged: {', '.join(damaged)}", licence, f"remove them, then: {get}")
    if all((raw / name).is_file() for name in MNIST_FILES):
        same = _as_bundled(mnist_checksums(root))
        state = (
            "unpacked, as the bundled model was trained on" if same else "unpacked, not the published MNIST"
        )
        return DataSet("MNIST", raw, state, licence, "" if same else f"remove it, then: {get}")
    return DataSet("MNIST", raw, "archives, checksums as published", licence)


def _mnist_on_disk(data: Path | None) -> Path | None:
    """The folder with MNIST's four files, packed or unpacked, without copying them; None without any.

    Raises:
        UnreadableInput: When `data` or SDNN_DATA names a folder without MNIST.
    """
    for root in data_roots(data):
        raw = root / "MNIST" / "raw"
        for names in (MNIST_FILES, MNIST_MD5):
            if all((raw / name).is_file() for name in names):
                return root
    find_mnist(data)
    return None


def _unipen(data: Path | None, check: bool) -> DataSet:
    licence = "International Unipen Foundation, CC BY 4.0"
    try:
        path = find_unipen(data)
    except UnreadableInput:
        return DataSet("UNIPEN train_r01_v07", None, "not on this machine", licence, GET_UNIPEN)
    if not check:
        return DataSet("UNIPEN train_r01_v07", path, "found, not compared (--check)", licence)
    same = _as_bundled(unipen_checksums(data))
    state = "as the bundled model was trained on" if same else "other files than the bundled model's"
    return DataSet("UNIPEN train_r01_v07", path, state, licence)


def _as_bundled(checksums: Mapping[str, str]) -> bool:
    """Whether data have the checksums of the bundled model's training."""
    record = json.loads((Path(__file__).parents[1] / "weights" / "run.json").read_text())["data"]
    return all(record.get(name) == checksum for name, checksum in checksums.items())
