"""Confidences of strips, and whether the strips were read right."""

import numpy as np
from hypothesis import strategies as st

from sdnn.evaluation.metrics import BoolArray
from sdnn.results import FloatArray

# Few different confidences, so that ties are common.
READ_STRIPS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.95, 1.0]), st.booleans()), max_size=40
)
Strips = list[tuple[float, bool]]


def arrays(strips: Strips) -> tuple[FloatArray, BoolArray]:
    return np.array([c for c, _ in strips], dtype=np.float64), np.array([r for _, r in strips], dtype=bool)


def most_confident_first(n: int, wrong: tuple[int, ...]) -> tuple[FloatArray, BoolArray]:
    """Strips of falling confidence, all different; `wrong` are places in that order, from 1."""
    right = np.ones(n, dtype=bool)
    right[np.array(wrong, dtype=np.intp) - 1] = False
    return np.linspace(1.0, 0.1, n), right


HAND = arrays([(0.95, True), (0.9, True), (0.9, False), (0.62, True), (0.6, False), (0.3, False)])
"""Accepted 1, 3, 4, 5, 6; wrong 0, 1, 1, 2, 3."""
