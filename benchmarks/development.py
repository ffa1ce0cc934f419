"""Figures on labelled folders of real paper: writes development.json and development.md.

    python benchmarks/development.py DIR...

The folders are development sets: preprocessing is chosen on them, weights and temperature never see them.
"""

import json
import sys
from pathlib import Path

from report import write_markdown

from sdnn.evaluation.folder import evaluate
from sdnn.machine import hardware
from sdnn.reader import Reader

HERE = Path(__file__).parent


def main() -> None:
    """Reads the folders with the bundled model and writes the figures."""
    reader = Reader(min_confidence=0, min_fit=0)
    reports = [evaluate(reader, Path(folder))[0] for folder in sys.argv[1:]]
    figures = {
        "hardware": hardware(),
        "model": reader.engine.sha256,
        "folders": [report.to_record() for report in reports],
    }
    (HERE / "development.json").write_text(json.dumps(figures, indent=2) + "\n")
    write_markdown(
        HERE / "development.md",
        ["development set", "strips", "right %", "95 % interval", "digit errors %", "strips a second"],
        [
            [
                report.name,
                str(report.total.n),
                f"{100 * report.total.accuracy:.1f}",
                f"{100 * report.total.interval[0]:.1f}–{100 * report.total.interval[1]:.1f}",
                f"{100 * report.total.digit_error_rate:.1f}",
                f"{report.total.n / report.seconds:.0f}",
            ]
            for report in reports
        ],
        f"Bundled model, default decoder, one strip at a time; {figures['hardware']}.",
    )


if __name__ == "__main__":
    main()
