"""One string from several class maps of the same writing."""

from collections.abc import Sequence

import numpy as np

from sdnn.choices import Decoder, Topology
from sdnn.decoding.decoder import decode
from sdnn.decoding.posterior import string_log_probs
from sdnn.results import FloatArray


def consensus(
    maps: Sequence[FloatArray], decoder: Decoder = Decoder.VITERBI, topology: Topology = Topology.CTC
) -> tuple[tuple[int, ...], FloatArray]:
    """The string that is most probable when any of the maps may be the right one.

    Each map proposes the string that the decoder finds on it, and scores what all of them propose. With every
    map as likely as the others, the mean of a string's probabilities is its probability.

    Args:
        maps: V class maps, (T, C) log-probabilities each, with T of their own.
        decoder: Finds the candidates.
        topology: Which paths the trellis allows.

    Returns:
        Digit classes of the string, and its log-probability on each map (V,).
    """
    candidates = [tuple(span.label for span in decode(log_probs, decoder, topology)[1]) for log_probs in maps]
    candidates = list(dict.fromkeys(candidates))
    scores = np.array([string_log_probs(log_probs, candidates, topology) for log_probs in maps])
    best = int(np.logaddexp.reduce(scores, axis=0).argmax())
    return candidates[best], scores[:, best]
