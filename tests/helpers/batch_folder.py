"""A folder of many pictures, some of them broken."""

import os
from pathlib import Path
from typing import Final

from helpers.cli_runner import SAMPLE, SAMPLES

COPIES: Final = 4
"""Folders with all samples in each."""
BROKEN: Final = 4
"""Files that cannot be read."""


def write_batch(folder: Path) -> Path:
    """The samples many times over, in folders, with broken files among them and one that is no picture."""
    for copy in range(COPIES):
        (folder / f"{copy}").mkdir(parents=True)
        for path in SAMPLES.glob("*.png"):
            os.link(path, folder / f"{copy}" / path.name)
    whole = SAMPLE.read_bytes()
    (folder / "0" / "empty.png").write_bytes(b"")
    (folder / "3" / "text.jpg").write_text("not a picture")
    (folder / "3" / "truncated.png").write_bytes(whole[: len(whole) // 2])
    (folder / "zz.TIF").write_bytes(b"II*\0broken")
    (folder / "labels.csv").write_text("file,label\n")
    return folder
