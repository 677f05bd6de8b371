"""Fractional logit: equal to statsmodels, right on planted truths, and refused where nothing can be told."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit

from roi_models.hazards.design import NotEstimableError
from roi_models.wallets.fractional_logit import average_partial_effect, fit_fractional_logit

SLOPE = 3.0


def drawn(accounts=300, answers=3, seed=1, noise=0.6):
    """Shares with slope `SLOPE` of the log-odds; an account's answers share a part of their noise."""
    rng = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(accounts), answers)
    x = rng.uniform(0, 1, len(clusters)) + 0.3 * rng.standard_normal(accounts)[clusters]
    # Beta noise around the mean keeps E[share | x] exactly logistic; a common draw per account clusters it.
    mean = expit(-1.1 + SLOPE * x)
    common = rng.uniform(size=accounts)[clusters]
    own = rng.uniform(size=len(clusters))
    uniform = np.where(rng.random(accounts)[clusters] < noise, common, own)
    return (uniform < mean).astype(float) * 0.5 + 0.5 * mean, np.column_stack([np.ones(len(x)), x]), clusters


def test_coefficients_covariance_and_partial_effect_are_those_of_statsmodels():
    share, design, clusters = drawn()
    share[:2] = 0.0, 1.0
    ours = fit_fractional_logit(share, design, clusters)
    theirs = sm.GLM(share, design, family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": clusters}, tol=1e-12
    )
    assert ours.coef == pytest.approx(theirs.params, abs=1e-8)
    assert ours.covariance == pytest.approx(theirs.cov_params(), rel=1e-6)
    margins = theirs.get_margeff(at="overall", method="dydx")
    assert average_partial_effect(ours, design, 1) == pytest.approx((margins.margeff[0], margins.margeff_se[0]), 1e-6)


def test_standard_error_of_the_partial_effect_is_the_derivative_of_the_effect():
    share, design, clusters = drawn(seed=2)
    fit = fit_fractional_logit(share, design, clusters)

    def effect(coef):
        mean = expit(design @ coef)
        return float(coef[1] * (mean * (1 - mean)).mean())

    steps = 1e-6 * np.eye(2)
    gradient = np.array([(effect(fit.coef + step) - effect(fit.coef - step)) / 2e-6 for step in steps])
    want = float(np.sqrt(gradient @ fit.covariance @ gradient))
    assert average_partial_effect(fit, design, 1) == pytest.approx((effect(fit.coef), want), rel=1e-6)


def test_errors_allow_for_likeness_within_accounts():
    share, design, clusters = drawn(noise=1.0, answers=6)
    together = fit_fractional_logit(share, design, clusters)
    alone = fit_fractional_logit(share, design, np.arange(len(share)))
    assert together.covariance[0, 0] > 2 * alone.covariance[0, 0]


def test_intervals_hold_the_planted_slope_and_effect():
    reach, held, effects = 1.98, np.zeros(2, dtype=int), []
    truth = SLOPE * np.mean(
        [np.mean((m := expit(d @ [-1.1, SLOPE])) * (1 - m)) for _, d, _ in map(drawn_of, range(20))]
    )
    for seed in range(200):
        share, design, clusters = drawn_of(seed)
        fit = fit_fractional_logit(share, design, clusters)
        effect, error = average_partial_effect(fit, design, 1)
        effects.append(effect)
        held += [abs(fit.coef[1] - SLOPE) < reach * fit.covariance[1, 1] ** 0.5, abs(effect - truth) < reach * error]
    # 99.9% binomial band of 95% in 200.
    assert (held >= 179).all() and (held <= 199).all()
    assert np.mean(effects) == pytest.approx(truth, rel=0.02)


def drawn_of(seed):
    return drawn(accounts=120, answers=2, seed=1_000 + seed)


def test_order_of_rows_and_names_of_accounts_do_not_matter():
    share, design, clusters = drawn()
    order = np.random.default_rng(3).permutation(len(share))
    names = np.array([f"account {1_000 - cluster}" for cluster in clusters])
    first = fit_fractional_logit(share, design, clusters)
    second = fit_fractional_logit(share[order], design[order], names[order])
    assert second.coef == pytest.approx(first.coef, abs=1e-12)
    assert second.covariance == pytest.approx(first.covariance, rel=1e-9)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda s, d, c: (np.full_like(s, 0.4), d, c), "nothing to explain"),
        (lambda s, d, c: (s, np.column_stack([d, d[:, 1]]), c), "same thing"),
        (lambda s, d, c: (s, d, c % 2), "2 accounts cannot carry 2"),
        (lambda s, d, c: ((d[:, 1] > 0.5).astype(float), d, c), "told apart altogether"),
    ],
    ids=["constant share", "collinear", "two accounts", "separation"],
)
def test_what_cannot_be_told_is_refused_with_a_sentence(change, reason):
    with pytest.raises(NotEstimableError, match=reason):
        fit_fractional_logit(*change(*drawn()))
