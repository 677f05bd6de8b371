"""The slope of satisfaction itself: the slope of the answers, corrected for their noise and their age.

Belongs here: reliability, the corrected slope, and the bootstrap of all of it by account group.
Does not belong here: moments of answers (`answer_history.py`), the observed slope (`hazard.py`), telling it
(`latent_study.py`).

Regression calibration (Carroll et al. 2006, chapter 4): where hazards are small, E[exp(βT) | X, Z] is log-linear in
E[T | X, Z], so the slope of the score X is β · λ with λ = Cov(X, T | Z) / Var(X | Z), T being the satisfaction in the
month at risk and Z the model's other terms. Cov comes from the answer history, Var from the fit's own information.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.hazards.cloglog import group_scores
from roi_models.hazards.design import design_matrix
from roi_models.hazards.hazard import collapse, select_cells
from roi_models.results import HazardFit, LatentCorrection
from roi_models.satisfaction.answer_history import AnswerMoments, Components, answer_moments, fit_components
from roi_models.satisfaction.answer_tables import lay_out, see

REPLICATES = 1_000
SEED = 20_240_611
# Below, the correction would multiply the slope by ten: the data say nothing about satisfaction then.
LOWEST_RELIABILITY = 0.1
MIN_GROUPS_WITH_PAIRS = 30
MIN_PAIRS = 300
MIN_DISTANCES = 3
TOO_FEW = (
    "Too few accounts were answered for by two people, in different months, to tell their satisfaction from the noise "
    "of single answers."
)


def correct_slope(
    fit: HazardFit,
    cells: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    fresh_days: int,
    stale_days: int,
    replicates: int = REPLICATES,
) -> LatentCorrection:
    """Correct the score's slope of `fit` for the noise and age of answers, and bootstrap the whole of it by group.

    `cells`: what `fit` was fitted on; `answers`: as `lay_out` takes them. Never raises on data: where the correction
    cannot be defended there is a `problem`, no number, and the observed slope stands.
    """
    if not fit.is_estimable:
        return refused("The slope of the answers itself could not be estimated.")
    rows = select_cells(cells, outcome=fit.outcome, lag=fit.lag)
    groups = np.unique(rows["account_group"].to_numpy())
    usable = answers["account_group"].isin(groups) & answers["tenure_step"].notna() & answers["last_month"].notna()
    if not usable.any():
        return refused(TOO_FEW)
    tables = lay_out(answers, groups)
    moments = answer_moments(tables, see(tables, lag=fit.lag, fresh_days=fresh_days, stale_days=stale_days), fit)
    if _is_too_thin(moments):
        return refused(TOO_FEW)
    return _estimate(fit, rows, groups, moments, replicates)


def refused(problem: str) -> LatentCorrection:
    """No correction, for this reason."""
    return LatentCorrection(problem=problem)


def _is_too_thin(moments: AnswerMoments) -> bool:
    """Whether too few people answered after others of their account, or at too few distances in time."""
    return bool(
        (moments.weight > 0).sum() < MIN_GROUPS_WITH_PAIRS
        or moments.pairs.sum() < MIN_PAIRS
        or (moments.pairs.sum(axis=0) > 0).sum() < MIN_DISTANCES
    )


def _estimate(
    fit: HazardFit, rows: pd.DataFrame, groups: np.ndarray, moments: AnswerMoments, replicates: int
) -> LatentCorrection:
    count = len(groups)
    resampled = np.random.Generator(np.random.PCG64(SEED)).multinomial(count, np.full(count, 1 / count), replicates)
    weights = np.vstack([np.ones(count), resampled])
    coefs, variance = _slopes(fit, rows, groups, weights)
    components = fit_components(moments, weights)
    reliability = np.divide(components.current, variance, out=np.zeros_like(variance), where=variance > 0)
    low, high = np.percentile(reliability[1:], [2.5, 97.5])
    if low <= LOWEST_RELIABILITY:
        return refused(
            "The answers of two people of one account agree too little to tell satisfaction from noise: how much of a "
            "score is real cannot be told from nothing."
        )
    # A score cannot be more than real: above 1 the moments are noisy, and nothing is corrected. Between the bounds the
    # correction never turns a sign, so it cannot make an effect out of none.
    reliability = np.clip(reliability, LOWEST_RELIABILITY, 1.0)
    position = fit.terms.index("score")
    slopes = coefs[:, position] / reliability
    slope_low, slope_high = np.percentile(slopes[1:], [2.5, 97.5])
    return LatentCorrection(
        reliability=float(reliability[0]),
        reliability_low=float(min(low, 1.0)),
        reliability_high=float(min(high, 1.0)),
        slope=float(slopes[0]),
        slope_low=float(slope_low),
        slope_high=float(slope_high),
        parts=_parts(moments, components, variance[0]),
        coef_draws=coefs[1:],
        reliability_draws=reliability[1:],
    )


def _slopes(
    fit: HazardFit, rows: pd.DataFrame, groups: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients per replicate by one Newton step from the estimate, and Var(score | other terms) as weighed by it.

    The step needs scores and information per group only. Their variance is the Schur complement of the information at
    the score over the weight of the months with a score.
    """
    design = design_matrix(fit.encoding, collapse(rows))[rows["cell"].to_numpy()]
    sums = group_scores(
        design,
        fit.coef,
        at_risk=rows["at_risk"].to_numpy(),
        events=rows["events"].to_numpy(),
        group=np.searchsorted(groups, rows["account_group"].to_numpy()),
        is_counted=(rows["score_state"] != "silent").to_numpy(),
    )
    terms = len(fit.terms)
    information = (weights @ sums.information.reshape(len(groups), -1)).reshape(-1, terms, terms)
    scale = np.einsum("rii->ri", information)
    # A term whose groups were all left out has no information of its own: a trace of it keeps the others solvable.
    information[:, np.arange(terms), np.arange(terms)] += 1e-9 * np.maximum(scale, scale[:1])
    inverse = np.linalg.inv(information)
    coefs = fit.coef + np.einsum("rij,rj->ri", inverse, weights @ sums.scores)
    coefs[0] = fit.coef
    position = fit.terms.index("score")
    return coefs, 1 / (inverse[:, position, position] * (weights @ sums.counted))


def _parts(moments: AnswerMoments, components: Components, score_variance: float) -> pd.DataFrame:
    """What one answer's variance is made of, and what the score's is: part, variance, share."""
    total = moments.squares.sum() / moments.answers.sum()
    lasting, moving = float(components.lasting[0]), float(components.moving[0])
    repeats = moments.own_pairs.sum(axis=0)[1:]
    own = moments.own_products.sum(axis=0)[1:] / np.maximum(repeats, 1)
    shared = lasting + moving * components.persistence[0] ** np.arange(1, len(repeats) + 1)
    style = max(float(repeats @ (own - shared) / repeats.sum()), 0.0) if repeats.sum() else 0.0
    noise = max(total - lasting - moving - style, 0.0)
    values = {"lasting": lasting, "moving": moving, "person": style, "noise": noise}
    frame = pd.DataFrame({"part": list(values), "variance": list(values.values())})
    frame["share"] = frame["variance"] / frame["variance"].sum()
    return frame.assign(persistence=float(components.persistence[0]), score_variance=score_variance)
