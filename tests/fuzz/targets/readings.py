"""Whole pictures through detector, net and decoder: crops and pages of odd sizes and content."""

import json
from collections.abc import Sequence
from functools import cache
from math import isfinite
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from fuzz.mutators import mutated_png
from fuzz.target import Violation, require, target
from sdnn.enums import PageMode, Status
from sdnn.formats.record import reading_record
from sdnn.reading.reader import Reader
from sdnn.results import FloatArray, Reading

_SIDES = (1, 2, 3, 5, 8, 13, 16, 24, 31, 40, 64, 97, 160)
_KINDS = ("blank", "noise", "dots", "stripes", "bars", "squares", "digits", "gradient")


@cache
def _reader() -> Reader:
    return Reader()


def _picture(rng: Random, _: Sequence[bytes]) -> bytes:
    """The description of a picture, which is drawn when it is read."""
    height, width = rng.choice(_SIDES), rng.choice(_SIDES)
    if rng.random() < 0.1:
        height, width = sorted((height, rng.choice((700, 3000))), key=lambda _: rng.random())
    description = {
        "height": height,
        "width": width,
        "kinds": rng.choices(_KINDS, k=rng.randint(1, 3)),
        "seed": rng.getrandbits(32),
        "light": rng.choice((0, 0.02, 0.5, 0.97, 1)),
        "dark": rng.choice((0, 0.02, 0.5, 0.97, 1)),
        "page": rng.choice(("page", "line", "auto")),
    }
    return json.dumps(description).encode()


def drawn(description: dict[str, Any]) -> FloatArray:
    """The (H, W) brightness of a picture that is described."""
    rng = np.random.default_rng(int(description["seed"]))
    height, width = int(description["height"]), int(description["width"])
    light, dark = float(description["light"]), float(description["dark"])
    page = np.full((height, width), light, np.float32)
    for kind in description["kinds"]:
        mask = _mask(str(kind), rng, height, width)
        page = np.asarray(np.where(mask > 0, dark * mask + page * (1 - mask), page), np.float32)
    return page.clip(0, 1)


def _mask(kind: str, rng: np.random.Generator, height: int, width: int) -> FloatArray:
    mask = np.zeros((height, width))
    if kind == "noise":
        return rng.random((height, width))
    if kind == "dots":
        for _ in range(rng.integers(1, 12)):
            mask[rng.integers(height), rng.integers(width)] = 1
    if kind == "stripes":
        mask[:: rng.integers(2, 9)] = 1
    if kind == "bars":
        mask[:, :: rng.integers(2, 30)] = 1
    if kind == "squares":
        for _ in range(rng.integers(1, 5)):
            top, left = rng.integers(height), rng.integers(width)
            mask[top : top + rng.integers(1, 20), left : left + rng.integers(1, 20)] = 1
    if kind == "gradient":
        mask = np.linspace(0, 1, width)[None] * np.ones((height, 1))
    if kind == "digits":
        import cv2

        text = "".join(map(str, rng.integers(10, size=rng.integers(1, 9))))
        ink, size = np.zeros((height, width), np.uint8), max(0.2, height / 40)
        cv2.putText(ink, text, (2, int(height * 0.8)), 0, size, 255, int(rng.integers(1, 4)))
        mask = ink / 255
    return mask


@target("reading", _picture, share=2.0)
def reading(data: bytes, _: Path) -> None:
    """Reads a described picture as an array."""
    try:
        description = json.loads(data)
        page = drawn(description)
        mode = PageMode(description["page"])
    except (ValueError, KeyError, TypeError):
        return  # cut short while an input is minimized
    _check(list(_reader().read_many([page], page_mode=mode)))


@target("reading-file", lambda rng, seeds: mutated_png(rng, seeds, (b"tRNS", b"gAMA", b"PLTE")), share=2.0)
def reading_file(data: bytes, folder: Path) -> None:
    """Reads a mutated PNG from a file."""
    path = folder / "a.png"
    path.write_bytes(data)
    _check(list(_reader().read_many([path])))


@target("page", lambda rng, seeds: _picture(rng, seeds), cpu_s=5.0)
def page(data: bytes, _: Path) -> None:
    """Reads a described picture, tiled to a page."""
    try:
        picture = drawn(json.loads(data))
    except (ValueError, KeyError, TypeError):
        return
    rows, columns = (max(1, 600 // side) for side in picture.shape)
    if rows * columns > 5000:
        return
    _check(list(_reader().read_many([np.tile(picture, (rows, columns))], page_mode=PageMode.PAGE)))


def _check(readings: list[Reading]) -> None:
    require(readings, "no reading")
    for each in readings:
        if each.status is Status.ERROR:
            # Reading turns what goes wrong with one picture into its row; here that hides a fault.
            require("internal error" not in (each.reason or ""), f"error row: {each.reason}")
            continue
        for value in (each.confidence, each.constraint_probability, each.residual_probability):
            require(isfinite(value) and -1e-6 <= value <= 1 + 1e-6, f"probability {value}")
        require(each.text == each.string or not each.digits, "text and digits differ")
        for digit in each.digits:
            require(0 <= digit.confidence <= 1 + 1e-6, f"confidence of a digit {digit.confidence}")
        try:
            json.dumps(reading_record(each, {}), allow_nan=False)
        except ValueError as error:
            raise Violation(f"record: {error}") from error
