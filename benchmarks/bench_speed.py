"""A folder of strips read by sdnn, and by what somebody might take instead; where the time goes.

    python benchmarks/bench_speed.py [--quick]

Writes speed.json, speed.md and speed-stages.md. From picture files to JSON lines, in rounds in which each has
its turn, so that a change in the machine's speed falls on all of them. The strips show MNIST test digits
where MNIST is to be had, else drawn ones; nothing is chosen on them. They are made once, in build/.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench_report import markdown, write_markdown
from nets import NetSpeed, has_bfloat16, net_speeds, quickest
from peers import Batch, rapidocr_version, tesseract_version, texts_of, with_rapidocr, with_tesseract
from processes import SDNN, environment, run

from sdnn.datasets.digit_sources import digit_source
from sdnn.datasets.strip_folder import write_folder
from sdnn.datasets.strips import Layout
from sdnn.detection import Detector
from sdnn.enums import Source, Split
from sdnn.errors import SdnnError
from sdnn.evaluation.labels import read_labels
from sdnn.hardware import hardware, processors
from sdnn.reading.preprocessor import PreProcessor

HERE = Path(__file__).parent
BUILD = HERE.parent / "build"
SEED: Final = 1992
ROUNDS: Final = 3
DRAWN_FROM: Final = {Source.MNIST: "MNIST test digits", Source.PEN: "drawn digits"}


@dataclass(frozen=True)
class Sizes:
    """How many strips are read: all by sdnn, fewer by slower ones, whose speed does not depend on it."""

    sdnn: int = 5000
    rapidocr: int = 500
    tesseract: int = 100
    stages: int = 640


QUICK: Final = Sizes(200, 80, 10, 64)


@dataclass(frozen=True)
class Competitor:
    """Somebody who reads.

    Attributes:
        name: In the table.
        files: How many it is given.
        read: How it reads them.
    """

    name: str
    files: int
    read: Callable[[Sequence[Path]], Batch]


@dataclass(frozen=True)
class Row:
    """What one of them did.

    Attributes:
        name: Who.
        n: Strips in a round.
        right: Those of them whose text was right.
        median_per_s: Strips a second, over the rounds, as the others.
        min_per_s: In the slowest round.
        max_per_s: In the quickest round.
    """

    name: str
    n: int
    right: int
    median_per_s: float
    min_per_s: float
    max_per_s: float


def folder_of(count: int) -> tuple[Path, Source]:
    """So many strips of five digits, made if they are not there yet."""
    for source in DRAWN_FROM:
        folder = BUILD / f"speed-{source}-{count}"
        try:
            if not folder.exists():
                digits = digit_source(source, Split.TEST)
                write_folder(folder, digits, Layout(), SEED, count, {"source": source.value})
        except SdnnError as error:
            print(error, file=sys.stderr)
            continue
        return folder, source
    raise RuntimeError("no strips to read")


def with_sdnn(files: Sequence[Path]) -> Batch:
    """The command on the folder, from its start to its end."""
    with tempfile.TemporaryDirectory() as at:
        out = Path(at) / "out.jsonl"
        seconds = run([SDNN, "read", str(files[0].parent), "-o", str(out)]).seconds
        return Batch(seconds, texts_of(out))


def competitors(sizes: Sizes) -> list[Competitor | str]:
    """All of them; of those that this machine lacks the name alone."""
    rapidocr, tesseract = rapidocr_version(), tesseract_version()
    return [
        Competitor("`sdnn read FOLDER -o out.jsonl`", sizes.sdnn, with_sdnn),
        Competitor(f"RapidOCR {rapidocr}, recogniser alone", sizes.rapidocr, with_rapidocr)
        if rapidocr
        else "RapidOCR",
        *(
            [
                Competitor(
                    f"Tesseract {tesseract}, a process a file, {at_a_time} at a time",
                    sizes.tesseract,
                    partial(with_tesseract, at_a_time=at_a_time),
                )
                for at_a_time in sorted({1, processors()})
            ]
            if tesseract
            else ["Tesseract"]
        ),
    ]


def race(who: Sequence[Competitor], folder: Path, rounds: int) -> list[Row]:
    """Lets each read its share, round after round."""
    labels = {labelled.path.name: labelled.label for labelled in read_labels(folder)}
    files = [folder / name for name in labels]
    batches: list[list[Batch]] = [[] for _ in who]
    for _ in range(rounds):
        for competitor, of_competitor in zip(who, batches, strict=True):
            of_competitor.append(competitor.read(files[: competitor.files]))
    rows = []
    for competitor, of_competitor in zip(who, batches, strict=True):
        per_s = [competitor.files / batch.seconds for batch in of_competitor]
        texts = of_competitor[0].texts
        rows.append(
            Row(
                competitor.name,
                competitor.files,
                sum(texts.get(file.name) == labels[file.name] for file in files[: competitor.files]),
                *(round(of(per_s), 1) for of in (statistics.median, min, max)),
            )
        )
    return rows


def stages_of(files: Sequence[Path]) -> dict[str, Any]:
    """What stages.py says of them, with one thread in every library."""
    said = subprocess.run(
        [sys.executable, str(HERE / "bench_stages.py"), *map(str, files)],
        env=environment(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures: dict[str, Any] = json.loads(said.stdout)
    return figures


def usual_width_px(files: Sequence[Path]) -> int:
    """Median width of their strips."""
    preprocessor = PreProcessor(Detector())
    pages = (page for file in files for page in preprocessor.pages(file))
    return int(statistics.median(line.outputs[0].strip.ink.shape[1] for page in pages for line in page.lines))


def cells(row: Row, sdnn: Row) -> list[str]:
    """A row of the table."""
    return [
        row.name,
        f"{row.median_per_s:,.1f}",
        f"{row.min_per_s:,.1f}–{row.max_per_s:,.1f}",
        "–" if row is sdnn else f"{sdnn.median_per_s / row.median_per_s:.1f} times",
        f"{100 * row.right / row.n:.1f}",
        f"{row.n:,}",
    ]


def of_nets(speeds: list[NetSpeed]) -> str:
    """The quickest way in each runtime, in one sentence."""
    parts = []
    for runtime in ("onnxruntime", "torch fp32", "torch bf16"):
        best = quickest(speeds, runtime)
        if best:
            parts.append(f"{best.runtime} {best.median_per_s:,.0f} (batches of {best.batch})")
    if not has_bfloat16():
        parts.append("bf16 not on this processor")
    return f"The net itself on strips of the usual width, strips a second: {'; '.join(parts)}."


def main() -> None:
    """Reads everything and writes the figures."""
    quick = "--quick" in sys.argv[1:]
    sizes, rounds = (QUICK, 1) if quick else (Sizes(), ROUNDS)
    folder, source = folder_of(sizes.sdnn)
    everybody = competitors(sizes)
    rows = race([each for each in everybody if isinstance(each, Competitor)], folder, rounds)
    missing = [each for each in everybody if isinstance(each, str)]
    some = sorted(folder.glob("*.png"))[: sizes.stages]
    stages = stages_of(some)
    nets = net_speeds(usual_width_px(some))
    whole_ms = sum(stages["ms"].values())
    tables = {
        "speed.md": (
            [
                f"strips of five {DRAWN_FROM[source]}",
                "strips a second",
                "min–max",
                "sdnn is … as fast",
                "right %",
                "n",
            ],
            [
                *(cells(row, rows[0]) for row in rows),
                *([name, "not found", "–", "–", "–", "–"] for name in missing),
            ],
            "PNG files to JSON lines (Tesseract: to text). sdnn with the "
            "start of its process; RapidOCR without imports and loading, in batches of 1 or 6, whichever was "
            f"quicker on 60 files beforehand. Medians of {rounds} rounds in turn; of the peers' texts digits "
            f"alone count. {hardware()}.",
        ),
        "speed-stages.md": (
            ["stage of `sdnn read FOLDER -o out.jsonl`", "ms a strip", "%"],
            [
                *([name, f"{ms:.3f}", f"{100 * ms / whole_ms:.0f}"] for name, ms in stages["ms"].items()),
                ["all, on one thread", f"{whole_ms:.3f}", "100"],
            ],
            f"{len(some)} of the same strips in batches of 64, one thread, stage after stage; "
            f"{100 * stages['doubtful']:.1f} % of them in doubt, with all views. Were only the network left, "
            f"on all cores: {stages['network_alone_per_s']:,.0f} strips a second. {of_nets(nets)} "
            f"{hardware()}.",
        ),
    }
    if quick:
        print("\n".join(markdown(*table) for table in tables.values()))
        return
    record = {
        "hardware": hardware(),
        "strips": DRAWN_FROM[source],
        "rounds": rounds,
        "rows": [
            asdict(row) | {"sdnn_times_as_fast": round(rows[0].median_per_s / row.median_per_s, 2)}
            for row in rows
        ],
        "not_found": missing,
        "stages": {"strips": len(some), **stages},
        "networks": [asdict(net) for net in nets],
    }
    (HERE / "speed.json").write_text(json.dumps(record, indent=2) + "\n")
    for name, table in tables.items():
        write_markdown(HERE / name, *table)


if __name__ == "__main__":
    main()
