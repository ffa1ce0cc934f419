"""Where the time of a cold `sdnn read` goes: imports by whom the modules belong to, and the steps between."""

import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Final

from processes import environment

GROUPS: Final = {
    "numpy": "numpy",
    "cv2": "opencv",
    "onnxruntime": "onnxruntime",
    "PIL": "pillow",
    "sdnn": "sdnn itself",
    **dict.fromkeys(
        ("typer", "click", "rich", "pygments", "markdown_it", "mdurl", "shellingham", "pydantic"),
        "typer and rich",
    ),
    **dict.fromkeys((*sys.stdlib_module_names, *sys.builtin_module_names), "python itself"),
}
"""By the first part of a module's name; the rest is "everything else"."""
NAMES: Final = (
    "python itself",
    "numpy",
    "opencv",
    "onnxruntime",
    "pillow",
    "typer and rich",
    "sdnn itself",
    "everything else",
)

PROBE: Final = """
import sys, time
def mark(step):
    print("step", step, time.perf_counter(), file=sys.stderr, flush=True)
mark("module")
from sdnn.cli import commands, main, terminal
from sdnn.reading.reader import Reader
load = Reader.__init__
def timed_load(*args, **options):
    mark("loading")
    load(*args, **options)
    mark("reading")
Reader.__init__ = timed_load
quick_exit = terminal.quick_exit
def timed_quick_exit(code):
    mark("end")
    quick_exit(code)
terminal.quick_exit = timed_quick_exit
mark("command_line")
main()
"""
"""The command, with marks between its steps among the lines of `-X importtime`."""
STEPS: Final = {
    "start": "start of Python",
    "command_line": "command line",
    "loading": "loading the model",
    "reading": "reading, writing the row",
    "end": "end of the process",
}
"""What they are called in the table. The step "module" does nothing but import."""


def profile(image: Path) -> dict[str, float]:
    """Milliseconds of each part of a cold process that reads one picture.

    Raises:
        CalledProcessError: When it fails.
    """
    # perf_counter is the same clock in all processes of a Linux machine.
    started = time.perf_counter()
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", PROBE, "read", str(image)],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return parts_of(said.stderr, started, time.perf_counter())


def parts_of(lines: str, started: float, ended: float) -> dict[str, float]:
    """Sums up what such a process said on stderr; imports do not count in the step that waits for them."""
    imports: dict[str, float] = dict.fromkeys(NAMES, 0.0)
    steps: dict[str, float] = defaultdict(float)
    step, since = "start", started
    for line in lines.splitlines():
        words = line.replace("|", " ").split()
        if words[:1] == ["step"]:
            steps[step] += 1000 * (float(words[2]) - since)
            step, since = words[1], float(words[2])
        elif words[:2] == ["import", "time:"] and words[2].isdigit():
            own_ms = int(words[2]) / 1000
            imports[GROUPS.get(words[4].partition(".")[0], "everything else")] += own_ms
            steps[step] -= own_ms
    steps[step] += 1000 * (ended - since)
    return {f"import: {name}": own_ms for name, own_ms in imports.items()} | {
        name: steps[step] for step, name in STEPS.items()
    }


if __name__ == "__main__":
    for part, own_ms in profile(Path(sys.argv[1])).items():
        print(f"{own_ms:8.1f} {part}")
