"""Active accounts carried into future months: their covariates, survival, and what a lifted score keeps.

Belongs here: tenure and renewals as months pass, cumulative hazards with and without an uplift, revenue kept
(g-formula). Does not belong here: how far scores move (`uplift.py`), margins, costs and discounting
(`business_case.py`, `finance.py`), estimating the hazard (`hazard.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.hazards.design import design_matrix
from roi_models.results import DesignEncoding

DEFAULT_RENEWAL_INTERVAL_MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """The design of accounts × future months, kept apart into what stays and what changes.

    `static`: accounts × terms, all but tenure and renewal. `step_design`: one row per (tenure step, renewal
    or not). `step_code`: months × accounts, which of those rows holds. Log hazard = (static +
    step_design[code])·β. `score_position`: the column of the score. `background_hazard`: monthly hazard of
    departures that no score moves, added in every world.
    """

    static: np.ndarray
    step_design: np.ndarray
    step_code: np.ndarray
    score_position: int
    background_hazard: float = 0.0

    def select(self, accounts: np.ndarray) -> Projection:
        """The same for some of the accounts (positions or a mask)."""
        return Projection(
            static=self.static[accounts],
            step_design=self.step_design,
            step_code=self.step_code[:, accounts],
            score_position=self.score_position,
            background_hazard=self.background_hazard,
        )


def project(
    encoding: DesignEncoding,
    accounts: pd.DataFrame,
    *,
    months: int,
    renewal_interval_months: int = DEFAULT_RENEWAL_INTERVAL_MONTHS,
    background_hazard: float = 0.0,
) -> Projection:
    """Lay out `accounts` (score, score_state, control_key, tenure_months, months_to_renewal) over months
    1…`months`.

    Month t begins t − 1 months after as_of, so tenure is then tenure_months + t − 1. Renewals fall in the
    months months_to_renewal, + interval, + 2·interval …; unknown (None) means no renewal. Scores and controls
    stay as they are.
    """
    static = design_matrix(encoding, accounts[["score", "score_state", "control_key"]])
    month = np.arange(1, months + 1)[:, None]
    renewal = accounts["months_to_renewal"].astype(float).to_numpy()[None, :]
    # Comparisons with an unknown renewal (NaN) are false, which is what is meant.
    is_renewal = (month >= renewal) & (np.mod(month - renewal, renewal_interval_months) == 0)
    step, count_steps = _tenure_positions(encoding, accounts["tenure_months"].to_numpy(float)[None, :] + month - 1)
    return Projection(
        static=static,
        step_design=_step_design(encoding, count_steps),
        step_code=step * 2 + is_renewal,
        score_position=encoding.terms.index("score"),
        background_hazard=background_hazard,
    )


def ramp_weights(months: int, ramp_months: int, monthly_decay: float = 0.0) -> np.ndarray:
    """Share of the full uplift at work in months 1…`months`: min(t/R, 1), all 1 without a ramp; from month R on it
    loses `monthly_decay` of itself each month."""
    month = np.arange(1, months + 1, dtype=float)
    ramp = np.minimum(month / ramp_months, 1.0) if ramp_months > 0 else np.ones(months)
    return ramp * (1 - monthly_decay) ** np.maximum(month - max(ramp_months, 1), 0.0)


def cumulative_hazards(
    projection: Projection, coefs: np.ndarray, shifts: Sequence[np.ndarray], ramp: np.ndarray
) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
    """Yield, month by month, the cumulative hazard as things are and under each of `shifts` (accounts ×
    draws).

    `coefs` is draws × terms; each of `shifts` (answer points) is accounts × draws or accounts × 1. Survival
    is exp(−cumulative hazard). The yielded arrays are updated in place: use them before asking for the next
    month.
    """
    level = np.exp(projection.static @ coefs.T)
    step = np.exp(projection.step_design @ coefs.T)
    slope = coefs[:, projection.score_position]
    base = np.zeros_like(level)
    lifted = [np.zeros_like(level) for _ in shifts]
    ratios: list[np.ndarray] = []
    for month, weight in enumerate(ramp):
        if month == 0 or weight != ramp[month - 1]:
            ratios = [np.exp(slope * weight * shift) for shift in shifts]
        hazard = level * step[projection.step_code[month]]
        base += hazard + projection.background_hazard
        for position, ratio in enumerate(ratios):
            lifted[position] += hazard * ratio + projection.background_hazard
        yield base, lifted


@dataclass(frozen=True, slots=True, kw_only=True)
class RevenueKept:
    """What one uplift keeps at one set of coefficients (money per month in the reporting currency, before any
    margin).

    `by_month`: revenue kept in months 1…H. `by_account`: its sum over the horizon, per account.
    `survival_base`, `survival_lifted`: chance per account to be there after H months.
    """

    by_month: np.ndarray
    by_account: np.ndarray
    survival_base: np.ndarray
    survival_lifted: np.ndarray


def revenue_kept(
    projection: Projection, coef: np.ndarray, shift: np.ndarray, *, ramp: np.ndarray, mrr: np.ndarray
) -> RevenueKept:
    """Revenue kept by moving each account by `shift` points: Σᵢ MRRᵢ·[Sᵢ(t | x + shift) − Sᵢ(t | x)] in month
    t."""
    by_month, by_account = np.zeros(len(ramp)), np.zeros(len(mrr))
    survival_base, survival_lifted = np.ones(len(mrr)), np.ones(len(mrr))
    paths = cumulative_hazards(projection, coef[None, :], [shift[:, None]], ramp)
    for month, (base, (lifted,)) in enumerate(paths):
        survival_base, survival_lifted = np.exp(-base[:, 0]), np.exp(-lifted[:, 0])
        kept = mrr * (survival_lifted - survival_base)
        by_month[month] = kept.sum()
        by_account += kept
    return RevenueKept(
        by_month=by_month, by_account=by_account, survival_base=survival_base, survival_lifted=survival_lifted
    )


def _tenure_positions(encoding: DesignEncoding, tenure_months: np.ndarray) -> tuple[np.ndarray, int]:
    """Position of each tenure among the known steps (below the lowest: the lowest), and how many steps there
    are."""
    edges = np.array([int(step[1:]) for step in sorted(encoding.tenure_terms)])
    if len(edges) == 0:
        return np.zeros(tenure_months.shape, dtype=int), 1
    position = np.searchsorted(edges, np.nan_to_num(tenure_months), side="right") - 1
    return np.maximum(position, 0), len(edges)


def _step_design(encoding: DesignEncoding, count_steps: int) -> np.ndarray:
    """Design rows of every (tenure step, renewal) pair, row 2·step + renewal; only these terms are
    non-zero."""
    terms = {term: position for position, term in enumerate(encoding.terms)}
    rows = np.zeros((2 * count_steps, len(terms)))
    for position, step in enumerate(sorted(encoding.tenure_terms)):
        if encoding.tenure_terms[step] in terms:
            rows[2 * position : 2 * position + 2, terms[encoding.tenure_terms[step]]] = 1.0
    if "is_renewal" in terms:
        rows[1::2, terms["is_renewal"]] = 1.0
    return rows
