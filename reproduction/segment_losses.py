"""What string training of the 1992 net minimises, from the digits of a strip alone, their number known.

*Viterbi* (Matan et al. 1992): the best segmentation that spells the string against the best one of as many
digits. The winners are the digits of a segmentation, each in its zone. The paper names three ways of turning
them into a gradient:

* *reinforce*: only the winners of the constrained segmentation are pulled;
* *correct*: besides, the winners of the free one that are not among these are pushed;
* *contrast*: besides, in all zones without a constrained winner, every digit is pushed down by its p, except
  those of a winner's class that begin within `NEAR` columns of it, whatever their width.

How far a winner is moved, with its zone's softmax p, the paper leaves open. Along the *derivative* of its
log-score the winner w is moved by 1 - p(w), the other digits d of its zone by p(d) the other way: one that is
pushed down is hardly moved where it is sure of itself. With *targets* the winner alone is moved by what it
lacks: by 1 - p(w) up to 1, or by p(w) down to 0.

From what moves single digits the mean of the zone is taken off: its softmax does not notice it, but the net
would sink all ten logits of the many zones where no digit stands, for ever.

*Forward* (LeCun et al. 1998): the sum over all segmentations of as many digits against the sum over those
that spell the string. On the paper's scores, where each zone has a softmax of its own, the first sum is the
number of segmentations, whatever the net says: nothing then pushes down a digit that is sure of itself where
none stands. On the logits as they are the softmax is over whole segmentations, and the posterior of the
string is what its segmentations have of that.

Reference:
    Matan et al. 1992, the three ways a, b and c. LeCun et al. 1998, section VI: discriminative forward, with
    scores that are normalised over whole segmentations. Where the paper is silent we chose how far each logit
    is pushed, and what is near. For our own net, which has a class for no digit, the winner alone is moved
    (`training.objectives`).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from reproduction.segment_lattice import (
    SegmentWidths,
    best_segments,
    marginals,
    segment_marginals,
    segments_of_each,
)
from sdnn.decoding.dynamic_programming import best_paths
from sdnn.enums import Gradient, Objective
from sdnn.results import FloatArray, IntArray
from sdnn.training.objectives import Loss

NEAR: Final = 1
"""Feature columns to either side in which a digit of a winner's class counts as near."""

BoolArray = npt.NDArray[np.bool_]


def segment_loss(
    objective: Objective,
    gradient: Gradient,
    zones: SegmentWidths,
    of_zones: bool = True,
    targets: bool = False,
) -> Loss:
    """The loss of an objective, from (B, T, Z, 10) logits.

    Args:
        objective: Viterbi or forward.
        gradient: Matters to Viterbi only.
        zones: How wide the digits are.
        of_zones: Whether a digit's score is its share of its zone's softmax, as in the paper, or its logit
            as it is; matters to forward only.
        targets: Whether winners move towards targets, not along a derivative; matters to Viterbi only.
    """
    if objective is Objective.VITERBI:
        return lambda logits, texts, columns: segment_viterbi_loss(
            logits, texts, columns, zones, gradient, targets
        )
    if of_zones:
        return lambda logits, texts, columns: segment_forward_loss(
            logits.log_softmax(3), texts, columns, zones
        )
    return lambda logits, texts, columns: segment_forward_loss(logits, texts, columns, zones)


def segment_forward_loss(
    scores: Tensor, texts: Sequence[str], columns: Sequence[int], zones: SegmentWidths
) -> Tensor:
    """Log-sum of all segmentations over that of those which spell the string, averaged over the strips.

    Its gradient is how probable each digit is to be part of any segmentation, less how probable it is to be
    part of one that spells the string. Strips too narrow for their string count as 0.

    Args:
        scores: (B, T, Z, 10) logits, or their log-softmax in each zone.
        texts: B strings.
        columns: (B,) feature columns that count.
        zones: How wide the digits are.
    """
    values = scores.detach().double().numpy()
    free, of_all = segment_marginals(values, zones, [len(text) for text in texts], columns)
    trellis = segments_of_each(_as_classes(texts), zones)
    probs, of_string = marginals(zones.class_map(values), trellis, columns)
    possible = np.isfinite(of_string)
    push = (free - probs[..., : zones.inside].reshape(free.shape)) * possible[:, None, None, None]
    lost = np.where(possible, of_all, 0.0) - np.where(possible, of_string, 0.0)
    return _with_gradient(float(lost.mean()), scores, push)


def segment_viterbi_loss(
    logits: Tensor,
    texts: Sequence[str],
    columns: Sequence[int],
    zones: SegmentWidths,
    gradient: Gradient,
    targets: bool = False,
) -> Tensor:
    """Log-score that the free segmentation has over the constrained one, averaged over the strips.

    Its gradient is what `gradient` says. Strips too narrow for their string
    count as 0.

    Args:
        logits: (B, T, Z, 10).
        texts: B strings.
        columns: (B,) feature columns that count.
        zones: How wide the digits are.
        gradient: Which of the paper's three ways.
        targets: Whether winners move towards targets, not along a derivative.
    """
    log_probs = logits.detach().double().log_softmax(3).numpy()
    trellis = segments_of_each(_as_classes(texts), zones)
    constrained, of_string = best_paths(zones.class_map(log_probs), trellis, columns)
    free, of_any = best_segments(log_probs, zones, [len(text) for text in texts], columns)
    possible = np.isfinite(of_string)
    # No segmentation has the zones that reach beyond the last column.
    ends = np.arange(log_probs.shape[1])[:, None] + zones.widths
    counts = (ends <= np.asarray(columns)[:, None, None]) & possible[:, None, None]
    winners = _winners(constrained, zones), _winners(free, zones)
    push = segment_gradient(np.exp(log_probs), *winners, gradient, targets)
    push *= counts[..., None]
    lost = np.where(possible, of_any, 0.0) - np.where(possible, of_string, 0.0)
    return _with_gradient(float(lost.mean()), logits, push)


def segment_gradient(
    probs: FloatArray, constrained: BoolArray, free: BoolArray, gradient: Gradient, targets: bool = False
) -> FloatArray:
    """What each logit is to be lowered by.

    Args:
        probs: (B, T, Z, D) softmax of the logits of each zone.
        constrained: (B, T, Z, D) whether the best segmentation that spells the string has the digit: one of a
            zone at most.
        free: The same of the best segmentation of all.
        gradient: Which of the paper's three ways.
        targets: Whether winners move towards targets, not along a derivative.

    Returns:
        (B, T, Z, D), negative where a logit is to rise; 0 in sum over each zone.
    """
    right = np.where(constrained.any(axis=3, keepdims=True), probs - constrained, 0.0)
    if gradient is Gradient.CONTRAST:
        others = _centred(np.where(_near(constrained), 0.0, probs))
        return np.where(constrained.any(axis=3, keepdims=True), right, others)
    losers = free & ~constrained if gradient is Gradient.CORRECT else np.zeros_like(free)
    if targets:
        return _centred(np.where(constrained, probs - 1, np.where(losers, probs, 0.0)))
    return right + np.where(losers.any(axis=3, keepdims=True), losers - probs, 0.0)


def _near(winners: BoolArray) -> BoolArray:
    """(B, T, 1, D) whether a digit of the class wins within `NEAR` columns."""
    begins = np.asarray(winners.any(axis=2))
    near = begins.copy()
    for step in range(1, NEAR + 1):
        near[:, step:] |= begins[:, :-step]
        near[:, :-step] |= begins[:, step:]
    return near[:, :, None]


def _centred(push: FloatArray) -> FloatArray:
    return np.asarray(push - push.mean(axis=3, keepdims=True))


def _winners(paths: IntArray, zones: SegmentWidths) -> BoolArray:
    """(B, T, Z, D) which digits (B, T) labels have."""
    winners = np.asarray(paths[..., None] == np.arange(zones.inside))
    return winners.reshape(*paths.shape, len(zones.widths), zones.digits)


def _as_classes(texts: Sequence[str]) -> list[list[int]]:
    return [[int(digit) for digit in text] for text in texts]


def _with_gradient(value: float, scores: Tensor, push: FloatArray) -> Tensor:
    """A loss of that value whose gradient is (B, ...) the push over the number of strips."""
    pull = (scores * torch.from_numpy(push).to(scores.dtype)).sum() / len(push)
    return pull - pull.detach() + value
