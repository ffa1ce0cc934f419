"""`sdnn model show`."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from sdnn.cli.terminal import print_line

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
