"""`sdnn model show`."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from sdnn.cli.terminal import print_line

ModelArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="MODEL",
        envvar="SDNN_MODEL",
        help="Model file (.onnx), or name of your own.",
        show_default="the bundled one",
    ),
]

CHECKSUM_DIGITS = 16
"""Digits shown of the checksums of data, so that lines fit 80 columns."""

model = typer.Typer(help="Inspect model files.", no_args_is_help=True)


@model.command()
def show(
    file: ModelArgument = None,
    json_lines: Annotated[
        bool, typer.Option("--json", help="Print a JSON record, with whole checksums.")
    ] = False,
) -> None:
    """Print layers, cost, recipe, data checksums and card of a model."""
    from sdnn.models.engine import Engine
    from sdnn.models.inspection import record_of
    from sdnn.models.library import find_model

    path = find_model(file)
    record = record_of(Engine(path), path)
    print_line(json.dumps(record) if json_lines else "\n\n".join(map("\n".join, _blocks(record))))


def _blocks(record: Mapping[str, Any]) -> Iterator[Iterable[str]]:
    """Blocks of lines: names and values side by side, and a table of the layers."""
    geometry, cost = record["geometry"], record["multiplications"]
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
        *([("nets with these layers, and a gate", f"{record['nets']}")] if record["nets"] > 1 else []),
        ("parameters", f"{record['parameters']:,}"),
        (f"strip of {cost['digits']} digits", f"{cost['width_px']} px, {cost['columns']} columns"),
        ("multiplications", f"{cost['swept']:,}"),
        ("multiplications per column", f"{cost['per_column']:,}"),
        ("multiplications of one window", f"{cost['window']:,}"),
        ("multiplications of all windows", f"{cost['cut']:,}, {cost['ratio']:.1f} times the sweep"),
    )
    for name in ("temperature", "recipe", "data", "card"):
        yield _aligned(*_entries(name, record[name]))


def _table(layers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "layer        kernel    in   out  window map  parameters  multiplications      %"
    for layer in layers:
        kernel, window_map = f"{layer['rows']}x{layer['columns']}", "x".join(map(str, layer["window_map"]))
        maps = f"{layer.get('channels_in', ''):>4}  {layer.get('channels_out', ''):>4}  {window_map:>10}"
        cost = f"{layer['parameters']:>10,}  {layer['multiplications']:>15,}  {100 * layer['share']:>5.1f}"
        yield f"{layer['kind']:<11}  {kernel:>6}  {maps}  {cost}"


def _entries(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Paths and values of a nested value."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _entries(f"{name}.{key}", inner)
    else:
        is_checksum = isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value)
        yield _plain(name), f"{value[:CHECKSUM_DIGITS]}…" if is_checksum else _plain(value)


def _plain(value: Any) -> str:
    """A value on one line; JSON unless it is text that is safe on a terminal."""
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)


def _aligned(*entries: tuple[str, str]) -> Iterator[str]:
    width = max(len(name) for name, _ in entries)
    for name, value in entries:
        yield f"{name:<{width}}  {value}"
