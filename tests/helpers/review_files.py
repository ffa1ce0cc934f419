"""A small review: strings on drawn pictures, and the records of their reading."""

import json
from pathlib import Path
from typing import Any

from PIL import Image

from helpers.cli_runner import SAMPLES

GUESSES = ("14662", "114", "129236", "4449410", "8809")


def record(source: str, **changed: Any) -> dict[str, Any]:
    """A record of a rejected string that covers its picture."""
    with Image.open(SAMPLES / source) as image:
        box = [2, 2, image.width - 2, image.height - 2]
    text = changed.get("text", "0123")
    digits = [{"digit": digit, "confidence": 0.5, "box": box, "alternatives": []} for digit in text]
    fields = {
        "schema": 2,
        "source": source,
        "page": 1,
        "box": box,
        "text": text,
        "confidence": 0.1,
        "status": "rejected",
        "reason": "confidence 0.1 is below 0.4",
        "unconstrained": text,
        "digits": digits,
    }
    return fields | changed


def write_records(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
    return path


def five_strings(folder: Path) -> Path:
    """Results with five rejected strings, the worst one first in the list of guesses."""
    records = [
        record(f"{index:05d}.png", text=guess, confidence=0.1 + index / 100)
        for index, guess in enumerate(GUESSES)
    ]
    return write_records(folder / "results.jsonl", records[::-1])
