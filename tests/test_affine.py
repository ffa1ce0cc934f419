import numpy as np
import pytest

from sdnn.affine import affine_scale, apply_affine, compose_affine, invert_affine, pixel_centre_affine

DOUBLE = np.array([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
SHIFT = np.array([[1.0, 0.0, 3.0], [0.0, 1.0, 5.0]])
SHEAR = np.array([[1.0, 0.5, 1.0], [0.0, 3.0, -2.0]])
POINTS = np.array([[1.0, 2.0], [-4.0, 0.5]])


def test_the_inner_map_is_applied_first() -> None:
    np.testing.assert_allclose(apply_affine(compose_affine(DOUBLE, SHIFT), POINTS), 2 * (POINTS + [3, 5]))
    np.testing.assert_allclose(apply_affine(compose_affine(SHIFT, DOUBLE), POINTS), 2 * POINTS + [3, 5])


def test_the_inverse_leads_back() -> None:
    np.testing.assert_allclose(apply_affine(invert_affine(SHEAR), apply_affine(SHEAR, POINTS)), POINTS)


@pytest.mark.parametrize(("matrix", "scale"), [(DOUBLE, 2), (SHIFT, 1), (SHEAR, 3**0.5)])
def test_the_scale_is_the_root_of_the_change_of_areas(
    matrix: np.typing.NDArray[np.float64], scale: float
) -> None:
    assert affine_scale(matrix) == pytest.approx(scale)


def test_pixel_centres_lie_half_a_pixel_from_edges() -> None:
    np.testing.assert_allclose(
        apply_affine(pixel_centre_affine(SHEAR), POINTS), apply_affine(SHEAR, POINTS + 0.5) - 0.5
    )
