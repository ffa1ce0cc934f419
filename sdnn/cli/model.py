"""`sdnn model show` and `sdnn model card`."""

import json
import shlex
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from sdnn import __version__
from sdnn.choices import Split
from sdnn.cli.options import DataOption
from sdnn.cli.terminal import needs, note, print_line, progress
from sdnn.errors import OutputError, UnreadableInput
from sdnn.files import refuse_to_overwrite
from sdnn.machine import hardware, processors

ModelArgument = Annotated[
    Path | None,
    typer.Argument(metavar="MODEL.onnx", envvar="SDNN_MODEL", help="Model file; the bundled one by default."),
]

model = typer.Typer(help="Look at model files.", no_args_is_help=True)


@model.command()
def show(
    file: ModelArgument = None,
    json_lines: Annotated[bool, typer.Option("--json", help="Print the same as a JSON record.")] = False,
) -> None:
    """Say what a model is: its layers, what they cost, what it was trained with, its card."""
    from sdnn.models.engine import BUNDLED, Engine
    from sdnn.models.inspection import record_of

    path = file or BUNDLED
    record = record_of(Engine(path), path)
    print_line(json.dumps(record) if json_lines else "\n\n".join(map("\n".join, _blocks(record))))


@model.command()
def card(
    file: ModelArgument = None,
    out: Annotated[Path, typer.Option(metavar="OUT.md", help="The card.")] = Path("MODEL_CARD.md"),
    strings: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR", help="Folder of real strips with labels.csv; may be given several times."
        ),
    ] = None,
    strips: Annotated[
        int, typer.Option(min=1, help="Synthetic strips of each length, gap and corruption.")
    ] = 400,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Decides which strips.")] = 0,
    data: DataOption = None,
) -> None:
    """Measure a model and write its card: how it was made, how well it reads, where it fails.

    Beside the card, data/failures.png shows drawn digits that were misread.
    """
    started = time.perf_counter()
    with needs("rapidfuzz", "writing a model card"):
        from sdnn.evaluation.card import find_out, write_card
        from sdnn.evaluation.labels import LABELS_NAME, read_labels
        from sdnn.evaluation.trials import strips_to_read
    from sdnn.datasets.digits import load_mnist
    from sdnn.models.engine import BUNDLED
    from sdnn.models.inspection import record_of
    from sdnn.reader import Reader

    path, folders = file or BUNDLED, strings or []
    refuse_to_overwrite("--out", out, [path, *(folder / LABELS_NAME for folder in folders)])
    if not out.parent.is_dir():
        raise OutputError(f"--out {out}: there is no folder {out.parent}; choose another place")
    reader = Reader(path, min_confidence=0, min_fit=0)
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

        found = find_out(reader, digits, folders, strips, seed, processors(), advance)
    options = [option for folder in folders for option in ("--strings", folder.resolve().name)]
    command = ["sdnn", "model", "card", *([path.name] if file else []), "--strips", str(strips)]
    made = (
        f"Made with `{shlex.join([*command, '--seed', str(seed), *options])}` (sdnn {__version__}) on "
        f"{datetime.now(UTC).date()} in {time.perf_counter() - started:.0f} s; {hardware()}."
    )
    write_card(out, record, reader, found, made)
    note(f"wrote {out}")


def _blocks(record: Mapping[str, Any]) -> Iterator[Iterable[str]]:
    """The record for people: names and values side by side, and a table of the layers."""
    geometry, taken = record["geometry"], record["multiplications"]
    yield _aligned(
        ("name", _plain(record["name"])),
        ("file", _plain(record["file"])),
        ("bytes", f"{record['bytes']:,}"),
        ("sha256", record["sha256"]),
    )
    yield _aligned(
        ("strip height", f"{geometry['height_px']} px"),
        ("text height", f"{geometry['text_height_px']} px"),
        ("window", f"{geometry['window_px']} px"),
        ("stride", f"{geometry['stride_px']} px"),
        ("columns per digit", f"{geometry['columns_per_digit']:.1f}, for {geometry['digit_px']:.1f} px"),
    )
    yield _table(record["layers"])
    yield _aligned(
        ("parameters", f"{record['parameters']:,}"),
        (f"strip of {taken['digits']} digits", f"{taken['width_px']} px, {taken['columns']} columns"),
        ("multiplications", f"{taken['swept']:,}"),
        ("multiplications per column", f"{taken['per_column']:,}"),
        ("multiplications of one window", f"{taken['window']:,}"),
        ("multiplications of all windows", f"{taken['cut']:,}, {taken['ratio']:.1f} times the sweep"),
    )
    for name in ("temperature", "recipe", "data", "card"):
        yield _aligned(*_entries(name, record[name]))


def _table(layers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    row = "{:<11}  {:>6}  {:>4}  {:>4}  {:>10}  {:>10}  {:>15}  {:>5}".format
    yield row("layer", "kernel", "in", "out", "window map", "parameters", "multiplications", "%")
    for layer in layers:
        height, width = layer["window_map"]
        yield row(
            layer["kind"],
            f"{layer['rows']}x{layer['columns']}",
            layer.get("channels_in", ""),
            layer.get("channels_out", ""),
            f"{height}x{width}",
            f"{layer['parameters']:,}",
            f"{layer['multiplications']:,}",
            f"{100 * layer['share']:.1f}",
        )


def _entries(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """A nested value as one line for each thing in it, with the way there as its name."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _entries(f"{name}.{key}", inner)
    else:
        yield _plain(name), _plain(value)


def _plain(value: Any) -> str:
    """A value on one line; as JSON where it is no text, or one that could do things to a terminal."""
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)


def _aligned(*entries: tuple[str, str]) -> Iterator[str]:
    width = max(len(name) for name, _ in entries)
    for name, value in entries:
        yield f"{name:<{width}}  {value}"
