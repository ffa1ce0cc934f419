"""The experiments of 1992, and some around them, one by one: each leaves a record, and is not done again.

    python benchmarks/reproduce.py [--quick]

Records and nets lie in build/reproduction/full or build/reproduction/quick. An interrupted run goes on where
it was; what was made by other code than today's is made again.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from reproduction import memorising, svm, ways

from sdnn.files import written_whole

HERE = Path(__file__).parent
BUILD = HERE.parent / "build" / "reproduction"
SEEDS = (0, 1, 2)


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
    """All of them, the first seed of everything before the second."""
    for seed in SEEDS[:1] if quick else SEEDS:
        for way in ways.WAYS:
            yield Step(f"way-{_slug(way)}-{seed}", partial(ways.train, way, seed, quick, folder))
        for kind, repertoire, of_seed in memorising.trainings(quick):
            if of_seed == seed:
                name = f"memorising-{kind}-{repertoire}-{seed}"
                yield Step(name, partial(memorising.train, kind, repertoire, seed, quick))
    yield Step("svm", partial(svm.train, 0, quick))


def fingerprint() -> str:
    """Checksum of the code that the records come from."""
    sources = sorted([*(HERE.parent / "sdnn").rglob("*.py"), *(HERE / "reproduction").glob("*.py")])
    together = hashlib.sha256()
    for source in sources:
        together.update(source.read_bytes())
    return together.hexdigest()


def main() -> None:
    """Does what is not done yet."""
    quick = "--quick" in sys.argv[1:]
    code = fingerprint()
    folder = BUILD / ("quick" if quick else "full") / code[:12]
    folder.mkdir(parents=True, exist_ok=True)
    for step in steps(quick, folder):
        path = folder / f"{step.name}.json"
        if path.exists():
            continue
        started = time.perf_counter()
        record = step.make()
        with written_whole(path) as temporary:
            temporary.write_text(json.dumps(record) + "\n", encoding="utf-8")
        print(f"{step.name}: {time.perf_counter() - started:.0f} s", flush=True)


def _slug(name: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name).split())


if __name__ == "__main__":
    main()
