"""Measurements of a model, as a model card: writes MODEL_CARD.md and data/failures.png.

    python benchmarks/model_card.py [MODEL.onnx] --strings DIR --strings DIR...

Synthetic strips are made of MNIST's test digits; the picture of failures shows drawn digits only.
"""

import shlex
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from card.findings import collect_findings
from card.robustness import strips_to_read
from card.sections import write_card

from sdnn import __version__
from sdnn.cli.model import ModelArgument
from sdnn.cli.options import DataOption
from sdnn.cli.terminal import fail, note, progress
from sdnn.datasets.mnist import load_mnist
from sdnn.enums import Split
from sdnn.errors import OutputError, SdnnError, UnreadableInput
from sdnn.evaluation.labels import LABELS_NAME, read_labels
from sdnn.files import check_not_overwriting
from sdnn.hardware import hardware, processors
from sdnn.models.engine import BUNDLED
from sdnn.models.inspection import record_of
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL


def main(
    file: ModelArgument = None,
    out: Annotated[Path, typer.Option(metavar="OUT.md", help="File of the card.")] = Path("MODEL_CARD.md"),
    strings: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Folder of real strips with labels.csv; repeatable."),
    ] = None,
    strips: Annotated[
        int, typer.Option(min=1, help="Synthetic strips of each length, gap and corruption.")
    ] = 400,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Random seed of the strips.")] = 0,
    data: DataOption = None,
) -> None:
    """Measure a model and write its card: provenance, accuracy, known failures.

    Beside the card, data/failures.png shows misread drawn digits.
    """
    started = time.perf_counter()
    path, folders = file or BUNDLED, strings or []
    check_not_overwriting("--out", out, [path, *(folder / LABELS_NAME for folder in folders)])
    if not out.parent.is_dir():
        raise OutputError(f"--out {out}: there is no folder {out.parent}; choose another place")
    reader = Reader(path, ACCEPT_ALL)
    record = record_of(reader.engine, path)
    real = sum(len(read_labels(folder)) for folder in folders)
    try:
        digits = load_mnist(Split.TEST, data)
    except UnreadableInput as error:
        raise UnreadableInput(
            "a card needs MNIST's test digits, which cannot be had: put the four .gz files of MNIST into "
            "DIR/MNIST/raw and give --data DIR"
        ) from error
    done, total = 0, real + strips_to_read(strips, len(digits))
    with progress("reading") as update:

        def advance() -> None:
            nonlocal done
            done += 1
            update(done, total)

        found = collect_findings(reader, digits, folders, strips, seed, processors(), advance)
    options = [option for folder in folders for option in ("--strings", folder.resolve().name)]
    command = ["python", "benchmarks/model_card.py", *([path.name] if file else []), "--strips", str(strips)]
    made = (
        f"Made with `{shlex.join([*command, '--seed', str(seed), *options])}` (sdnn {__version__}) on "
        f"{datetime.now(UTC).date()} in {time.perf_counter() - started:.0f} s; {hardware()}."
    )
    write_card(out, record, reader, found, made)
    note(f"wrote {out}")


if __name__ == "__main__":
    try:
        typer.run(main)
    except SdnnError as error:
        fail(str(error), error.exit_code)
