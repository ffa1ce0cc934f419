"""The command of the study: trains and reads all experiments, then writes tables, figures and plots.

    python -m reproduction [--quick]

Two nets are trained at a time, with one thread each. Every net leaves a record, in build/reproduction/full or
build/reproduction/quick, and is not trained again: an interrupted run goes on where it was. What was made by
other code than today's is made again. A quick run leaves its tables in build/reproduction/quick.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch

from reproduction.experiments import bundled_model, flanked, memorising, svm, variants
from reproduction.fingerprint import fingerprint
from reproduction.tables import write_tables
from sdnn.files import atomic_write
from sdnn.models.engine import BUNDLED
from sdnn.process_map import ProcessMap

ROOT: Final = Path(__file__).parents[1]
BUILD: Final = ROOT / "build" / "reproduction"
SEEDS: Final = (0, 1, 2)
WORKERS: Final = 2


@dataclass(frozen=True)
class Step:
    """One training with all that is read by it.

    Attributes:
        name: Of its record.
        make: Makes the record.
        code: Checksum of the code that does.
    """

    name: str
    make: Callable[[], dict[str, Any]]
    code: str

    def path(self, folder: Path) -> Path:
        """Where its record lies."""
        return folder / f"{self.name}-{self.code[:12]}.json"


def steps(quick: bool, folder: Path) -> Iterator[Step]:
    """All of them. Nets that others go on from come first, else those others would have to train them."""
    seeds = SEEDS[:1] if quick else SEEDS
    code = {module.__name__: fingerprint(module.__name__) for module in (flanked, memorising, svm, variants)}
    nets = folder / f"nets-{code[variants.__name__][:12]}"
    by_variant = {
        (name, seed): Step(
            f"variant-{_slug(name)}-{seed}",
            partial(variants.train, name, seed, quick, nets),
            code[variants.__name__],
        )
        for seed in seeds
        for name in variants.VARIANTS
    }
    yield from (step for (name, _), step in by_variant.items() if variants.VARIANTS[name].objective is None)
    yield Step("svm", partial(svm.train, 0, quick), code[svm.__name__])
    yield Step("bundled", partial(bundled_model.read, quick), fingerprint(bundled_model.__name__, BUNDLED))
    yield from (
        step for (name, _), step in by_variant.items() if variants.VARIANTS[name].objective is not None
    )
    for seed in seeds:
        for name in flanked.NETS:
            yield Step(
                f"flanked-{_slug(name)}-{seed}",
                partial(flanked.train, name, seed, quick),
                code[flanked.__name__],
            )
    for seed in seeds:
        for repertoire in memorising.REPERTOIRES:
            for kind in memorising.Kind:
                yield Step(
                    f"memorising-{kind}-{repertoire}-{seed}",
                    partial(memorising.train, kind, repertoire, seed, quick),
                    code[memorising.__name__],
                )


def make(step: Step, folder: Path) -> float:
    """Makes a record; gives the seconds it took, which are in the record, too."""
    started = time.perf_counter()
    record = step.make()
    seconds = time.perf_counter() - started
    with atomic_write(step.path(folder)) as temporary:
        temporary.write_text(json.dumps({**record, "made_in_s": round(seconds, 1)}) + "\n", encoding="utf-8")
    return seconds


def make_all(missing: list[Step], folder: Path) -> None:
    """Makes records, some at a time, and says which are there.

    Raises:
        SdnnError: When one of the processes is killed.
    """
    with ProcessMap(partial(make, folder=folder), WORKERS, partial(torch.set_num_threads, 1)) as workers:
        made = zip(missing, workers.map(missing, ahead=len(missing)), strict=True)
        for number, (step, seconds) in enumerate(made, start=1):
            print(f"{number} of {len(missing)}: {step.name}, {seconds:.0f} s", flush=True)


def main() -> None:
    """Does what is not done yet, then writes what all of it says."""
    parser = argparse.ArgumentParser(prog="python -m reproduction", description="Experiments of 1992.")
    parser.add_argument("--quick", action="store_true", help="One seed and less training (minutes).")
    quick = parser.parse_args().quick
    folder = BUILD / ("quick" if quick else "full")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = list(steps(quick, folder))
    missing = [step for step in wanted if not step.path(folder).exists()]
    print(f"{len(missing)} of {len(wanted)} records are missing in {folder.relative_to(ROOT)}", flush=True)
    make_all(missing, folder)
    records = {step.name: json.loads(step.path(folder).read_text(encoding="utf-8")) for step in wanted}
    if quick:
        write_tables.write(records, folder)
        print(f"tables and plots: {folder.relative_to(ROOT)}/tables.md, results.json and plots.png")
    else:
        write_tables.publish(records)
        print(
            "tables and plots: docs/benchmarks.md and, in reproduction, README.md, summary.md, results.json, "
            "plots.png"
        )


def _slug(name: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name).split())
