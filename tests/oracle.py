"""The slow, obvious definition of what decoding and sweeping compute, to hold the fast code to.

A class map of T columns and C classes has C**T paths. Here every one of them is written out, and each
quantity is the sum, or the maximum, that its name says. Only for small maps.

A *path* is a tuple of T classes, a *string* a tuple of digit classes; no-digit is the last class.
"""

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from sdnn.choices import Topology
from sdnn.results import FloatArray

if TYPE_CHECKING:
    from sdnn.models.digit_net import DigitNet

Path = tuple[int, ...]
String = tuple[int, ...]


def paths(columns: int, classes: int) -> list[Path]:
    """All C**T paths."""
    return list(itertools.product(range(classes), repeat=columns))


def string_of(path: Path, no_digit: int) -> String:
    """Equal neighbours count once, then no-digit is dropped."""
    return tuple(label for label, _ in itertools.groupby(path) if label != no_digit)


def is_allowed(path: Path, no_digit: int, topology: Topology) -> bool:
    """CTC allows every path; strict allows none in which two different digits are neighbours."""
    if topology is Topology.CTC:
        return True
    return all(left == right or no_digit in (left, right) for left, right in itertools.pairwise(path))


def path_log_probs(log_probs: FloatArray, topology: Topology) -> dict[Path, float]:
    """Every allowed path with its log-probability, the sum of what its columns say."""
    columns, classes = log_probs.shape
    return {
        path: math.fsum(float(log_probs[t, label]) for t, label in enumerate(path))
        for path in paths(columns, classes)
        if is_allowed(path, classes - 1, topology)
    }


def best_path(log_probs: FloatArray, topology: Topology) -> tuple[Path, float]:
    """The allowed path of highest log-probability, and that log-probability."""
    return max(path_log_probs(log_probs, topology).items(), key=lambda item: item[1])


def partition(log_probs: FloatArray, topology: Topology) -> float:
    """Probability of all allowed paths together; 1 under CTC."""
    return math.fsum(math.exp(value) for value in path_log_probs(log_probs, topology).values())


def string_probs(log_probs: FloatArray, topology: Topology) -> dict[String, float]:
    """Every string that has an allowed path, with p(string | map): its paths over all allowed ones."""
    members: dict[String, list[float]] = {}
    for path, value in path_log_probs(log_probs, topology).items():
        members.setdefault(string_of(path, log_probs.shape[1] - 1), []).append(math.exp(value))
    whole = partition(log_probs, topology)
    return {string: math.fsum(probs) / whole for string, probs in members.items()}


def digit_probs(log_probs: FloatArray, string: String, topology: Topology) -> list[dict[int, float]]:
    """For each position every digit with its probability there, the other digits being as they are.

    Zeros at a position where no digit is possible.
    """
    of_strings = string_probs(log_probs, topology)
    positions: list[dict[int, float]] = []
    for i in range(len(string)):
        joint = {
            digit: of_strings.get((*string[:i], digit, *string[i + 1 :]), 0.0)
            for digit in range(log_probs.shape[1] - 1)
        }
        whole = math.fsum(joint.values())
        positions.append({digit: prob / whole if whole else 0.0 for digit, prob in joint.items()})
    return positions


def normalized(logits: FloatArray) -> FloatArray:
    """Log-probabilities of each column."""
    with np.errstate(divide="ignore"):
        log_probs: FloatArray = np.log(np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True))
    return log_probs


@st.composite
def class_maps(
    draw: st.DrawFn, max_columns: int = 6, max_classes: int = 4, min_classes: int = 2
) -> FloatArray:
    """Small maps, flat to sharp; digits are sometimes impossible (minus infinity), no-digit never is."""
    shape = draw(st.integers(1, max_columns)), draw(st.integers(min_classes, max_classes))
    # hypothesis likes zeros and repeats; numbers like a net's come from a seed.
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    logits = rng.normal(size=shape, scale=draw(st.sampled_from([0.0, 1.0, 4.0])))
    logits[:, :-1][rng.random(logits[:, :-1].shape) < draw(st.sampled_from([0.0, 0.2]))] = -math.inf
    return normalized(logits)


def swept(net: "DigitNet", ink: FloatArray) -> FloatArray:
    """(T, 11) logits of a (32, W) strip, each column by the single-digit net on its own window."""
    import torch

    windows = [ink[:, left : left + 40] for left in range(0, ink.shape[1] - 39, 2)]
    with torch.no_grad():
        logits: FloatArray = net.eval()(torch.from_numpy(np.stack(windows)[:, None])).numpy()
    return logits


def net_in_use(seed: int, channels: Sequence[int] | None = None) -> "DigitNet":
    """A net whose normalisations do something, as after training; a new one's change next to nothing."""
    import torch

    from sdnn.models.digit_net import CHANNELS, DigitNet

    torch.manual_seed(seed)
    net = DigitNet(dropout=0.5, channels=channels or CHANNELS).eval()
    for layer in net.modules():
        if isinstance(layer, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            torch.nn.init.normal_(layer.running_mean, std=0.2)
            torch.nn.init.uniform_(layer.running_var, 0.2, 2.0)
            torch.nn.init.uniform_(layer.weight, 0.5, 2.0)
            torch.nn.init.normal_(layer.bias, std=0.3)
    return net
