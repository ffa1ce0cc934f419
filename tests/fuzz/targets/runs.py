"""Folders of training runs: records, metrics, checkpoints, and nets in safetensors."""

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from fuzz.mutators import dumped, mutated_bytes, mutated_text, mutated_tree
from fuzz.target import require, target

_CODE: Final = "<code>"
"""What stands for the checksum of the code in a record, which changes with every version."""
_WORDS: Final = (
    "digits",
    "strings",
    "stage",
    "step",
    '"',
    "{",
    "}",
    "[",
    ":",
    ",",
    "nan",
    "1e400",
    "-1",
    "\r",
    "null",
)


def record(net: str) -> dict[str, Any]:
    """The record of a tiny run of either net."""
    from sdnn.training.detector_recipe import DetectorRecipe

    recipe = _recipe() if net == "reader" else DetectorRecipe(steps=4)
    return {"version": "0", "net": net, "recipe": asdict(recipe), "code": _CODE, "data": {}, "versions": {}}


@cache
def _recipe() -> Any:
    from sdnn.enums import Source
    from sdnn.training.reader_recipe import DigitRecipe, Recipe, StringRecipe

    digits = DigitRecipe(examples=32, examples_per_epoch=16, batch=8)
    strings = StringRecipe(examples=16, examples_per_epoch=8, batch=4)
    return Recipe(Source.PEN, channels=(1, 1, 1, 1, 1, 1), digits=digits, strings=strings)


@cache
def _code() -> str:
    from sdnn.training.run_folder import code_checksum

    return code_checksum()


def _mutated_json(rng: Random, seeds: Sequence[bytes]) -> bytes:
    if rng.random() < 0.1:
        return mutated_bytes(rng, seeds)
    return dumped(rng, mutated_tree(rng, json.loads(rng.choice(seeds))))


@target("run-record", _mutated_json, share=2.0)
def run_record(data: bytes, folder: Path) -> None:
    """Resumes a run by its record, up to its new net."""
    from sdnn.training.detector_run import DetectorRun
    from sdnn.training.reader_run import ReaderRun
    from sdnn.training.run_folder import net_of

    (folder / "run.json").write_bytes(data.replace(_CODE.encode(), _code().encode()))
    run = (DetectorRun if net_of(folder) == "detector" else ReaderRun).resume(folder)
    require(run.recipe.steps >= 0, "a negative number of steps")
    run.check_data(None)
    if isinstance(run, ReaderRun):  # a detector's net is always the same, and large
        run.new_net()
        require(run.recipe.net.geometry.columns(1000) > 0, "a net without columns")
    json.dumps(run.to_record())


@target("metrics", lambda rng, seeds: mutated_text(rng, seeds, _WORDS), share=2.0)
def metrics(data: bytes, folder: Path) -> None:
    """Reads the metrics of a run, and removes those after a step."""
    from sdnn.training.metrics_log import MetricsLog

    (folder / "metrics.jsonl").write_bytes(data)
    log = MetricsLog(folder)
    for stage in ("digits", "strings"):
        log.last_figures(stage)
    dict.fromkeys(line["stage"] for line in log.metrics())
    log.keep_metrics(lambda line: line["stage"] != "strings" or line["step"] <= 2)


@target("net", lambda rng, seeds: mutated_tensors(rng, seeds))
def net(data: bytes, folder: Path) -> None:
    """Loads a net for further training."""
    import torch

    from sdnn.models.checkpoint import load_net

    path = folder / "model.safetensors"
    path.write_bytes(data)
    loaded, _ = load_net(path)
    finite = all(bool(torch.isfinite(each).all()) for each in loaded.state_dict().values())
    require(finite, "a net with weights that are not finite")


@target("net-detector", lambda rng, seeds: mutated_tensors(rng, seeds))
def net_detector(data: bytes, folder: Path) -> None:
    """Loads a detector's net for further training."""
    from sdnn.models.checkpoint import load_detector

    path = folder / "detector.safetensors"
    path.write_bytes(data)
    load_detector(path)


@target("checkpoint", lambda rng, seeds: mutated_tensors(rng, seeds))
def checkpoint(data: bytes, folder: Path) -> None:
    """Goes on from a checkpoint, with the next step."""
    from sdnn.models.digit_net import DigitNet
    from sdnn.training.reader_run import ReaderRun
    from sdnn.training.state import TrainingState

    run = ReaderRun(folder, _recipe(), {})
    run.checkpoint.write_bytes(data)
    state = _state(DigitNet(_recipe().net), TrainingState)
    step = run.load_checkpoint("digits", state)
    require(step >= 0, f"step {step}")  # the loop refuses one beyond its end
    run.reached()
    _step(state)


def _state(net: Any, kind: Callable[..., Any]) -> Any:
    import torch

    return kind(net, torch.optim.AdamW(net.parameters(), fused=True))


def _step(state: Any) -> None:
    """A step of the optimizer, towards smaller weights."""
    for parameter in state.net.parameters():
        parameter.grad = parameter.detach().clone()
    state.optimizer.step()


def tiny_nets() -> dict[str, bytes]:
    """The files of tiny nets and of a checkpoint, for the corpus."""
    import torch
    from safetensors.torch import save

    from sdnn.models.digit_net import DigitNet
    from sdnn.models.metadata import DetectorMetadata, ReaderMetadata
    from sdnn.training.state import TrainingState

    torch.manual_seed(1)
    net = DigitNet(_recipe().net)
    reader = ReaderMetadata("tiny", geometry=net.architecture.geometry, recipe=asdict(_recipe()))
    detector = DetectorMetadata("tiny", 4, (12.0, 24.0), 49)
    state = _state(net, TrainingState)
    _step(state)
    done = {"done": json.dumps({"stage": "digits", "step": 2})}
    return {
        "net": save(
            {name: each.contiguous() for name, each in net.state_dict().items()}, reader.to_entries()
        ),
        "net-detector": save({"x": torch.zeros(3)}, detector.to_entries()),
        "checkpoint": save(
            {name: each.detach().contiguous() for name, each in state.tensors().items()}, done
        ),
    }


def mutated_tensors(rng: Random, seeds: Sequence[bytes]) -> bytes:
    """A safetensors file with a changed header, metadata, or bytes of tensors."""
    data = rng.choice(seeds)
    if rng.random() < 0.25:
        return mutated_bytes(rng, seeds)
    (size,) = struct.unpack_from("<Q", data)
    header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    entries = header.get("__metadata__", {})
    if entries and rng.random() < 0.5:
        key = rng.choice(list(entries))
        tree = mutated_tree(rng, json.loads(entries[key]))
        entries[key] = dumped(rng, tree).decode("utf-8", "replace")
    elif rng.random() < 0.5:
        header = mutated_tree(rng, header)
    else:
        start = 4 * rng.randrange(1 + len(body) // 4)
        value = rng.choice((float("nan"), float("inf"), -1.0, 3e38, 0.0))
        body = body[:start] + struct.pack("<f", value) * rng.choice((1, 8)) + body[start + 4 :]
        body = body[: len(data) - 8 - size]
    text = dumped(rng, header)
    return struct.pack("<Q", len(text)) + text + body
