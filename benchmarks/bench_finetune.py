"""What fine-tuning on labelled strips buys: writes finetune.json and finetune.md.

    python benchmarks/bench_finetune.py [--out DIR] [--makers N] [--only WORD] DIR...

Five folds over each folder, split by label: a model is fine-tuned on four, with part of them held out as
`sdnn finetune` does, and reads the fifth, before and after. Then the curve: fine-tuned on 20, 50, 100 and 200
strips of the first folder, for each fold of those learned for it. Each part that is done is a file in
`--out`, and is not done again.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from bench_report import write_markdown

from sdnn.enums import PageMode
from sdnn.errors import UsageError
from sdnn.evaluation.labels import LabelledFile, read_labels
from sdnn.evaluation.metrics import Score, score
from sdnn.hardware import hardware
from sdnn.models.library import find_model
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL
from sdnn.training.finetune import begin, best_source, chosen_recipe
from sdnn.training.own_lines import load_own_pages
from sdnn.training.precision import Resources

HERE = Path(__file__).parent
FOLDS: Final = 5
CURVE: Final = (20, 50, 100, 200)


def folds_of(labelled: Sequence[LabelledFile], count: int = FOLDS, seed: int = 0) -> list[int]:
    """The fold of each strip; strips of the same label are in the same one."""
    labels = sorted({each.label for each in labelled})
    order = np.random.default_rng(seed).permutation(len(labels))
    fold = {labels[place]: number % count for number, place in enumerate(order)}
    return [fold[each.label] for each in labelled]


def parted(
    labelled: Sequence[LabelledFile], fold: Sequence[int], held: int
) -> tuple[list[LabelledFile], list[LabelledFile]]:
    """The strips of all folds but one, and those of that one."""
    by_fold = [*zip(labelled, fold, strict=True)]
    learned = [each for each, number in by_fold if number != held]
    return learned, [each for each, number in by_fold if number == held]


def linked_folder(folder: Path, labelled: Sequence[LabelledFile]) -> Path:
    """A labelled folder of links to strips."""
    folder.mkdir(parents=True)
    rows = ["file,label"]
    for number, each in enumerate(labelled):
        name = f"{number:05d}{each.path.suffix}"
        (folder / name).symlink_to(each.path.resolve())
        rows.append(f"{name},{each.label}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder


def readings(model: Path | None, labelled: Sequence[LabelledFile]) -> list[dict[str, Any]]:
    """Label, text and confidence of each strip."""
    reader = Reader(model, ACCEPT_ALL)
    found = reader.read_many([each.path for each in labelled], page_mode=PageMode.LINE)
    return [
        {"label": each.label, "text": reading.string, "confidence": reading.confidence}
        for each, reading in zip(labelled, found, strict=True)
    ]


def figures(read: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy with interval, and digit errors."""
    total = score((each["label"], each["text"]) for each in read)
    return {
        "n": total.n,
        "right": total.right,
        "accuracy": total.accuracy,
        "interval": list(total.interval),
        "digit_error_rate": total.digit_error_rate,
    }


def tuned(learned: Sequence[LabelledFile], tested: Sequence[LabelledFile], makers: int) -> dict[str, Any]:
    """Fine-tunes on some strips and reads others, before and after."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        # The user's folder of models is another one meanwhile.
        os.environ["XDG_DATA_HOME"] = place
        folder = linked_folder(Path(place) / "strips", learned)
        pages = load_own_pages([folder], Reader(find_model(None), ACCEPT_ALL))
        recipe = chosen_recipe(best_source(None), 0, None)
        run = begin("tuned", [folder], pages, None, recipe, None, 0.01)
        outcome = run.tune(None, lambda progress: None, resources=Resources(makers=makers))
        minutes = (time.perf_counter() - started) / 60
        after = readings(run.model, tested)
    before = readings(None, tested)
    return {
        "learned": len(learned),
        "synthetic_source": recipe.source.value,
        "minutes": minutes,
        "without_line": pages.without_line,
        "too_short": pages.too_short(run.recipe.net.geometry),
        "outcome": {**outcome.to_record(), "objection": outcome.comparison.objection},
        "before": figures(before),
        "after": figures(after),
        "readings": {"before": before, "after": after},
    }


def parts(folders: Sequence[Path], makers: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """All parts of the benchmark by name."""
    found: dict[str, Callable[[], dict[str, Any]]] = {}
    for folder in folders:
        labelled = read_labels(folder)
        fold = folds_of(labelled)
        for held in range(FOLDS):
            learned, tested = parted(labelled, fold, held)
            found[f"{folder.name}-fold-{held}"] = partial(tuned, learned, tested, makers)
            if folder == folders[0]:
                order = np.random.default_rng(1).permutation(len(learned))
                for count in CURVE:
                    few = [learned[place] for place in order[:count]]
                    found[f"{folder.name}-strips-{count}-fold-{held}"] = partial(tuned, few, tested, makers)
    return found


def summed(records: Sequence[dict[str, Any]], when: str) -> Score:
    """The score over all folds."""
    return score((each["label"], each["text"]) for record in records for each in record["readings"][when])


def row(name: str, records: Sequence[dict[str, Any]]) -> list[str]:
    """A row of the table: strips learned and read, before and after, synthetic change, minutes."""
    cells = []
    for when in ("before", "after"):
        total = summed(records, when)
        low, high = total.interval
        cells += [f"{100 * total.accuracy:.1f}", f"{100 * low:.1f}–{100 * high:.1f}"]
    synthetic = [record["outcome"]["synthetic"] for record in records]
    change = np.mean([each["after"]["accuracy"] - each["before"]["accuracy"] for each in synthetic])
    return [
        name,
        f"{np.mean([record['learned'] for record in records]):.0f}",
        str(summed(records, "after").n),
        *cells,
        f"{100 * change:+.1f}",
        f"{np.mean([record['minutes'] for record in records]):.1f}",
    ]


def main() -> None:
    """Does what is left to do, and writes the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--out", type=Path, default=Path("build/finetune"))
    parser.add_argument("--makers", type=int, default=1)
    parser.add_argument("--only", default="", help="do only parts with this word in their name")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    done: dict[str, dict[str, Any]] = {}
    for name, measure in parts(options.folders, options.makers).items():
        path = options.out / f"{name}.json"
        if not path.exists() and options.only in name:
            try:
                record = measure()
            except UsageError as error:  # too few different labels among so few strips
                record = {"refused": str(error)}
            temporary = path.with_suffix(".part")
            temporary.write_text(json.dumps(record) + "\n")
            shutil.move(temporary, path)
            print(name, {key: record.get(key) for key in ("minutes", "before", "after")}, file=sys.stderr)
        if path.exists():
            done[name] = json.loads(path.read_text())
    first, *others = (folder.name for folder in options.folders)
    names = [*(f"{first}-strips-{count}" for count in CURVE), first, *others]
    rows = []
    for name in names:
        folds = [done.get(f"{name}-fold-{held}") for held in range(FOLDS)]
        if all(record and "refused" not in record for record in folds):
            rows.append(row(name.replace("-strips-", ", of "), [record for record in folds if record]))
    records = {
        name: {key: value for key, value in record.items() if key != "readings"}
        for name, record in done.items()
    }
    (HERE / "finetune.json").write_text(
        json.dumps({"hardware": hardware(), "parts": records}, indent=2) + "\n"
    )
    write_markdown(
        HERE / "finetune.md",
        [
            "labelled strips",
            "learned from",
            "read",
            "before, right %",
            "95 % interval",
            "after, right %",
            "95 % interval",
            "synthetic, points",
            "minutes",
        ],
        rows,
        f"{FOLDS} folds; strips share no label with those learned from; one string a picture. {hardware()}.",
    )


if __name__ == "__main__":
    main()
