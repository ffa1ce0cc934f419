"""Accuracy of strings, error rate of digits, and their intervals.

A string is right when all of it is. Digit errors are the edit operations that turn the truth into the text
read. A pair is always (truth, text).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

from sdnn.results import FloatArray

BoolArray = npt.NDArray[np.bool_]

Z_95 = 1.96
"""Normal quantile of a two-sided 95 % interval."""


def wilson_interval(successes: float, n: float, z: float = Z_95) -> tuple[float, float]:
    """Wilson score interval of a proportion; sensible near 0 and 1, where accuracies lie.

    Args:
        successes: Number of successes, 0 to n; not always whole, since n may be an effective sample size.
        n: Number of independent trials; without any, the interval is 0 to 1.
        z: Normal quantile; 1.96 for 95 %.

    Returns:
        Lower and upper end, 0 to 1.

    Raises:
        ValueError: When successes is not between 0 and n.

    Reference:
        Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n}: must lie between 0 and n")
    if n == 0:
        return 0.0, 1.0
    share = successes / n
    centre = share + z**2 / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    # The formula holds the share and stays in 0 to 1; the outer bounds keep rounding from undoing it.
    return max(0.0, min(share, (centre - spread) / scale)), min(1.0, max(share, (centre + spread) / scale))


@dataclass(frozen=True)
class Score:
    """Counts over a set of strips; the scores of two sets add up.

    Attributes:
        n: Number of strips.
        right: Number of strips whose whole string is right.
        digits: Number of digits in the truth.
        substitutions: Digits read as another digit.
        insertions: Digits read that are not in the truth.
        deletions: Digits of the truth that were not read.
    """

    n: int = 0
    right: int = 0
    digits: int = 0
    substitutions: int = 0
    insertions: int = 0
    deletions: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def accuracy(self) -> float:
        """Share of strings that are right, 0 to 1; 0 without strips."""
        return self.right / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy, for strips that share no digit images."""
        return wilson_interval(self.right, self.n)

    @property
    def edits(self) -> int:
        """Substitutions, insertions and deletions together."""
        return self.substitutions + self.insertions + self.deletions

    @property
    def digit_error_rate(self) -> float:
        """Edits per digit of the truth; it may exceed 1, and blank strips alone count as one digit."""
        return self.edits / max(1, self.digits)


def score(pairs: Iterable[tuple[str, str]]) -> Score:
    """The score of pairs of truth and text."""
    return sum((score_pair(truth, text) for truth, text in pairs), Score())


def score_by_length(pairs: Iterable[tuple[str, str]]) -> dict[int, Score]:
    """The score of the pairs of each number of digits in the truth, shortest first."""
    by_length: defaultdict[int, Score] = defaultdict(Score)
    for truth, text in pairs:
        by_length[len(truth)] += score_pair(truth, text)
    return dict(sorted(by_length.items()))


def score_pair(truth: str, text: str) -> Score:
    """The score of one strip, with the fewest single-digit edits from truth to text.

    Their number is unique, their kinds are not always (12 read as 21: two substitutions, or an insertion and
    a deletion); then they are those that rapidfuzz finds.
    """
    kinds = [operation.tag for operation in Levenshtein.editops(truth, text)]
    edits = (kinds.count(kind) for kind in ("replace", "insert", "delete"))
    return Score(1, int(truth == text), len(truth), *edits)


def bootstrap_over_digits(
    right: BoolArray | FloatArray,
    sources: Sequence[Sequence[int]],
    rng: np.random.Generator,
    rounds: int = 1000,
) -> tuple[float, float]:
    """95 % interval of string accuracy for strips that are built from a pool of digit images.

    One illegible image spoils all its strips, so N such strips tell less than N separate ones. Each round
    resamples the digit images with replacement, image d being drawn m_d times, and gives a strip the weight
    1 + sum of (m_d - 1) over its digits. Two strips then vary together exactly as often as they share an
    image, which makes the variance between strips right. The noise of a strip with L digits itself is counted
    L times instead of once; L - 1 of these are subtracted. The usual weight, the product of the m_d, counts
    this noise 2^L - 1 times (31 times for five digits), and vanishes where L is large. The variance, over
    that of N independent strips, is the design effect; the interval is Wilson's for N / design effect strips,
    which holds near 100 % too.

    If all strips are right, or all wrong, the design effect is the largest possible one, as if the images
    alone decided. Otherwise it is estimated from the errors, so with few bad images in the pool the interval
    is still somewhat narrow: in 2,000 runs of the tests' simulation it held the truth in 94 % with nine bad
    images and in 89 % with three (Wilson's alone: 49 and 50 %).

    Args:
        right: (N,) true where the string is right; or the share of several readers that read it right, and
            then the interval is that of one reader, somewhat wide for their mean.
        sources: N lists of the indices of the digit images in each strip; empty for a blank strip.
        rng: Source of the resampling.
        rounds: Number of resamplings.

    Returns:
        Lower and upper end, 0 to 1.

    Raises:
        ValueError: When right and sources differ in length.

    Reference:
        Owen 2007, The pigeonhole bootstrap (product weights); Cameron, Gelbach and Miller 2011, Robust
        inference with multiway clustering (the correction); Kish 1965, Survey Sampling (design effect).
    """
    n = len(right)
    if n != len(sources):
        raise ValueError(f"{n} results for {len(sources)} strips: must be the same number")
    effect = _design_effect(np.asarray(right, dtype=np.float64), sources, rng, rounds)
    return wilson_interval(float(np.sum(right)) / effect, n / effect)


def _design_effect(
    right: FloatArray, sources: Sequence[Sequence[int]], rng: np.random.Generator, rounds: int
) -> float:
    """Variance of the accuracy over that of as many independent strips; at least 1."""
    # An image that stands twice in a strip is still one image.
    images = [sorted(set(strip)) for strip in sources]
    strip_length = np.array([len(strip) for strip in images], dtype=np.intp)
    if not strip_length.sum():
        return 1.0
    _, image = np.unique(np.concatenate([np.array(s, dtype=np.intp) for s in images]), return_inverse=True)
    uses = np.bincount(image)
    deviation = right - right.mean()
    independent = float(np.sum(deviation**2))
    if independent == 0.0:
        return float(np.sum(uses**2) / np.sum(uses))
    # The weighted sum of the deviations over strips, rearranged by image: each draw of d adds d's total.
    image_total = np.bincount(image, weights=np.repeat(deviation, strip_length))
    sums = [float(rng.choice(image_total, size=len(uses)).sum()) for _ in range(rounds)]
    counted_again = float(np.sum((strip_length - 1) * deviation**2))
    return max(1.0, (float(np.var(sums)) - counted_again) / independent)
