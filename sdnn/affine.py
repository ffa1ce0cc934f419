"""Affine maps, as (2, 3) matrices from points of one picture to points of another."""

from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.floating[Any]]

_LAST_ROW = np.array([[0.0, 0.0, 1.0]])


def compose_affine(outer: Matrix, inner: Matrix) -> Matrix:
    """The map that applies `inner` first, then `outer`."""
    return np.asarray(outer @ np.vstack([inner, _LAST_ROW]))


def invert_affine(matrix: Matrix) -> Matrix:
    """The map back."""
    return np.asarray(np.linalg.inv(np.vstack([matrix, _LAST_ROW]))[:2])


def apply_affine(matrix: Matrix, points: Matrix) -> Matrix:
    """(..., 2) points after the map."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])


def affine_scale(matrix: Matrix) -> float:
    """Factor of lengths: the root of that of areas."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))


def pixel_centre_affine(matrix: Matrix) -> Matrix:
    """A map between pixel edges as OpenCV wants it, between pixel centres.

    Pixel i has its centre at i + 0.5 here, and at i in OpenCV.
    """
    half = np.array([0.5, 0.5])
    matrix = matrix.copy()
    matrix[:, 2] += matrix[:, :2] @ half - half
    return matrix
