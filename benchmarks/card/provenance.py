"""Architecture and provenance of a model, from its own files."""

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from card.prose import paragraph, percent
from sdnn.evaluation.markdown import table
from sdnn.models.metadata import ReaderMetadata

SOURCES: Final = {
    "mnist": "MNIST training images",
    "pen": "drawn digits",
    "mixed": "MNIST training images and drawn digits",
}


def what_it_is(model: Mapping[str, Any]) -> Iterator[str]:
    """Paragraphs on the net.

    Args:
        model: The record that `sdnn model show --json` prints.
    """
    geometry, cost, layers = model["geometry"], model["multiplications"], model["layers"]
    yield paragraph(
        "A convolutional net for single digits that is swept along a strip of handwriting. Every "
        f"{geometry['stride_px']} px it says of a window {geometry['height_px']} px high and "
        f"{geometry['window_px']} px wide: this digit, or no digit. A trellis makes a string of that, with "
        "its probability and a box for every digit. No layer sees beyond its window: there is nothing to "
        "remember strings with."
    )
    channels = ", ".join(str(layer["channels_out"]) for layer in layers if "channels_out" in layer)
    facts = {
        "file": f"`{Path(model['file']).name}`, {model['bytes']:,} bytes",
        "SHA-256": f"`{model['sha256']}`",
        "parameters": f"{model['parameters']:,}",
        "layers": f"{sum('channels_out' in layer for layer in layers)} convolutions ({channels} channels), "
        f"{sum('channels_out' not in layer for layer in layers)} of maxima",
        "strip": f"{geometry['height_px']} px high, the writing {geometry['text_height_px']} px of it",
        "cost": f"{cost['swept'] / 1e6:.1f} million multiplications for a strip of {cost['digits']} digits, "
        f"{cost['ratio']:.1f} times less than window by window",
        "temperature": f"{model['temperature']:g}",
    }
    yield table(["", model["name"]], facts.items(), texts=2)


def record_beside(model: Path, metadata: ReaderMetadata) -> Mapping[str, Any] | None:
    """The record of the training, where it lies beside the model and tells of this one.

    Returns:
        What `run.json` holds, and under `metrics` the last line of each stage; None where there is no such
        record, or it is that of another recipe.
    """
    try:
        record = json.loads((model.parent / "run.json").read_text(encoding="utf-8"))
        lines = (model.parent / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        metrics = {line["stage"]: line for line in map(json.loads, lines)}
        return {**record, "metrics": metrics} if record["recipe"] == metadata.recipe else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def how_it_was_made(model: Mapping[str, Any], run: Mapping[str, Any] | None) -> Iterator[str]:
    """Paragraphs on command, seed, time, hardware, data and recipe.

    Args:
        model: The record that `sdnn model show --json` prints.
        run: See `record_beside`.
    """
    yield table(["", "training"], _training(model, run).items(), texts=2)
    if model["data"]:
        yield "Checksums of the data (SHA-256, unpacked):"
        width = max(map(len, model["data"]))
        lines = [f"{name:<{width}}  {checksum}" for name, checksum in model["data"].items()]
        yield "\n".join(["```", *lines, "```"])
    if model["recipe"]:
        rows = [(f"`{group}`", settings) for group, settings in _settings(model["recipe"])]
        yield "<details><summary>The whole recipe</summary>"
        yield table(["part", "settings"], rows, texts=2)
        yield "</details>"


def _training(model: Mapping[str, Any], run: Mapping[str, Any] | None) -> dict[str, str]:
    recipe = model["recipe"]
    facts = {}
    if run:
        facts["command"] = f"`{run['command']}`"
        facts["begun"] = f"{run['started']}, sdnn {run['version']}"
        minutes = sum(line["seconds"] for line in run["metrics"].values()) / 60
        facts["time"] = f"{minutes:.0f} minutes"
        facts["hardware"] = run["hardware"]
        facts["versions"] = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    else:
        facts["record"] = "none beside the model: time, hardware and versions are not known"
    facts["seed"] = str(recipe.get("seed", "not known"))
    facts["digits"] = SOURCES.get(recipe.get("source"), "not known")
    for stage, what in ("digits", "windows"), ("strings", "strips"):
        if settings := recipe.get(stage):
            facts[what] = (
                f"{settings['examples']:,}, of which {percent(settings['pen_share'], 0)} % by drawn hands"
            )
    if recipe.get("start"):
        facts["went on from"] = f"the net with SHA-256 `{recipe['start']}`"
    for stage, last in (run["metrics"] if run else {}).items():
        figures = {
            name: value
            for name, value in last.items()
            if name not in {"stage", "step", "seconds", "examples_per_second", "a_second"}
        }
        facts[f"validation after {stage}"] = ", ".join(
            f"{name} {value:.3f}" for name, value in figures.items()
        )
    return {**facts, **dict(_settings(model["card"]))}


def _settings(nested: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The groups of a nested mapping, each with what stands in it directly."""
    for group, entries in groupby(_leaves("", nested), key=lambda leaf: leaf[0]):
        yield group, ", ".join(f"{name} {_plain(value)}" for _, name, value in entries)


def _leaves(group: str, nested: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Group, name and value of all that is in a nested mapping; of each group the plain values first."""
    inner = {name: value for name, value in nested.items() if isinstance(value, Mapping)}
    yield from ((group or "recipe", name, value) for name, value in nested.items() if name not in inner)
    for name, value in inner.items():
        yield from _leaves(f"{group}.{name}".lstrip("."), value)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
