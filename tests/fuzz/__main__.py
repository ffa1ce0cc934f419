"""Fuzzes the doors of the package; see README.md.

    PYTHONPATH=tests:benchmarks python -m fuzz --seconds 60

Writes benchmarks/fuzz.{json,md} after a run over all targets, and findings into build/fuzz/TARGET.
"""

import argparse
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Any, Final

from fuzz.campaign import Figures, Replay, campaign
from fuzz.execution import Finding
from fuzz.target import targets

ROOT: Final = Path(__file__).parents[2]
BUILD: Final = ROOT / "build" / "fuzz"
BENCHMARKS: Final = ROOT / "benchmarks"


def main() -> int:
    """Runs the campaigns, or one execution again; 1 where there are findings."""
    options = _options()
    if options.list:
        print("\n".join(targets()))
        return 0
    names = [options.target] if options.target else [*targets()]
    if unknown := set(names) - set(targets()):
        sys.exit(f"there is no target {unknown.pop()}; there are {', '.join(targets())}")
    if options.replay is not None:
        return _replay(names[0], options.seed, options.replay)
    found = fuzz(names, options.seed, options.seconds, options.jobs)
    if not options.target and not options.dry:
        write_figures(found, options.seconds, options.jobs)
    return int(any(figures.findings for figures in found))


def fuzz(names: list[str], seed: int, seconds: float, jobs: int) -> list[Figures]:
    """Campaigns against targets, `jobs` at a time; of a single target in as many lanes."""
    cores: Queue[int] = Queue()
    for core in range(jobs):
        cores.put(core)
    lanes = jobs if len(names) == 1 else 1

    def lane(task: tuple[str, int]) -> Figures:
        name, number = task
        core = cores.get()
        try:
            return campaign(name, seed, seconds * targets()[name].share, number, lanes, core)
        finally:
            cores.put(core)

    done: dict[str, Figures] = {}
    with ThreadPoolExecutor(jobs) as pool:
        for figures in pool.map(lane, [(name, number) for name in names for number in range(lanes)]):
            if figures.target in done:
                done[figures.target].merge(figures)
            else:
                done[figures.target] = figures
            if lanes == 1:
                _report(figures)
    if lanes > 1:
        for figures in done.values():
            _report(figures)
    return [done[name] for name in names]


def write_figures(found: list[Figures], seconds: float, jobs: int) -> None:
    """Writes benchmarks/fuzz.json and fuzz.md."""
    from bench_report import write_markdown

    from sdnn.hardware import hardware

    rows = [_row(figures) for figures in found]
    total = sum(figures.executions for figures in found)
    record = {"hardware": hardware(), "seconds": seconds, "jobs": jobs, "executions": total, "targets": rows}
    (BENCHMARKS / "fuzz.json").write_text(json.dumps(record, indent=2) + "\n")
    write_markdown(
        BENCHMARKS / "fuzz.md",
        ["target", "executions", "findings", "slowest, s", "memory, MB"],
        [
            [
                row["target"],
                f"{row['executions']:,}",
                f"{len(row['findings'])}",
                f"{row['slowest_s']:.2f}",
                f"{row['most_mb']:.0f}",
            ]
            for row in rows
        ],
        f"`make fuzz`, seed {found[0].seed}: {total:,} executions over {len(rows)} targets. Slowest: "
        f"processor time of an execution; memory: growth of the peak; {hardware()}.",
    )


def _row(figures: Figures) -> dict[str, Any]:
    findings = [
        {"signature": signature, "kind": each.kind, "place": each.place, "number": each.number}
        for signature, each in sorted(figures.findings.items())
    ]
    return {
        "target": figures.target,
        "seed": figures.seed,
        "executions": figures.executions,
        "slowest_s": round(figures.slowest_s, 3),
        "slowest_number": figures.slowest_number,
        "most_mb": round(figures.most_mb, 1),
        "most_number": figures.most_number,
        "findings": findings,
    }


def _report(figures: Figures) -> None:
    """Prints the figures of a target, and writes its findings."""
    print(
        f"{figures.target:<18} {figures.executions:>10,} executions  slowest {figures.slowest_s:6.2f} s  "
        f"memory {figures.most_mb:6.0f} MB  {len(figures.findings)} findings",
        flush=True,
    )
    folder = BUILD / figures.target
    for signature, finding in sorted(figures.findings.items()):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / signature).write_bytes(finding.data)
        again = f"make fuzz TARGET={figures.target} SEED={figures.seed} REPLAY={finding.number}"
        (folder / f"{signature}.txt").write_text(
            f"{finding.kind} {finding.place}\n{again}\n\n{finding.detail}\n", errors="backslashreplace"
        )
        place = os.path.relpath(folder / signature, ROOT)
        print(f"    {finding.kind}: {finding.place or finding.detail.splitlines()[0]}: {place}: {again}")
    sys.stdout.flush()


def _replay(name: str, seed: int, which: str) -> int:
    """Executes a number of a seed, or a file, once more, and prints what is wrong with it."""
    data = targets()[name].input(seed, int(which)) if which.isdecimal() else Path(which).read_bytes()
    replay = Replay(name)
    finding: Finding | None = replay(data)
    replay.close()
    print(f"input of {len(data):,} bytes: {data[:400]!r}")
    print(f"{finding.kind} {finding.place}\n{finding.detail}" if finding else "nothing is wrong with it")
    return int(finding is not None)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Fuzzes the doors of the package.")
    parser.add_argument("--seconds", type=float, default=60, help="of each target")
    parser.add_argument("--target", help="name of one target; all by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--replay", metavar="NUMBER|FILE", help="execution to repeat, of --target")
    parser.add_argument("--list", action="store_true", help="print the names of the targets")
    parser.add_argument("--dry", action="store_true", help="leave benchmarks/fuzz.* as they are")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
