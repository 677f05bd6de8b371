"""Drawing: joint coefficients and triangles have the moments they are asked for."""

import numpy as np
import pytest

from roi_models.case.sample import triangular_quantile
from roi_models.case.uncertainty import draw_coefficients


def test_coefficients_are_drawn_jointly():
    covariance = np.array([[0.04, -0.018], [-0.018, 0.01]])
    normals = np.random.default_rng(1).standard_normal((200_000, 2))
    draws = draw_coefficients(np.array([-4.0, 0.5]), covariance, normals)
    assert draws.mean(axis=0) == pytest.approx([-4.0, 0.5], abs=0.002)
    assert np.cov(draws.T) == pytest.approx(covariance, rel=0.02)


def test_a_covariance_of_deficient_rank_can_be_drawn_from():
    direction = np.array([1.0, 2.0, -1.0])
    draws = draw_coefficients(
        np.zeros(3), np.outer(direction, direction), np.random.default_rng(2).standard_normal((1000, 3))
    )
    assert draws[:, 1] == pytest.approx(2 * draws[:, 0], abs=1e-3)


@pytest.mark.parametrize(("low", "mode", "high"), [(1, 2, 4), (0, 0, 3), (-1, 5, 5), (2, 2, 2)])
def test_triangle(low, mode, high):
    values = triangular_quantile((np.arange(100_000) + 0.5) / 100_000, low, mode, high)
    assert values.min() >= low and values.max() <= high and np.all(np.diff(values) >= 0)
    assert values.mean() == pytest.approx((low + mode + high) / 3, abs=1e-4)
    variance = (low**2 + mode**2 + high**2 - low * mode - low * high - mode * high) / 18
    assert values.var() == pytest.approx(variance, abs=1e-4)
