"""Reads lines with RapidOCR's recogniser alone: no detection of text, no classifier of angles.

    build/venv-peers/bin/python benchmarks/peers_rapidocr.py OUT IMAGE...

Writes a JSON line for each picture into OUT (- is stdout), and says on stderr, in JSON, how long that took.
Imports, loading of the models and the choice of the batch size are not in that time, which favours RapidOCR.
Runs in the peers' own environment: without sdnn.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rapidocr import RapidOCR  # type: ignore[import-not-found]

BATCHES = (1, 6)
"""Numbers of lines read together that may be quickest; larger ones were slower."""
TRIED = 60
"""Pictures that the batch size is chosen on."""


def read(engine: Any, images: Sequence[str]) -> list[dict[str, Any]]:
    """A record for each picture."""
    found = engine.recognize_txt([cv2.imread(image) for image in images])
    return [
        {"file": image, "text": text, "score": float(score)}
        for image, text, score in zip(images, found.txts, found.scores, strict=True)
    ]


def seconds_of(engine: Any, images: Sequence[str], batch: int) -> float:
    """How long reading takes with so many lines together."""
    engine.text_rec.rec_batch_num = batch
    started = time.perf_counter()
    read(engine, images)
    return time.perf_counter() - started


def main() -> None:
    """Reads all pictures."""
    out, *images = sys.argv[1:]
    engine = RapidOCR(params={"Global.log_level": "error"})
    engine.recognize_txt([np.full((48, 160, 3), 255, np.uint8)])  # loads the recogniser
    batch = 1
    if len(images) > 1:
        batch = min(BATCHES, key=lambda batch: seconds_of(engine, images[:TRIED], batch))
    engine.text_rec.rec_batch_num = batch
    started = time.perf_counter()
    rows = "".join(json.dumps(record) + "\n" for record in read(engine, images))
    if out == "-":
        sys.stdout.write(rows)
    else:
        Path(out).write_text(rows, encoding="utf-8")
    print(json.dumps({"seconds": time.perf_counter() - started, "batch": batch}), file=sys.stderr)


if __name__ == "__main__":
    main()
