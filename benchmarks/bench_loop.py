"""The loop of learning, closed once by command: writes loop.json and loop.md.

    python benchmarks/bench_loop.py [--out DIR] [--reviewed 60] DIR

1. `sdnn read` reads all strips of a labelled folder.
2. `sdnn review` serves the doubtful ones, and a client of its page's API answers the worst of them, with the
   labels of `labels.csv`, as a person would.
3. `sdnn finetune` learns from the folder that the review wrote.
4. `sdnn read` reads all strips again, with the new model.

The figures are of the strips that were not reviewed: those whose label some reviewed strip has, too, and
those whose label none has. Commands and their output are in `--out`.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench_finetune import figures, linked_folder
from bench_report import write_markdown

from sdnn.evaluation.labels import LabelledFile, read_labels
from sdnn.hardware import hardware

HERE: Final = Path(__file__).parent
MODEL: Final = "loop"


def command(*arguments: object) -> list[str]:
    """A command of the package."""
    return [sys.executable, "-m", "sdnn", *map(str, arguments)]


def read_strips(folder: Path, out: Path, *options: object) -> dict[str, dict[str, Any]]:
    """Records of all strips of a folder by the stem of their file."""
    out.unlink(missing_ok=True)
    subprocess.run(
        command("read", folder, "--line", "--exit-zero", "-q", "-o", out, *options),
        check=True,
        cwd=out.parent,
    )
    records = [json.loads(line) for line in out.read_text().splitlines()]
    return {Path(record["source"]).stem: record for record in records}


@contextmanager
def review_server(results: Path, labels: Path) -> Iterator[str]:
    """The address of a review, ended by SIGTERM."""
    process = subprocess.Popen(
        command("review", results, "--labels", labels, "--port", 0, "--below", 1),
        stderr=subprocess.PIPE,
        text=True,
        cwd=results.parent,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"(http://[\d.]+:\d+)", line):
            break
    else:
        raise RuntimeError(f"sdnn review ended with {process.wait()}")
    try:
        yield found[1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()
    if process.returncode:
        raise RuntimeError(f"sdnn review ended with {process.returncode}")


def call(address: str, body: Mapping[str, str] | None = None) -> Any:
    """The answer to a request of the page's API."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(address, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def review(results: Path, labels: Path, truth: Mapping[str, str], count: int) -> tuple[list[str], Any]:
    """Answers the worst strings: the stems of their files, and the state of the review."""
    reviewed = []
    with review_server(results, labels) as address:
        for case in call(f"{address}/review/cases")["cases"][:count]:
            stem = Path(case["source"]).stem
            answer = {"kind": "digits", "label": truth[stem]} if truth[stem] else {"kind": "no-digits"}
            state = call(f"{address}/review/answers/{case['case']}", answer)
            reviewed.append(stem)
    return reviewed, state


def scored(records: Mapping[str, dict[str, Any]], truth: Mapping[str, str], stems: Sequence[str]) -> Any:
    """Figures of the readings of some strips."""
    return figures([{"label": truth[stem], "text": records[stem]["text"]} for stem in stems])


def main() -> None:
    """Closes the loop once."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--out", type=Path, default=Path("build/loop"))
    parser.add_argument("--reviewed", type=int, default=60)
    options = parser.parse_args()
    out = options.out.resolve()
    out.mkdir(parents=True)  # a loop is closed in a folder of its own
    os.environ["XDG_DATA_HOME"] = str(out / "user")
    labelled: list[LabelledFile] = read_labels(options.folder)
    strips = linked_folder(out / "strips", labelled)
    truth = {each.path.stem: each.label for each in read_labels(strips)}

    before = read_strips(strips, out / "before.jsonl", "--min-confidence", 0)
    reviewed, state = review(out / "before.jsonl", out / "reviewed", truth, options.reviewed)
    began = time.perf_counter()
    with (out / "finetune.txt").open("w") as report:
        done = subprocess.run(
            command("finetune", out / "reviewed", "--out", MODEL),
            stdout=report,
            stderr=subprocess.STDOUT,
            check=False,
        )
    minutes = (time.perf_counter() - began) / 60
    print((out / "finetune.txt").read_text(), file=sys.stderr)
    if done.returncode:
        raise SystemExit(f"sdnn finetune ended with {done.returncode}: no second reading")
    after = read_strips(strips, out / "after.jsonl", "--min-confidence", 0, "--model", MODEL)

    learned = {truth[stem] for stem in reviewed}
    rest = [stem for stem in truth if stem not in reviewed]
    sets = {
        "all not reviewed": rest,
        "label of no reviewed strip": [stem for stem in rest if truth[stem] not in learned],
    }
    found = {
        name: {"before": scored(before, truth, stems), "after": scored(after, truth, stems)}
        for name, stems in sets.items()
    }
    record = {
        "hardware": hardware(),
        "reviewed": len(reviewed),
        "review": state,
        "minutes": minutes,
        "not_reviewed": found,
    }
    (HERE / "loop.json").write_text(json.dumps(record, indent=2) + "\n")
    rows = []
    for name, each in found.items():
        cells = []
        for when in ("before", "after"):
            low, high = each[when]["interval"]
            accuracy, errors = each[when]["accuracy"], each[when]["digit_error_rate"]
            cells += [f"{100 * accuracy:.1f}", f"{100 * low:.1f}–{100 * high:.1f}", f"{100 * errors:.1f}"]
        rows.append([name, f"{each['after']['n']:,}", *cells])
    figure = ["right %", "95 % interval", "digit errors %"]
    write_markdown(
        HERE / "loop.md",
        ["strips", "n", *(f"{when}, {name}" for when in ("before", "after") for name in figure)],
        rows,
        f"{len(reviewed)} strings were reviewed, the worst of {len(truth)} strips; fine-tuning took "
        f"{minutes:.1f} minutes. {hardware()}.",
    )


if __name__ == "__main__":
    main()
