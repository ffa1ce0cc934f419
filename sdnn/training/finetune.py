"""Fine-tuning from folders of labelled strips to a model in the user's folder."""

import hashlib
import json
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from sdnn.datasets.digit_sources import digit_source, source_checksums
from sdnn.datasets.mnist import MNIST_FILES, find_mnist
from sdnn.datasets.unipen import find_unipen
from sdnn.enums import Source, Split
from sdnn.errors import ModelError, UnreadableInput, UsageError
from sdnn.escaping import as_text
from sdnn.evaluation.labels import LABELS_NAME, LabelledFile, read_labels
from sdnn.files import atomic_write, output_errors, rename
from sdnn.models.checkpoint import load_net
from sdnn.models.library import SUFFIX, find_model, models_folder
from sdnn.training.comparison import Outcome
from sdnn.training.finetune_recipe import FineTuneRecipe, own_strings
from sdnn.training.finetune_run import FineTuneRun, OwnStrips, recipe_of_pages
from sdnn.training.own_lines import OwnPages, hold_out

OUTCOME_NAME: Final = "outcome.json"
NAME_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"


def new_model_name(name: str | None, folders: Sequence[Path]) -> str:
    """The name of a new model: the given one, else that of the first folder.

    Raises:
        UsageError: When it is no usable name, or there is a model of that name.
    """
    chosen = (name or folders[0].resolve().name).removesuffix(SUFFIX)
    if not re.fullmatch(NAME_PATTERN, chosen):
        raise UsageError(f"--out {chosen}: give a name of letters, digits, dots, hyphens and underscores")
    if (there := models_folder() / (chosen + SUFFIX)).exists():
        raise UsageError(f"{there}: there is a model of that name; give another --out")
    return chosen


def best_source(data: Path | None) -> Source:
    """The richest source of synthetic digits whose data are on this machine."""
    try:
        root = find_mnist(data)
    except UnreadableInput:
        return Source.PEN
    raw = root / "MNIST" / "raw"
    if not all((raw / name).is_file() or (raw / f"{name}.gz").is_file() for name in MNIST_FILES):
        return Source.PEN
    try:
        find_unipen(data)
    except UnreadableInput:
        return Source.MIXED
    return Source.HANDS


def net_of(model: Path) -> Path:
    """The file of a model's net for further training, beside it.

    Raises:
        ModelError: When there is none, such as for models of fine-tuning.
    """
    path = model.with_suffix(".safetensors")
    if not path.is_file():
        raise ModelError(
            f"{model}: has no net beside it to go on from ({path.name}), as fine-tuned models have none; "
            "start from the bundled model, and give all folders at once"
        )
    return path


def begin(
    name: str,
    folders: Sequence[Path],
    pages: OwnPages,
    model: str | Path | None,
    recipe: FineTuneRecipe,
    data: Path | None,
    target_error: float,
) -> FineTuneRun:
    """Starts a run in the user's folder.

    Args:
        name: Name of the new model.
        folders: Labelled folders.
        pages: Their pages.
        model: Model to start from; see `find_model` and `net_of`.
        recipe: Settings; the architecture, and the pages of the synthetic strips, are set to the model's.
        data: Folder with MNIST and UNIPEN.
        target_error: Largest share of wrong texts among the accepted ones.

    Raises:
        ModelError: When there is no such model, or no net beside it.
        UnreadableInput: When data that the source needs are missing.
        UsageError: When there are too few different labels.
        OutputError: When the folder cannot be written.
    """
    start = find_model(model)
    net_path = net_of(start)
    net, metadata = load_net(net_path)
    content = net_path.read_bytes()
    digit_source(recipe.source, Split.TRAIN, data=data)
    assert recipe.strings is not None  # of `chosen_recipe`
    recipe = replace(
        recipe,
        start=hashlib.sha256(content).hexdigest(),
        architecture=net.architecture.name,
        channels=net.architecture.channels,
        strings=replace(recipe.strings, page=recipe_of_pages(metadata)),
    )
    learned, held_out = hold_out(pages.pages, recipe.own.held_out, recipe.seed)
    labels = {
        as_text(str(folder.resolve())): hashlib.sha256((folder / LABELS_NAME).read_bytes()).hexdigest()
        for folder in folders
    }
    own = OwnStrips(name, start, labels, learned, held_out)
    checksums = {**source_checksums(recipe.source, data), **own_checksums(folders)}
    folder = models_folder() / "runs" / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    run = FineTuneRun(folder, recipe, checksums, own, target_error)
    run.create(content)
    return run


def own_checksums(folders: Sequence[Path]) -> dict[str, str]:
    """SHA-256 over labels and pictures of each folder, by its name; folders of the same name are numbered."""
    checksums: dict[str, str] = {}
    for folder in folders:
        name = first = f"own/{as_text(folder.resolve().name)}"
        number = 1
        while name in checksums:
            number += 1
            name = f"{first} ({number})"
        checksums[name] = _checksum(read_labels(folder))
    return checksums


def _checksum(labelled: Sequence[LabelledFile]) -> str:
    digest = hashlib.sha256()
    for each in labelled:
        try:
            content = each.path.read_bytes()
        except OSError:  # it is not learned, and that was said
            content = b""
        digest.update(f"{each.path.name}\0{each.label}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()


def chosen_recipe(source: Source, seed: int, strips: int | None) -> FineTuneRecipe:
    """The recipe with the options of `sdnn finetune`."""
    strings = own_strings(strips) if strips else own_strings()
    return FineTuneRecipe(source=source, seed=seed, digits=None, strings=strings)


def finish(run: FineTuneRun, outcome: Outcome) -> Path:
    """Moves the new model into the user's folder, and records what the run came to.

    Returns:
        Path of the model (.onnx).

    Raises:
        UsageError: When the net got worse; then nothing is saved but the record. When there is a model of
            that name by now; then this one stays in the folder of the run.
        OutputError: When the folder cannot be written.
    """
    run.checkpoint.unlink(missing_ok=True)
    objection = outcome.comparison.objection
    target = models_folder() / (run.own.model + SUFFIX)
    is_taken = objection is None and target.exists()
    is_saved = objection is None and not is_taken
    if is_saved:
        with output_errors(target):
            rename(run.model, target)
    record = {**outcome.to_record(), "saved": is_saved, "objection": objection}
    with atomic_write(run.folder / OUTCOME_NAME) as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n")
    if is_taken:
        raise UsageError(f"{target}: has been made by another command; this model is {run.model}")
    if objection is not None:
        run.model.unlink(missing_ok=True)
        raise UsageError(f"not saved: {objection}; label more strips, or correct labels that are wrong")
    return target
