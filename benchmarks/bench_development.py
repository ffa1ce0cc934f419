"""Figures on labelled folders of real paper: writes development.json and development.md.

    python benchmarks/bench_development.py DIR...

The folders are development sets: preprocessing is chosen on them, weights and temperature never see them.
Beside sdnn stands RapidOCR's recogniser, where `make bench-peers` has installed it: letters are dropped from
what it reads. Each reads each folder in turn, three times.
"""

import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench_report import folders_of, write_markdown
from bench_speed import ROUNDS, with_sdnn
from peers import rapidocr_version, with_rapidocr

from sdnn.evaluation.folder import evaluate
from sdnn.evaluation.labels import read_labels
from sdnn.evaluation.metrics import Score, score
from sdnn.hardware import hardware
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL

HERE = Path(__file__).parent


def peer_score(folder: Path, texts: dict[str, str]) -> Score:
    """What a peer read right, by the names of the files."""
    return score((each.label, texts.get(each.path.name, "")) for each in read_labels(folder))


def row(name: str, reader: str, total: Score, a_second: Sequence[float]) -> list[str]:
    """A row of the table."""
    low, high = total.interval
    return [
        name,
        str(total.n),
        reader,
        f"{100 * total.accuracy:.1f}",
        f"{100 * low:.1f}–{100 * high:.1f}",
        f"{100 * total.digit_error_rate:.1f}",
        f"{statistics.median(a_second):.0f}",
    ]


def main() -> None:
    """Reads the folders with the bundled model, and the peer, and writes the figures."""
    folders = folders_of(sys.argv[1:], "development")
    reader = Reader(settings=ACCEPT_ALL)
    peer = rapidocr_version()
    rows: list[list[str]] = []
    records: list[dict[str, Any]] = []
    for folder in folders:
        report = evaluate(reader, folder)[0]
        files = [each.path for each in read_labels(folder)]
        ours, theirs, read = [], [], {}
        for _ in range(ROUNDS):
            ours.append(len(files) / with_sdnn(files).seconds)
            if peer:
                batch = with_rapidocr(files)
                theirs.append(len(files) / batch.seconds)
                read = dict(batch.texts)
        record = {**report.to_record(), "a_second": ours}
        rows.append(row(report.name, "sdnn", report.total, ours))
        if peer:
            total = peer_score(folder, read)
            rows.append(row(report.name, f"RapidOCR {peer}", total, theirs))
            record["rapidocr"] = {"version": peer, "accuracy": total.accuracy, "a_second": theirs}
        records.append(record)
    figures = {"hardware": hardware(), "model": reader.engine.sha256, "folders": records}
    (HERE / "development.json").write_text(json.dumps(figures, indent=2) + "\n")
    write_markdown(
        HERE / "development.md",
        [
            "development set",
            "strips",
            "reader",
            "right %",
            "95 % interval",
            "digit errors %",
            "strips a second",
        ],
        rows,
        "Bundled model, default decoder. Strips a second: files to JSON lines, sdnn with the start of its "
        f"process, RapidOCR's recogniser alone without imports and loading; median of {ROUNDS} rounds; "
        f"{figures['hardware']}.",
    )


if __name__ == "__main__":
    main()
