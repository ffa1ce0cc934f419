"""Files of pictures in each format, and PDF: what the loader makes of them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from fuzz.mutators import mutated_bytes, mutated_png, mutated_tiff
from fuzz.target import require, target
from sdnn.preprocessing.loading import load_pages

TOKENS: Final[dict[str, tuple[bytes, ...]]] = {
    "png": (
        b"tRNS",
        b"PLTE",
        b"gAMA",
        b"iCCP",
        b"eXIf",
        b"acTL",
        b"fcTL",
        b"fdAT",
        b"IDAT",
        b"IEND",
        b"zTXt",
    ),
    "jpeg": (
        *(
            b"\xff\xd8",
            b"\xff\xd9",
            b"\xff\xc0\x00\x11\x08",
            b"\xff\xc2",
            b"\xff\xda",
            b"\xff\xdb",
            b"\xff\xc4",
        ),
        *(
            b"\xff\xe1\x00\x10Exif\0\0",
            b"\xff\xe2ICC_PROFILE\0",
            b"\xff\xee\x00\x0eAdobe",
            b"\xff\xdd\x00\x04",
        ),
    ),
    "tiff": (b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"\x12\x01\x03\0"),
    "bmp": (b"BM", b"\x28\0\0\0", b"\x7c\0\0\0", b"\x0c\0\0\0", b"\x01\0\0\0", b"\x02\0\0\0"),
    "ppm": (
        b"P1",
        b"P2",
        b"P3",
        b"P4",
        b"P5",
        b"P6",
        b"Pf",
        b"PF",
        b"P7",
        b" 65535 ",
        b"\n#\n",
        b" -1 ",
        b" 0 ",
    ),
    "webp": (b"RIFF", b"WEBP", b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"EXIF", b"ICCP"),
    "gif": (
        b"GIF87a",
        b"GIF89a",
        b"!\xf9\x04",
        b"!\xff\x0bNETSCAPE2.0",
        b",\0\0\0\0",
        b";",
        b"\xff\xff\xff\xff",
    ),
    "avif": (
        b"ftypavif",
        b"meta",
        b"iloc",
        b"iprp",
        b"ipco",
        b"ispe",
        b"av1C",
        b"mdat",
        b"irot",
        b"imir",
        b"grid",
    ),
    "heic": (
        b"ftypheic",
        b"meta",
        b"iloc",
        b"iprp",
        b"ipco",
        b"ispe",
        b"hvcC",
        b"mdat",
        b"irot",
        b"iref",
        b"grid",
    ),
    "pdf": (
        *(
            b"%PDF-1.7\n",
            b"xref\n",
            b"trailer<</Root 1 0 R>>",
            b"startxref\n0\n%%EOF",
            b"endobj\n",
            b"1 0 obj\n",
        ),
        *(
            b"<<",
            b">>",
            b"[",
            b"]",
            b"stream\n",
            b"\nendstream",
            b"/Length 9",
            b" 1 0 R",
            b" 4 0 R",
            b"/Kids",
        ),
        *(
            b"/F Do ",
            b" 99999 ",
            b" -1 ",
            b" 0 ",
            b"1e9 ",
            b" re f ",
            b" sh ",
            b" cm ",
            b" q ",
            b" Q ",
            b"/Pattern cs ",
        ),
    ),
}
"""Pieces of each format that its decoders look for."""
_PAGES: Final = 20
"""Pages of a file that are looked at."""


def _load(data: bytes, _: Path) -> None:
    for number, page in enumerate(load_pages(data)):
        require(page.ndim == 2 and page.dtype == np.float32, f"page of shape {page.shape}, {page.dtype}")
        require(float(page.min()) >= 0 and float(page.max()) <= 1, "brightness outside 0 to 1")
        if number == _PAGES:
            break


def _mutator(form: str) -> Callable[[Random, Sequence[bytes]], bytes]:
    aware = {"png": mutated_png, "tiff": mutated_tiff}.get(form, mutated_bytes)
    return lambda rng, seeds: aware(rng, seeds, TOKENS[form])


for _form in TOKENS:
    target(
        "pdf" if _form == "pdf" else f"picture-{_form}",
        _mutator(_form),
        cpu_s=5.0 if _form == "pdf" else 2.0,
        may_print=_form == "tiff",
    )(_load)
