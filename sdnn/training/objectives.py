"""Objectives of string training, from the digits of a strip alone.

*Forward* (discriminative forward): minus the log-posterior of the string, the score of all its paths against
that of all paths. With a softmax in each column and CTC's topology all paths sum to 1, and the objective is
the framework's CTC loss; a test holds that to `decoding`.

*Viterbi* (Matan et al. 1992): the best path that spells the string against the best path of all. The paper
has three gradients, here on the logits, with a column's softmax p:

* *reinforce* (a): the winner w of the constrained path is raised by 1 - p(w);
* *correct* (b): besides, where the free path differs from the constrained one, its winner is lowered by p;
* *contrast* (c): besides, every other class is lowered by its p, except classes that the constrained path has
  within `NEAR` columns.

Reference:
    Matan et al. 1992. LeCun et al. 1998, section VI, recommends forward: Viterbi's gradient vanishes as soon
    as the best path is right. Where we differ: the paper trains columns of ten digits with the number of
    digits known; ours have a no-digit class and any number.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sdnn.decoding.dynamic_programming import best_paths
from sdnn.decoding.trellis import string_trellis
from sdnn.enums import Gradient, Objective
from sdnn.results import CLASSES, NO_DIGIT, FloatArray, IntArray

NEAR: Final = 2
"""Columns on either side in which a class of the constrained path counts as near."""

Loss = Callable[[Tensor, Sequence[str], Sequence[int]], Tensor]
"""Function from (B, T, 11) logits, B texts and B numbers of valid columns to a scalar."""


def string_loss(objective: Objective, gradient: Gradient) -> Loss:
    """The loss of an objective; the gradient is of Viterbi only."""
    if objective is Objective.FORWARD:
        return forward_loss
    return lambda logits, texts, columns: viterbi_loss(logits, texts, columns, gradient)


def forward_loss(logits: Tensor, texts: Sequence[str], columns: Sequence[int]) -> Tensor:
    """Mean of -log p(string | map) over the strips; strips too narrow for their string count as 0."""
    log_probs = logits.log_softmax(2).transpose(0, 1)
    digits = [int(digit) for text in texts for digit in text]
    labels = torch.tensor(digits, dtype=torch.long, device=logits.device)
    total = functional.ctc_loss(
        log_probs,
        labels,
        torch.tensor(columns),
        torch.tensor([len(text) for text in texts]),
        blank=NO_DIGIT,
        reduction="sum",
        zero_infinity=True,
    )
    return total / len(texts)


def viterbi_loss(logits: Tensor, texts: Sequence[str], columns: Sequence[int], gradient: Gradient) -> Tensor:
    """Mean log-probability of the free path over that of the constrained one.

    Its gradient is not the derivative of that, but the given one. Strips too narrow for their string count
    as 0.
    """
    log_probs = logits.detach().log_softmax(2).double().cpu().numpy()
    trellis = string_trellis([[int(digit) for digit in text] for text in texts], CLASSES)
    constrained, of_string = best_paths(log_probs, trellis, columns)
    counts = np.arange(log_probs.shape[1]) < np.asarray(columns)[:, None]
    counts &= np.isfinite(of_string)[:, None]
    push = winner_gradient(np.exp(log_probs), constrained, log_probs.argmax(axis=2), gradient)
    push *= counts[..., None]
    of_any = np.where(counts, log_probs.max(axis=2), 0.0).sum(axis=1)
    lost = np.where(np.isfinite(of_string), of_any - of_string, 0.0).mean()
    pull = (logits * torch.from_numpy(push).to(logits)).sum() / len(texts)
    return pull - pull.detach() + float(lost)


def winner_gradient(
    probs: FloatArray, constrained: IntArray, free: IntArray, gradient: Gradient
) -> FloatArray:
    """Gradient of the Viterbi objective on the logits.

    Args:
        probs: (B, T, C) softmax of the logits.
        constrained: (B, T) classes of the best path that spells the string, the winners.
        free: (B, T) classes of the best path of all.
        gradient: One of the paper's three gradients.

    Returns:
        (B, T, C) gradient, negative where a logit has to rise.
    """
    classes = np.arange(probs.shape[2])
    wins = constrained[..., None] == classes
    push = np.where(wins, probs - 1, 0.0)
    if gradient is Gradient.CORRECT:
        push = np.where((free[..., None] == classes) & ~wins, probs, push)
    elif gradient is Gradient.CONTRAST:
        near = wins.copy()
        for step in range(1, NEAR + 1):
            near[:, step:] |= wins[:, :-step]
            near[:, :-step] |= wins[:, step:]
        push = np.where(near, push, probs)
    return push
