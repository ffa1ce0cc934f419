"""UNIPEN on disk: found, parsed once, cached, split by writer.

Get train_r01_v07 from doi 10.5281/zenodo.1195803 (CC BY 4.0); nothing of it comes with sdnn.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from sdnn.datasets.data_folders import cache_folder, data_roots
from sdnn.datasets.unipen.build import build_category
from sdnn.datasets.unipen.pack import PACK_ERRORS, RawCategory, read_record, read_samples, write_pack
from sdnn.datasets.unipen.sample import CATEGORIES, Category, ExcludedSegment, Sample, split_of
from sdnn.enums import Split
from sdnn.errors import OutputError, UnreadableInput

PACK_VERSION: Final = 1
"""Part of the cache file's name: raised whenever the same files give other samples."""
PACK_NAME: Final = "unipen.npz"
"""Name of a pack in place of the folder of thousands of files."""

_Read = TypeVar("_Read")


def find_unipen(data: Path | None = None) -> Path:
    """The folder of the distribution, or the pack in its place.

    Searches `data`, by default SDNN_DATA, else `data/` of a checkout and then the user's cache, for a folder
    `unipen` with `data/1a` and `include`, or a file `unipen.npz` written by `pack_unipen`.

    Raises:
        UnreadableInput: When it is in none of these places.
    """
    roots = data_roots(data)
    for root in roots:
        if os.path.isdir(root / "unipen" / "data" / "1a") and os.path.isdir(root / "unipen" / "include"):
            return root / "unipen"
        if os.path.isfile(root / PACK_NAME):
            return root / PACK_NAME
    looked_in = " and ".join(str(root / "unipen") for root in roots)
    raise UnreadableInput(
        f"{looked_in}: no UNIPEN there; download train_r01_v07 (CC BY 4.0, doi 10.5281/zenodo.1195803) and "
        f"unpack it so that DIR/unipen/data/1a and DIR/unipen/include exist, then give --data DIR"
    )


def load_unipen(category: Category, split: Split, data: Path | None = None) -> tuple[Sample, ...]:
    """The samples of one category by the writers of one split.

    The first call parses all files, which takes half a minute, and caches the samples.

    Args:
        category: 1a digits, 1b capitals, 1c small letters, 1d signs, 7 words and numbers.
        split: Part of the writers; the same ones in every category.
        data: Folder that holds `unipen`; by default those of `find_unipen`.

    Raises:
        UnreadableInput: When UNIPEN is missing or cannot be read.
    """
    parts: dict[str, Split] = {}
    samples = _from_pack(data, lambda pack: read_samples(pack, category))
    for sample in samples:
        if sample.writer not in parts:
            parts[sample.writer] = split_of(sample.writer)
    return tuple(sample for sample in samples if parts[sample.writer] is split)


def unipen_checksums(data: Path | None = None) -> dict[str, str]:
    """SHA-256 over the names and contents of each category's files, for the record of a training run.

    Raises:
        UnreadableInput: When UNIPEN is missing or cannot be read.
    """
    return _from_pack(
        data, lambda pack: {f"unipen/{each}": read_record(pack, each)[0] for each in CATEGORIES}
    )


def excluded_segments(data: Path | None = None) -> tuple[ExcludedSegment, ...]:
    """All labelled segments without a sample.

    Raises:
        UnreadableInput: When UNIPEN is missing or cannot be read.
    """
    return _from_pack(
        data, lambda pack: tuple(found for each in CATEGORIES for found in read_record(pack, each)[1])
    )


def pack_unipen(path: Path, data: Path | None = None) -> None:
    """Writes a pack in place of the folder, for `DIR/unipen.npz`.

    Raises:
        UnreadableInput: When UNIPEN is missing or cannot be read.
        OutputError: When the file cannot be written.
    """
    write_pack(path, _parse(find_unipen(data)))


def _from_pack(data: Path | None, read: Callable[[Path], _Read]) -> _Read:
    """The result of `read` on the pack, which is written anew where it is missing or damaged."""
    source = find_unipen(data)
    if os.path.isfile(source):
        try:
            return read(source)
        except PACK_ERRORS as error:
            raise UnreadableInput(
                f"{source}: damaged, or not written by pack_unipen; write it anew"
            ) from error
    pack = cache_folder() / f"unipen-{PACK_VERSION}-{_fingerprint(source)[:16]}.npz"
    if os.path.isfile(pack):
        try:
            return read(pack)
        except PACK_ERRORS:
            pass
    try:
        pack.parent.mkdir(parents=True, exist_ok=True)
        write_pack(pack, _parse(source))
    except (OSError, OutputError) as error:
        raise UnreadableInput(f"{pack}: UNIPEN cannot be kept there ({error}); set XDG_CACHE_HOME") from error
    return read(pack)


def _parse(source: Path) -> dict[str, RawCategory]:
    if os.path.isfile(source):
        raise UnreadableInput(f"{source}: is packed already; give the folder that holds unipen/")
    return {category: build_category(source, category) for category in CATEGORIES}


def _fingerprint(source: Path) -> str:
    """Hash of the names, sizes and times of all files, the key of the cache."""
    digest = hashlib.sha256()
    for part in "data", "include":
        for folder, folders, names in os.walk(source / part):
            folders.sort()
            inside = Path(folder).relative_to(source).as_posix()
            for name in sorted(names):
                found = os.stat(os.path.join(folder, name))
                digest.update(f"{inside}/{name}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()
