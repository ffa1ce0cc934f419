"""Run folders as trainings leave them, without a training."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RECIPE = {
    "source": "pen",
    "seed": 3,
    "start": None,
    "digits": {"examples": 32, "learning_rate": 0.004},
    "strings": {"examples": 16, "learning_rate": 0.001},
}


def run_folder(
    folder: Path,
    accuracies: tuple[float, ...] = (0.5, 0.75),
    recipe: Mapping[str, Any] | None = None,
    **record: Any,
) -> Path:
    """A folder with a record and a line of metrics for each accuracy, of a run that is not finished."""
    folder.mkdir(parents=True)
    content = {
        "version": "0.1.0",
        "started": "2026-11-29T15:39:17+00:00",
        "command": "sdnn train",
        "net": "reader",
        "recipe": {**RECIPE, **(recipe or {})},
        "versions": {"torch": "2.14.1"},
        "hardware": "two cores",
        "code": "c0de" * 16,
        "data": {"train-images-idx3-ubyte": "ba89" * 16},
        **record,
    }
    (folder / "run.json").write_text(json.dumps(content))
    with open(folder / "metrics.jsonl", "w") as file:
        for number, accuracy in enumerate(accuracies, 1):
            line = {"stage": "strings", "step": 2 * number, "loss": 1.0 / number, "accuracy": accuracy}
            file.write(json.dumps({**line, "seconds": 30.0 * number}) + "\n")
    return folder
