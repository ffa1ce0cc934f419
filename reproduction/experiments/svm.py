"""Experiment 10: hand-made features and a support vector machine in the place of the net, swept alike.

Histograms of gradient directions (HOG) of every window, support vector machines for ten digits and no-digit,
and from there on the same decoding: decision values, through a softmax, are a class map. As in the net the
work on one window serves its neighbours: the windows lie on the cells of the histograms, which are made once
for a strip.

The kernel is Gaussian, by its values for some landmarks among the windows: linear machines read 2 of 100
validation windows fewer, and exact kernel machines, 2 more, take minutes for a thousand strips.

Reference:
    Dalal and Triggs 2005: the features. Williams and Seeger 2001: the landmarks (Nystroem). Fan et al. 2008,
    LIBLINEAR: the machines.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, Final

import cv2
import numpy as np
from skimage.feature import hog
from sklearn.kernel_approximation import Nystroem
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from reproduction.experiments.trellises import CTC, STRICT, read_by_topology
from reproduction.synthetic_zip import TEST_SEED, WINDOW_PX, Picture, ZipStrip, flanked_digits, zip_strips
from sdnn.decoding.temperature import fit_temperature
from sdnn.enums import Split, Topology
from sdnn.evaluation.metrics import wilson_interval
from sdnn.hardware import hardware
from sdnn.results import CLASSES, NO_DIGIT, FloatArray, IntArray, log_softmax

CELL_PX: Final = 4
"""Side of a cell of the histograms, and the stride of the sweep."""
BLOCK: Final = 2
"""Cells across and down that are normalised together."""
DIRECTIONS: Final = 9
BLOCKS: Final = WINDOW_PX // CELL_PX - BLOCK + 1
"""Blocks across a window."""
FAINT: Final = 40
"""Ink that is taken away: the scanner's noise."""
BLUR_PX: Final = 0.7
TOGETHER: Final = 100
"""Strips that are classified at once; one alone is too little work for two processors."""
AT_ONE: Final = 0.25
"""Decision values over this are the logits whose temperature is 1: near what it turns out to be."""


@dataclass(frozen=True)
class SvmRecipe:
    """How the machine is trained and tested.

    Attributes:
        windows: To train on, `flanked_digits`.
        jitter_px: Half a stride: so far a digit stands from the middle of the nearest window.
        noise: Salt and pepper in those windows: none, for it does not help these features as it helps a net
            (linear machines: 82 % of validation windows right with a tenth of the pixels, 88 % without).
        between: Windows without a digit for every five with one: about as many as in the sweep.
        landmarks: Windows that the kernel is taken of.
        gamma: Of the kernel, exp(-gamma d^2).
        penalty: Of a window on the wrong side (C).
        test_windows: For the accuracy on single windows.
        validation_strips: To fit the temperature on.
        test_strips: Read.
    """

    windows: int = 20_000
    jitter_px: float = CELL_PX / 2
    noise: float = 0.0
    between: int = 4
    landmarks: int = 1_500
    gamma: float = 0.03
    penalty: float = 5.0
    test_windows: int = 7_000
    validation_strips: int = 500
    test_strips: int = 3_000


FULL: Final = SvmRecipe()
QUICK: Final = replace(
    FULL, windows=5_000, landmarks=500, test_windows=1_400, validation_strips=200, test_strips=1_000
)


def train(seed: int, quick: bool) -> dict[str, Any]:
    """Trains the machine, sweeps it across strips and reads them, with and without the number of digits.

    Args:
        seed: Decides windows and landmarks.
        quick: Whether to train and test on less.

    Returns:
        JSON-able: sizes, seconds of each part, accuracy on single windows, the temperature, and of the test
        strips truths, digit images, and what was read through two trellises, as `trellises.readings` says it.
    """
    recipe = QUICK if quick else FULL
    strips = zip_strips(Split.TEST, recipe.test_strips, TEST_SEED)
    clock = [time.perf_counter()]
    features, labels = window_features(Split.TRAIN, recipe.windows, seed, recipe)
    clock.append(time.perf_counter())
    landmarks = Nystroem(gamma=recipe.gamma, n_components=recipe.landmarks, random_state=seed)
    machine = make_pipeline(landmarks, LinearSVC(C=recipe.penalty, random_state=seed)).fit(features, labels)
    clock.append(time.perf_counter())
    held_out, truth = window_features(Split.TEST, recipe.test_windows, seed, recipe)
    right = machine.predict(held_out) == truth
    on_digit = truth != NO_DIGIT

    fitting = zip_strips(Split.VALIDATION, recipe.validation_strips, TEST_SEED)
    temperature = fit_temperature(
        [log_softmax(decisions, AT_ONE) for decisions in swept(machine, fitting)],
        [[int(digit) for digit in strip.text] for strip in fitting],
    )
    clock.append(time.perf_counter())
    maps = [log_softmax(decisions, AT_ONE * temperature) for decisions in swept(machine, strips)]
    read = {
        name: read_by_topology(topology)
        for name, topology in ((CTC, Topology.CTC), (STRICT, Topology.STRICT))
    }
    texts = {
        name: {"texts": through(maps, True), "texts_of_any_length": through(maps, False)}
        for name, through in read.items()
    }
    clock.append(time.perf_counter())
    spent = [round(end - start, 1) for start, end in pairwise(clock)]
    return {
        "seed": seed,
        "quick": quick,
        "recipe": asdict(recipe),
        "features": features.shape[1],
        "parameters": (recipe.landmarks + 1) * CLASSES,
        "seconds": dict(zip(("features", "training", "validation", "reading"), spent, strict=True)),
        "windows": {
            "n": len(truth),
            "accuracy": float(right.mean()),
            "interval": wilson_interval(int(right.sum()), len(truth)),
            "digits_right": float(right[on_digit].mean()),
            "no_digit_right": float(right[~on_digit].mean()),
        },
        "temperature": temperature,
        "truths": [strip.text for strip in strips],
        "sources": [strip.indices for strip in strips],
        "readings": {"trellises": texts},
        "hardware": hardware(),
    }


def window_features(split: Split, count: int, seed: int, recipe: SvmRecipe) -> tuple[FloatArray, IntArray]:
    """Features, (N, F) float32, and labels of windows as a sweep meets them.

    The windows are cut with a cell more on either side and that is left out of the features: so the edge
    of a window is not the edge of a picture, as on a strip.
    """
    windows = flanked_digits(
        split, count, seed, WINDOW_PX + 2 * CELL_PX, recipe.jitter_px, recipe.noise, recipe.between
    )
    return np.stack([sweep_features(ink)[1] for ink in windows.ink]), windows.labels


def sweep_features(ink: Picture) -> FloatArray:
    """The features of every window of a strip.

    Args:
        ink: (28, W) uint8.

    Returns:
        (T, F) float32, a row for a window every 4 px; what is left over on the right is left out.
    """
    # Gradients are normalised, and would be those of the scanner's noise where there is nothing else.
    clean = np.asarray(cv2.GaussianBlur(np.maximum(ink, FAINT) - FAINT, (3, 3), BLUR_PX))
    blocks = hog(
        clean.astype(np.float32) / 255,
        orientations=DIRECTIONS,
        pixels_per_cell=(CELL_PX, CELL_PX),
        cells_per_block=(BLOCK, BLOCK),
        feature_vector=False,
    )
    across = np.lib.stride_tricks.sliding_window_view(blocks, BLOCKS, axis=1)
    return np.moveaxis(across, 1, 0).reshape(across.shape[1], -1).astype(np.float32)


def swept(machine: Pipeline, strips: Sequence[ZipStrip]) -> list[FloatArray]:
    """(T, 11) decision values of every window of each strip."""
    found: list[FloatArray] = []
    for first in range(0, len(strips), TOGETHER):
        of_strips = [sweep_features(strip.ink) for strip in strips[first : first + TOGETHER]]
        decisions = machine.decision_function(np.concatenate(of_strips))
        found += np.split(decisions, np.cumsum([len(features) for features in of_strips])[:-1])
    return found
