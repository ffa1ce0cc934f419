"""Reading past one machine: Ray beside plain reading, faults, costs, and a plan for a billion strips.

    python benchmarks/bench_scale.py [--strips 20000] [--price 0.05] [--no-faults]

Writes scale.json, scale.md, scale-faults.md, scale-costs.md and scale-plan.md. The strips are drawn, 1,000
different ones; larger folders link to them. What cannot run here is simulated, and its assumptions are in the
table.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench_report import write_markdown
from processes import SDNN, run
from scale.cluster import Job, Storage, limit, of_files, simulate
from scale.costs import Costs, measure_costs
from scale.faults import kill_driver, kill_workers, lose_node
from scale.material import Material, make_material
from scale.runs import Outcome, read_on_ray, read_plain

from sdnn.hardware import hardware
from sdnn.scale.ray_reading import PART_PICTURES

HERE: Final = Path(__file__).parent
WORKERS: Final = (1, 2)
OBJECT_STORE: Final = Storage(requests_per_s=5_500, bytes_per_s=1.25e9, latency_s=0.03)
"""Assumed: what one prefix of a public object store is said to serve, and a network of 10 Gbit/s."""
CLUSTERS: Final = (1, 16, 128, 1024)
BILLION: Final = 1_000_000_000


def main() -> None:
    """Reads, measures, simulates, and writes the figures."""
    parser = argparse.ArgumentParser(description="Reading past one machine.")
    parser.add_argument("--strips", type=int, default=20_000)
    parser.add_argument("--price", type=float, default=0.05, help="of an hour of a core, in any currency")
    parser.add_argument("--no-faults", action="store_true", help="leave out kills and the lost node")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        material = make_material(at, arguments.strips)
        runs, expected = throughput(at, material)
        faults = [] if arguments.no_faults else broken_off(at, material, expected)
        costs = measure_costs(material, WORKERS)
    figures = {
        "hardware": hardware(),
        "strips": arguments.strips,
        "price": arguments.price,
        "runs": runs,
        "faults": faults,
        "costs": asdict(costs),
    }
    plan = predictions(figures, costs)
    figures["plan"] = plan
    (HERE / "scale.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    write_tables(figures, costs)


def throughput(at: Path, material: Material) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """Plain reading and Ray on each form of the strips, with each number of workers; the plain records."""
    rows: list[dict[str, Any]] = []
    expected: dict[str, list[str]] = {}
    for workers in WORKERS:
        seconds, expected = read_plain(material, at / f"plain-{workers}.jsonl", workers)
        size = (at / f"plain-{workers}.jsonl").stat().st_size / len(expected)
        outcome = Outcome(seconds, len(expected), 0, 0, size)
        rows.append({"engine": "plain", "form": "files", "workers": workers, **asdict(outcome)})
    for workers in WORKERS:
        for form, source in (("files", material.files), ("tar", material.tar), ("table", material.table)):
            outcome = read_on_ray(material, source, at / f"{form}-{workers}", workers, expected)
            rows.append({"engine": "Ray", "form": form, "workers": workers, **asdict(outcome)})
    one = at / "one"
    one.mkdir()
    (one / "one.png").write_bytes((material.files / material.names[-1]).read_bytes())
    for workers in WORKERS:
        began = time.perf_counter()
        run(
            [
                SDNN,
                "read",
                str(one),
                "--engine",
                "ray",
                "-o",
                str(at / f"one-{workers}"),
                "--jobs",
                str(workers),
            ]
        )
        rows.append(
            {"engine": "Ray", "form": "one strip", "workers": workers, "seconds": time.perf_counter() - began}
        )
    return rows, expected


def broken_off(at: Path, material: Material, expected: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Readings with faults in the middle."""
    parts = max(2, -(-len(material.names) // PART_PICTURES))
    cases: dict[str, Callable[[Path], Outcome]] = {
        "a worker killed, twice": lambda out: read_on_ray(
            material, material.files, out, 2, expected, kill_workers(2, parts)
        ),
        "the command killed, and resumed": lambda out: read_on_ray(
            material, material.tar, out, 2, expected, kill_driver(parts // 2)
        ),
        "one of two nodes lost": lambda out: lose_node(material, out, parts // 3, expected),
    }
    return [
        {"fault": fault, **asdict(case(at / f"fault-{number}"))}
        for number, (fault, case) in enumerate(cases.items())
    ]


def predictions(figures: dict[str, Any], costs: Costs) -> list[dict[str, Any]]:
    """Seconds that the plan predicts for the runs on Ray, beside those measured."""
    start = {row["workers"]: row["seconds"] for row in figures["runs"] if row["form"] == "one strip"}
    here = Storage(requests_per_s=1e9, bytes_per_s=1e12, latency_s=0.0)
    rows = []
    for row in figures["runs"]:
        if row["engine"] == "Ray" and row["form"] in costs.read_s:
            job = Job(
                figures["strips"],
                unit_of(figures["strips"], row),
                0,
                0,
                costs.read_s[row["form"]][row["workers"]],
                start[row["workers"]],
            )
            predicted = simulate(job, here, row["workers"])
            rows.append(
                {**{name: row[name] for name in ("form", "workers", "seconds")}, "predicted": predicted}
            )
    return rows


def unit_of(strips: int, row: dict[str, Any]) -> int:
    """Strips of a unit, as `sdnn.scale` cuts them."""
    if row["form"] == "table":
        return 1000
    if row["form"] == "tar":
        return PART_PICTURES
    return max(1, min(PART_PICTURES, -(-strips // (4 * int(row["workers"])))))


def write_tables(figures: dict[str, Any], costs: Costs) -> None:
    """Writes the tables, here and into the book."""
    hours = 1e6 * costs.read_s["files"][max(WORKERS)] / 3600
    strips, price, where = figures["strips"], figures["price"], figures["hardware"]
    write_markdown(
        HERE / "scale.md",
        [
            "reading",
            "workers",
            "seconds",
            "strips a second",
            "sources",
            "twice",
            "records unlike plain",
            "bytes a strip",
        ],
        [
            [
                f"{row['engine']}, {row['form']}",
                f"{row['workers']}",
                f"{row['seconds']:.1f}",
                *_rest(row, strips),
            ]
            for row in figures["runs"]
        ],
        f"{strips:,} drawn strips, with the start of the process and of Ray; one run each; output of plain "
        f"reading as JSON lines, of Ray as Parquet; {where}.",
    )
    write_markdown(
        HERE / "scale-faults.md",
        ["fault", "seconds", "sources", "twice", "records unlike plain"],
        [
            [
                row["fault"],
                f"{row['seconds']:.1f}",
                f"{row['sources']:,}",
                f"{row['twice']}",
                f"{row['differing']}",
            ]
            for row in figures["faults"]
        ],
        f"{strips:,} drawn strips on Ray with two workers, with restarts; {where}.",
    )
    write_markdown(
        HERE / "scale-costs.md",
        ["step", "µs a strip", "strips a second and core"],
        [[name, f"{1e6 * seconds:,.0f}", f"{1 / seconds:,.0f}"] for name, seconds in costs.steps.items()],
        f"One core, files in the page cache; busy: cores that read at a time; pictures of "
        f"{costs.bytes_each:,.0f} bytes, rows of {costs.row_bytes:,.0f}. A million strips take {hours:.1f} "
        f"hours of a core, all busy; at {price:g} an hour (assumed) they cost {hours * price:.2f}; {where}.",
    )
    write_markdown(
        HERE / "scale-plan.md",
        ["plan", "workers", "strips", "predicted", "measured", "bound by"],
        [*_here(figures), *_elsewhere(costs)],
        f"Predicted by `benchmarks/scale/cluster.py` from the costs of one core, the start of Ray and the "
        f"storage. Object store assumed: {OBJECT_STORE.requests_per_s:,.0f} requests and "
        f"{OBJECT_STORE.bytes_per_s / 1e9:.2f} GB a second, {1000 * OBJECT_STORE.latency_s:.0f} ms each; "
        f"cores as here; a worker in a hundred lost each hour; {where}.",
    )


def _rest(row: dict[str, Any], strips: int) -> Sequence[str]:
    if "sources" not in row:
        return ["–"] * 5
    return [
        f"{strips / row['seconds']:.0f}",
        f"{row['sources']:,}",
        f"{row['twice']}",
        f"{row['differing']}",
        f"{row['bytes_each']:,.0f}",
    ]


def _here(figures: dict[str, Any]) -> list[list[str]]:
    """The plan for this machine beside the measurement."""
    return [
        [
            f"this machine, {row['form']}",
            f"{row['workers']}",
            f"{figures['strips']:,}",
            f"{row['predicted']:.0f} s",
            f"{row['seconds']:.0f} s ({100 * (row['predicted'] / row['seconds'] - 1):+.0f} %)",
            "reading",
        ]
        for row in figures["plan"]
    ]


def _elsewhere(costs: Costs) -> list[list[str]]:
    """The plan for clusters, simulated for at most 20,000 units, since all are alike."""
    archive = Job(
        strips=BILLION,
        unit=PART_PICTURES,
        requests_per_unit=4,
        bytes_per_strip=costs.bytes_each + costs.row_bytes,
        read_s=costs.read_s["tar"][max(WORKERS)],
        start_s=60.0,
        lost_per_hour=0.01,
    )
    rows = []
    for name, job in (("object store, archives", archive), ("object store, files", of_files(archive))):
        for workers in CLUSTERS:
            sample = Job(**{**asdict(job), "strips": min(BILLION, PART_PICTURES * max(20_000, 20 * workers))})
            seconds = (
                job.start_s
                + (simulate(sample, OBJECT_STORE, workers) - job.start_s) * BILLION / sample.strips
            )
            rows.append(
                [name, f"{workers:,}", f"{BILLION:,}", _time(seconds), "–", limit(job, OBJECT_STORE, workers)]
            )
    return rows


def _time(seconds: float) -> str:
    return f"{seconds / 86_400:,.1f} days" if seconds > 2 * 86_400 else f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    main()
