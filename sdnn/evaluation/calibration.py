"""Temperature and confidence threshold, fitted on labelled strips."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sdnn.decoding.temperature import fit_temperature
from sdnn.enums import Status
from sdnn.errors import UnreadableInput
from sdnn.evaluation.folder import read_first_pages
from sdnn.evaluation.labels import LabelledFile, read_labels
from sdnn.evaluation.reliability import expected_calibration_error
from sdnn.evaluation.threshold import Threshold, min_sample_size, select_threshold
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ReadingSettings
from sdnn.results import FloatArray, Reading


@dataclass(frozen=True)
class Calibration:
    """Result of a calibration.

    Attributes:
        temperature: Divisor of the logits of every column.
        threshold: Confidence threshold; None if no threshold meets the target.
        target_error: Largest share of wrong texts among the accepted ones.
        n: Number of strips.
        right: Number of strips read right.
        error_before: Expected calibration error at the model's own temperature.
        error_after: Expected calibration error at the fitted temperature, on the same strips.
    """

    temperature: float
    threshold: Threshold | None
    target_error: float
    n: int
    right: int
    error_before: float
    error_after: float

    @property
    def shortage(self) -> str:
        """Reason why no threshold meets the target."""
        needed = min_sample_size(self.target_error)
        if self.n >= needed:
            return f"no threshold: too many readings of high confidence are wrong for {self.target_error:g}"
        few = f"no threshold: {self.n} strips are too few for an error of {self.target_error:g}"
        return f"{few}; even without a mistake it takes {needed}"

    def summary(self) -> str:
        """The result as lines of text."""
        lines = [
            f"strips        {self.n}, {self.right} of them read right",
            f"temperature   {self.temperature:.3f}",
            f"calibration   error {self.error_before:.3f} before, {self.error_after:.3f} after, on them",
        ]
        if self.error_after > self.error_before:
            lines.append("              no better than the model's own temperature: give more strips")
        if (found := self.threshold) is not None:
            lines += [
                f"threshold     {found.value:.4f} accepts {100 * found.coverage:.1f} %, "
                f"{found.wrong} of {found.accepted} wrong",
                f"              error on other strips at most {100 * found.upper:.2f} %, with 95 % certainty",
            ]
        return "\n".join(lines)

    def to_record(self) -> dict[str, Any]:
        """The result in plain JSON types."""
        return {"schema": 1, **asdict(self)}


def calibrate(
    settings: ReadingSettings,
    folders: Sequence[Path],
    target_error: float,
    advance: Callable[[int, int], None] = lambda done, total: None,
    model: Path | None = None,
) -> Calibration:
    """Fits a temperature, then selects the threshold at that temperature, on the same strips.

    The temperature gives the labels the highest probability on the first view of each strip.

    Args:
        settings: Settings of reading; their temperature is the one before.
        folders: Folders with `labels.csv`.
        target_error: Largest share of wrong texts among the accepted ones.
        advance: Called with readings done and in all.
        model: Model file (.onnx); the bundled one by default.

    Raises:
        UnreadableInput: When a folder, its labels or a picture cannot be read, or no strip has digits.
    """
    labelled = [each for folder in folders for each in read_labels(folder)]
    total = 3 * len(labelled)
    plain = Reader(model, replace(settings, temperature=1.0, views=settings.views[:1], constraint=None))
    maps: list[FloatArray] = []
    strings: list[list[int]] = []
    for done, (each, (reading, _)) in enumerate(zip(labelled, _readings(plain, labelled), strict=True), 1):
        if reading.evidence and each.label:
            maps.append(reading.evidence.class_map.log_probs)
            strings.append([int(digit) for digit in each.label])
        advance(done, total)
    if not maps:
        raise UnreadableInput(f"{folders[0]}: no strip with digits on it; nothing can be fitted")
    temperature = round(fit_temperature(maps, strings), 4)  # as it will stand in the profile
    outcomes = []
    for number, tried in enumerate((settings, replace(settings, temperature=temperature)), 1):
        confidences, right = np.zeros(len(labelled)), np.zeros(len(labelled), bool)
        for done, (reading, digits) in enumerate(_readings(Reader(model, tried), labelled)):
            confidences[done], right[done] = reading.confidence, digits == labelled[done].label
            advance(number * len(labelled) + done + 1, total)
        outcomes.append((confidences, right))
    before, (confidences, right) = outcomes
    return Calibration(
        temperature,
        select_threshold(confidences, right, target_error),
        target_error,
        len(labelled),
        int(right.sum()),
        expected_calibration_error(*before),
        expected_calibration_error(confidences, right),
    )


def _readings(reader: Reader, labelled: Sequence[LabelledFile]) -> Iterator[tuple[Reading, str]]:
    """The reading of each picture, and its digits.

    Raises:
        UnreadableInput: At the first that cannot be read.
    """
    for reading, digits in read_first_pages(reader, [each.path for each in labelled]):
        if reading.status is Status.ERROR:
            raise UnreadableInput(reading.reason or "")
        yield reading, digits
