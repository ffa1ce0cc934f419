"""The slow, obvious definition of what decoding and sweeping compute, to hold the fast code to.

A class map of T columns and C classes has C**T paths. Here every one of them is written out, and each
quantity is the sum, or the maximum, that its name says. Only for small maps.

A *path* is a tuple of T classes, a *string* a tuple of digit classes; no-digit is the last class. The strings
that an automaton allows are found by trying all of them, arc by arc.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from sdnn.decoding.automaton import Automaton, automaton, intersection
from sdnn.enums import Topology
from sdnn.models.architecture import Architecture
from sdnn.models.lenet import LENET
from sdnn.results import FloatArray

if TYPE_CHECKING:
    from sdnn.models.digit_net import DigitNet

Path = tuple[int, ...]
String = tuple[int, ...]
Run = tuple[int, ...]


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
    prices = log_probs.tolist()
    return {
        path: math.fsum(column[label] for column, label in zip(prices, path, strict=True))
        for path in paths(columns, classes)
        if is_allowed(path, classes - 1, topology)
    }


def path_log_probs_under(log_probs: FloatArray, topology: Topology, given: Automaton) -> dict[Path, float]:
    """Every allowed path that spells a string of the automaton, with the string's log-weight in its score."""
    columns, classes = log_probs.shape
    weights = language(given, columns, classes - 1)
    return {
        path: value + weights[string]
        for path, value in path_log_probs(log_probs, topology).items()
        if (string := string_of(path, classes - 1)) in weights
    }


def best_path(log_probs: FloatArray, topology: Topology) -> tuple[Path, float]:
    """The allowed path of highest log-probability, and that log-probability."""
    return max(path_log_probs(log_probs, topology).items(), key=lambda item: item[1])


def partition(log_probs: FloatArray, topology: Topology) -> float:
    """Probability of all allowed paths together; 1 under CTC."""
    return math.fsum(math.exp(value) for value in path_log_probs(log_probs, topology).values())


def string_probs(log_probs: FloatArray, topology: Topology) -> dict[String, float]:
    """Every string that has an allowed path, with p(string | map): its paths over all allowed ones."""
    of_paths = {path: math.exp(value) for path, value in path_log_probs(log_probs, topology).items()}
    members: dict[String, list[float]] = {}
    for path, prob in of_paths.items():
        members.setdefault(string_of(path, log_probs.shape[1] - 1), []).append(prob)
    whole = math.fsum(of_paths.values())
    return {string: math.fsum(probs) / whole for string, probs in members.items()}


def string_probs_under(
    maps: Sequence[FloatArray], topology: Topology, given: Automaton
) -> dict[String, float]:
    """Every string that the automaton allows and that has an allowed path, with p(string | maps) x weight.

    Each of the maps is as likely as the others to be the right one. All together have P(language).
    """
    weights = language(given, max(map(len, maps)), maps[0].shape[1] - 1)
    of_maps = [string_probs(log_probs, topology) for log_probs in maps]
    possible = {string for of_map in of_maps for string in of_map if string in weights}
    return {
        string: math.exp(weights[string])
        * math.fsum(of_map.get(string, 0.0) for of_map in of_maps)
        / len(maps)
        for string in sorted(possible)
    }


def digit_marginals(
    log_probs: FloatArray, string: String, topology: Topology, given: Automaton | None = None
) -> list[dict[int, float]]:
    """For each position every digit with its probability there, the other digits being as they are.

    Zeros at a position where no digit is possible.
    """
    of_strings = (
        string_probs(log_probs, topology)
        if given is None
        else string_probs_under([log_probs], topology, given)
    )
    positions: list[dict[int, float]] = []
    for i in range(len(string)):
        joint = {
            digit: of_strings.get((*string[:i], digit, *string[i + 1 :]), 0.0)
            for digit in range(log_probs.shape[1] - 1)
        }
        whole = math.fsum(joint.values())
        positions.append({digit: prob / whole if whole else 0.0 for digit, prob in joint.items()})
    return positions


def strings(longest: int, digits: int) -> list[String]:
    """All strings up to a length."""
    return [s for length in range(longest + 1) for s in itertools.product(range(digits), repeat=length)]


def runs(given: Automaton, longest: int, digits: int) -> dict[String, list[Run]]:
    """The states along every run over every string up to a length, accepting or not; no entry without one."""
    following: dict[tuple[int, int], list[int]] = {}
    for source, digit, target in given.arcs.tolist():
        following.setdefault((source, digit), []).append(target)
    found: dict[String, list[Run]] = {(): [(state,) for state in np.flatnonzero(given.initial).tolist()]}
    for string in strings(longest, digits)[1:]:
        longer = [
            (*run, target)
            for run in found.get(string[:-1], [])
            for target in following.get((run[-1], string[-1]), [])
        ]
        if longer:
            found[string] = longer
    return found


def language(given: Automaton, longest: int, digits: int) -> dict[String, float]:
    """Every string up to a length that has an accepting run, with its log-weight; more runs are an error."""
    final = given.final.tolist()
    weights: dict[String, float] = {}
    for string, of_string in runs(given, longest, digits).items():
        ends = [run[-1] for run in of_string if final[run[-1]] > -math.inf]
        assert len(ends) <= 1, f"ambiguous: {string} has the runs {of_string}"
        weights.update((string, final[end]) for end in ends)
    return weights


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


def _deterministic(rng: np.random.Generator, digits: int, weights: Sequence[float]) -> Automaton:
    """Up to four states, of which the first begins; the language may be empty."""
    states = int(rng.integers(1, 5))
    arcs = [
        (state, digit, int(rng.integers(states)))
        for state in range(states)
        for digit in range(digits)
        if rng.random() < 0.7
    ]
    ends = {int(rng.integers(states)), *np.flatnonzero(rng.random(states) < 0.3).tolist()}
    return automaton(arcs, [0], {state: float(rng.choice(weights)) for state in ends}, states)


@st.composite
def automata(draw: st.DrawFn, digits: int) -> Automaton:
    """Small automata that allow something: deterministic ones, ones that read from right to left turned
    round, which may have many beginnings and branch under one digit, and what both allow; some with weights,
    of which one is above 1.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights = draw(st.sampled_from([[0.0], [0.0, math.log(0.3), math.log(2.0)]]))
    ahead = _deterministic(rng, digits, weights)
    behind = _deterministic(rng, digits, [0.0]).reversed
    made = draw(st.sampled_from([ahead, behind, intersection(ahead, behind)]))
    assume(len(made))
    return made


@st.composite
def constrained_maps(
    draw: st.DrawFn, max_columns: int = 6, max_classes: int = 4, most: int = 1
) -> tuple[list[FloatArray], Automaton]:
    """Small maps of the same classes, each as long as it likes, and an automaton over their digits."""
    classes = draw(st.integers(2, max_classes))
    alike = class_maps(max_columns, classes, classes)
    maps = draw(st.lists(alike, min_size=1, max_size=most))
    return maps, draw(automata(classes - 1))


def swept(net: "DigitNet", ink: FloatArray) -> FloatArray:
    """(T, 11) logits of a strip, each column by the single-digit net on its own window."""
    import torch

    geometry = net.architecture.geometry
    last = ink.shape[1] - geometry.window_px
    lefts = range(0, last + 1, geometry.stride_px)
    windows = [ink[:, left : left + geometry.window_px] for left in lefts]
    with torch.no_grad():
        logits: FloatArray = net.eval()(torch.from_numpy(np.stack(windows)[:, None])).numpy()
    return logits


def net_in_use(
    seed: int, channels: Sequence[int] | None = None, architecture: Architecture = LENET
) -> "DigitNet":
    """A net as after training: its normalisations do something, and what differs between windows goes through
    all of its layers. A new one's normalisations change next to nothing, and it says much the same of all.
    """
    import torch

    from sdnn.models.digit_net import DigitNet

    torch.manual_seed(seed)
    net = DigitNet(
        replace(architecture, channels=tuple(channels or architecture.channels)), dropout=0.5
    ).eval()
    for layer in net.modules():
        if isinstance(layer, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            torch.nn.init.normal_(layer.running_mean, std=0.2)
            torch.nn.init.uniform_(layer.running_var, 0.2, 2.0)
            torch.nn.init.uniform_(layer.weight, 0.5, 2.0)
            torch.nn.init.normal_(layer.bias, std=0.3)
        elif isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
    return net
