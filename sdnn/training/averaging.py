"""The mean of a net and the one that it began from: steadier than either.

Training further makes a net better at what it is shown and a little worse at what it is not. Half-way back,
on the straight line between the two, it keeps most of the gain and forgets less. That works only because both
lie in one valley: the second was trained from the first with the normalisation frozen.

Reference:
    Wortsman et al. 2022, "Robust fine-tuning of zero-shot models".
"""

from pathlib import Path

from sdnn.errors import UsageError
from sdnn.models.digit_net import DigitNet
from sdnn.models.metadata import ReaderMetadata
from sdnn.training.reader_run import ReaderRun


def interpolate(first: DigitNet, second: DigitNet, share: float) -> DigitNet:
    """A net on the straight line from the first to the second.

    Args:
        first: At share 0.
        second: At share 1; of the same architecture and with the same statistics.
        share: How far to go.
    """
    one, other = first.state_dict(), second.state_dict()
    mean = DigitNet(first.architecture).eval()
    mean.load_state_dict(
        {
            name: value + (other[name] - value) * share if value.is_floating_point() else value
            for name, value in one.items()
        }
    )
    return mean


def average_with_start(folder: Path, share: float, data: Path | None) -> ReaderMetadata:
    """Writes the mean of a finished run's net and the one that it began from, into `mean/` of its folder.

    Args:
        folder: Of a run that began from a trained net.
        share: Of the run's net; the rest is the start's.
        data: Folder that holds MNIST, for the temperature.

    Raises:
        UsageError: When the folder holds no such run, or its net is not finished.
        UnreadableInput: When MNIST cannot be read.
        OutputError: When the folder cannot be written.
    """
    run = ReaderRun.finished(folder)
    if run.recipe.start is None or not run.recipe.strings or not run.recipe.strings.frozen:
        raise UsageError(
            f"{folder}: was not trained from another net with --init-from; there is no mean to take"
        )
    first, second = (run.load(path) for path in (run.start, folder / "model.safetensors"))
    out = folder / "mean"
    out.mkdir(exist_ok=True)
    card = {"mean": {"of the start": 1 - share, "of the net trained from it": share}}
    return run.export(interpolate(first, second, share), out, card, data)
