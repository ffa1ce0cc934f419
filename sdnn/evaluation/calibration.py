"""Fitting confidence to someone's own strips, and a threshold that keeps the error within a target."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sdnn.decoding.temperature import fit_temperature
from sdnn.enums import Status
from sdnn.errors import UnreadableInput
from sdnn.evaluation.confidence import Threshold, expected_calibration_error, fewest_strips, threshold_for
from sdnn.evaluation.folder import first_readings
from sdnn.evaluation.labels import LabelledFile, read_labels
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ReadingSettings
from sdnn.results import FloatArray, Reading


@dataclass(frozen=True)
class Calibration:
    """What was found on labelled strips.

    Attributes:
        temperature: Divides the logits of every column.
        threshold: Confidence from which on readings are accepted; None where no one is known to do.
        target_error: Share of wrong texts among the accepted ones, at most.
        n: Strips that were read.
        right: How many of them right.
        error_before: Expected calibration error at the temperature of the model.
        error_after: The same at the temperature found, on the same strips.
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
        """Why there is no threshold."""
        needed = fewest_strips(self.target_error)
        if self.n < needed:
            return (
                f"no threshold: {self.n} strips are too few for an error of {self.target_error:g}; "
                f"even without a mistake it takes {needed}"
            )
        return f"no threshold: too many of the surest readings are wrong to keep {self.target_error:g}"

    def summary(self) -> str:
        """The figures as lines of text."""
        lines = [
            f"strips        {self.n}, of which {self.right} are read right",
            f"temperature   {self.temperature:.3f}",
            f"calibration   error {self.error_before:.3f} before, {self.error_after:.3f} after, on them",
        ]
        if self.error_after > self.error_before:
            lines.append("              no better than the model's own temperature: give more strips")
        if self.threshold:
            lines.append(
                f"threshold     {self.threshold.value:.4f} accepts {100 * self.threshold.coverage:.1f} %, "
                f"{self.threshold.wrong} of {self.threshold.accepted} wrong; of those to come at most "
                f"{100 * self.threshold.upper:.2f} %, 19 times of 20"
            )
        return "\n".join(lines)

    def to_record(self) -> dict[str, Any]:
        """The figures in plain JSON types."""
        return {"schema": 1, **asdict(self)}


def calibrate(
    settings: ReadingSettings,
    folders: Sequence[Path],
    target_error: float,
    advance: Callable[[int, int], None] = lambda done, total: None,
    model: Path | None = None,
) -> Calibration:
    """Fits a temperature, then finds the threshold at that temperature.

    The temperature is the one under which the labels are most probable on the usual view of each strip. Both
    are found on the same strips; the guarantee of the threshold is weakened a little by that.

    Args:
        settings: Settings of reading, of which the temperature is the one before.
        folders: With `labels.csv`.
        target_error: Share of the accepted texts that may be wrong.
        advance: Called with readings done and to do.
        model: File (.onnx); the bundled one by default.

    Raises:
        UnreadableInput: When a folder, its labels or a picture cannot be read.
    """
    labelled = [each for folder in folders for each in read_labels(folder)]
    plain = Reader(model, replace(settings, temperature=1.0, views=settings.views[:1], constraint=None))
    maps: list[FloatArray] = []
    strings: list[list[int]] = []
    for done, (each, (reading, _)) in enumerate(zip(labelled, _readings(plain, labelled), strict=True)):
        if reading.evidence and each.label:
            maps.append(reading.evidence.class_map.log_probs)
            strings.append([int(digit) for digit in each.label])
        advance(done + 1, 3 * len(labelled))
    if not maps:
        raise UnreadableInput(f"{folders[0]}: no strip with digits on it; nothing can be fitted")
    temperature = round(fit_temperature(maps, strings), 4)  # as it will stand in the profile
    outcomes = []
    readers = (Reader(model, settings), Reader(model, replace(settings, temperature=temperature)))
    for number, reader in enumerate(readers, start=1):
        confidences, right = np.zeros(len(labelled)), np.zeros(len(labelled), bool)
        for done, (reading, digits) in enumerate(_readings(reader, labelled)):
            confidences[done], right[done] = reading.confidence, digits == labelled[done].label
            advance(number * len(labelled) + done + 1, 3 * len(labelled))
        outcomes.append((confidences, right))
    confidences, right = outcomes[1]
    return Calibration(
        temperature,
        threshold_for(confidences, right, target_error),
        target_error,
        len(labelled),
        int(right.sum()),
        expected_calibration_error(*outcomes[0]),
        expected_calibration_error(confidences, right),
    )


def _readings(reader: Reader, labelled: Sequence[LabelledFile]) -> Iterator[tuple[Reading, str]]:
    """The reading of each picture, and its digits.

    Raises:
        UnreadableInput: At the first that cannot be read.
    """
    for reading, digits in first_readings(reader, [each.path for each in labelled]):
        if reading.status is Status.ERROR:
            raise UnreadableInput(reading.reason or "")
        yield reading, digits
