"""The experiments of 1992, and some around them: REPRODUCTION.md's tables, reproduction.json and plots.

    python benchmarks/reproduce.py [--quick]

Two nets are trained at a time, with one thread each. Every net leaves a record, in build/reproduction/full or
build/reproduction/quick, and is not trained again: an interrupted run goes on where it was. What was made by
other code than today's is made again. A quick run leaves its tables in build/reproduction/quick.
"""

import hashlib
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import torch
from reproduced import publication
from reproduction import flanked, memorising, shipped, svm, ways

from sdnn.files import written_whole

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
    """

    name: str
    make: Callable[[], dict[str, Any]]


def steps(quick: bool, folder: Path) -> Iterator[Step]:
    """All of them. Nets that others go on from come first, else those others would have to train them."""
    seeds = SEEDS[:1] if quick else SEEDS
    by_way = {
        (way, seed): Step(f"way-{_slug(way)}-{seed}", partial(ways.train, way, seed, quick, folder))
        for seed in seeds
        for way in ways.WAYS
    }
    yield from (step for (way, _), step in by_way.items() if ways.WAYS[way].objective is None)
    yield Step("svm", partial(svm.train, 0, quick))
    yield Step("shipped", partial(shipped.read, quick))
    yield from (step for (way, _), step in by_way.items() if ways.WAYS[way].objective is not None)
    for seed in seeds:
        for name in flanked.NETS:
            yield Step(f"flanked-{_slug(name)}-{seed}", partial(flanked.train, name, seed, quick))
        for repertoire in memorising.REPERTOIRES:
            for kind in memorising.Kind:
                yield Step(
                    f"memorising-{kind}-{repertoire}-{seed}",
                    partial(memorising.train, kind, repertoire, seed, quick),
                )


def fingerprint() -> str:
    """Checksum of the code that the records come from: what the experiments import of ours."""
    sources = sorted(
        Path(module.__file__)
        for name, module in sys.modules.items()
        if name.split(".")[0] in ("sdnn", "reproduction") and module.__file__
    )
    together = hashlib.sha256()
    for source in sources:
        together.update(source.read_bytes())
    return together.hexdigest()


def make(step: Step, folder: Path) -> tuple[str, float]:
    """Makes a record; gives its name and the seconds it took."""
    started = time.perf_counter()
    record = step.make()
    with written_whole(folder / f"{step.name}.json") as temporary:
        temporary.write_text(json.dumps(record) + "\n", encoding="utf-8")
    return step.name, time.perf_counter() - started


def begin() -> None:
    """Of a process: the first one alone is interrupted, and ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)


def main() -> None:
    """Does what is not done yet, then writes what all of it says."""
    quick = "--quick" in sys.argv[1:]
    code = fingerprint()
    folder = BUILD / ("quick" if quick else "full") / code[:12]
    folder.mkdir(parents=True, exist_ok=True)
    wanted = list(steps(quick, folder))
    missing = [step for step in wanted if not (folder / f"{step.name}.json").exists()]
    print(f"{len(missing)} of {len(wanted)} records are missing in {folder.relative_to(ROOT)}", flush=True)
    with get_context("spawn").Pool(WORKERS, begin) as pool:
        for number, (name, seconds) in enumerate(
            pool.imap_unordered(partial(make, folder=folder), missing), start=1
        ):
            print(f"{number} of {len(missing)}: {name}, {seconds:.0f} s", flush=True)
    records = {
        step.name: json.loads((folder / f"{step.name}.json").read_text(encoding="utf-8")) for step in wanted
    }
    if quick:
        publication.write(records, BUILD / "quick", code)
        print(f"tables and plots: {(BUILD / 'quick').relative_to(ROOT)}")
    else:
        publication.publish(records, code)
        print("tables and plots: REPRODUCTION.md, README.md, benchmarks/reproduction.json")


def _slug(name: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name).split())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command goes on where it was")
