"""Weight averaging of a fine-tuned net and the net it began from.

Fine-tuning makes a net better on its training data and a little worse on other data. Half-way back, on the
straight line between the two, it keeps most of the gain and forgets less. That works only because both lie in
one valley of the loss: the second was trained from the first with the normalisation frozen.

Reference:
    Wortsman et al. 2022, "Robust fine-tuning of zero-shot models".
"""

from pathlib import Path

from sdnn.errors import UsageError
from sdnn.files import output_errors
from sdnn.models.digit_net import DigitNet
from sdnn.models.metadata import ReaderMetadata
from sdnn.training.reader_run import ReaderRun


def interpolate(first: DigitNet, second: DigitNet, share: float) -> DigitNet:
    """The net on the straight line from the first (share 0) to the second (share 1).

    Both have the same architecture, and the same statistics of the normalisation.
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
    """Writes the mean of a finished run's net and the net it began from, into `mean/` of its folder.

    Args:
        folder: Folder of a run that began from a trained net.
        share: Share of the run's net.
        data: Folder with MNIST, for the temperature.

    Raises:
        UsageError: When the folder holds no such run, or its net is not finished.
        ModelError: When one of the nets is damaged.
        UnreadableInput: When MNIST cannot be read.
        OutputError: When the folder cannot be written.
    """
    run = ReaderRun.finished(folder)
    if run.recipe.start is None or not run.recipe.strings or not run.recipe.strings.frozen:
        raise UsageError(
            f"{folder}: was not trained from another net with --init-from; there is no mean to take"
        )
    run.check_start()
    first, second = (run.load(path) for path in (run.start, folder / "model.safetensors"))
    out = folder / "mean"
    with output_errors(out):
        out.mkdir(exist_ok=True)
    card = {"mean": {"of the start": 1 - share, "of the net trained from it": share}}
    return run.export(interpolate(first, second, share), out, card, data)
