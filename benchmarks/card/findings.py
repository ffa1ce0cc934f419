"""All measurements of a model card, collected in one run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from card.robustness import Figures, SyntheticResult, measure, read_synthetic
from sdnn.datasets.mnist import Mnist
from sdnn.evaluation.folder import evaluate
from sdnn.evaluation.report import FolderReport
from sdnn.reading.reader import Reader


@dataclass(frozen=True, eq=False)
class Findings:
    """Measurements of a model card.

    Attributes:
        figures: Outcomes on strips of MNIST test digits.
        folders: Reports on labelled folders of real strips.
        synthetic: Result on drawn numbers.
    """

    figures: Figures
    folders: Sequence[FolderReport]
    synthetic: SyntheticResult


def collect_findings(
    reader: Reader,
    digits: Mnist,
    folders: Sequence[Path],
    count: int,
    seed: int,
    jobs: int = 1,
    advance: Callable[[], None] = lambda: None,
) -> Findings:
    """Measurements of a reader.

    Args:
        reader: Reader of everything.
        digits: MNIST's test digits.
        folders: Folders of real strips with `labels.csv`.
        count: Synthetic strips of each condition.
        seed: Random seed of the strips.
        jobs: Processes that read at the same time.
        advance: Function to call after every strip.

    Raises:
        UnreadableInput: When a folder or its labels cannot be read.
    """
    # The folders first: a fault in them shows at once.
    reports = [evaluate(reader, folder, advance)[0] for folder in folders]
    figures = measure(reader, digits, count, seed, jobs, advance)
    return Findings(figures, reports, read_synthetic(reader, count, seed, advance))
