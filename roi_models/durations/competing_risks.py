"""Cumulative incidence of departures by cause: Aalen–Johansen on monthly counts.

Belongs here: the estimator, exact with ties, its error, and which groups can carry one.
Does not belong here: counting (`grouped_months.py`), hazards by cause (`hazard.py`), words for a page (`follow_up.py`).

lifelines' estimator shifts tied times by random amounts; monthly data are all ties, so this is the closed form.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from roi_models.durations.followed import INCIDENCE_COLUMNS
from roi_models.durations.grouped_months import (
    EVERYBODY,
    MIN_ACCOUNTS,
    MonthCounts,
    count_months,
    log_minus_log_interval,
    ordered_groups,
)
from roi_models.hazards.design import MIN_EVENTS

CAUSES = ("voluntary", "involuntary")


def aalen_johansen(counts: MonthCounts) -> tuple[np.ndarray, np.ndarray]:
    """Cumulative incidence, months × causes, and its standard error by the delta method on multinomial months.

    With pₖ = events of cause k over those at risk in a month: F_k(t) = Σ S(m−)·pₖ(m), and by month
    ∂F_k/∂p_j = S(m−)·[j = k] − (F_k(t) − F_k(m))/(1 − Σp), Cov(p_j, p_l) = (p_j·[j = l] − p_j·p_l)/n.
    With one cause this is Greenwood's.
    """
    share = counts.events / counts.at_risk[:, None]
    staying = 1 - share.sum(axis=1)
    before = np.concatenate([[1.0], np.cumprod(staying)[:-1]])
    incidence = np.cumsum(before[:, None] * share, axis=0)
    variance = np.zeros_like(incidence)
    for until in range(len(counts.month)):
        upto = slice(0, until + 1)
        for cause in range(len(counts.causes)):
            later = incidence[until, cause] - incidence[upto, cause]
            # Where everybody leaves nothing comes later, so the quotient 0/0 means nil.
            lost = np.divide(later, staying[upto], out=np.zeros(until + 1), where=staying[upto] > 0)
            slope = -np.repeat(lost[:, None], len(counts.causes), axis=1)
            slope[:, cause] += before[upto]
            mean = (slope * share[upto]).sum(axis=1)
            spread = (slope**2 * share[upto]).sum(axis=1) - mean**2
            variance[until, cause] = np.sum(spread / counts.at_risk[upto])
    return incidence, np.sqrt(np.maximum(variance, 0.0))


def incidence_by_cause(landmark: pd.DataFrame) -> tuple[pd.DataFrame, str | None]:
    """Share of accounts that had left by month, by cause: of all accounts and of each group that is large enough.

    `landmark`: score_group, duration_months, churn_kind. A sentence instead where causes are not told apart.
    """
    nothing = pd.DataFrame(columns=INCIDENCE_COLUMNS)
    kinds = set(landmark["churn_kind"].dropna())
    if not kinds:
        return nothing, "No account left after the landmark, so there is no departure to tell causes of."
    if kinds - set(CAUSES):
        return nothing, "The cause is not recorded for every departure, so departures by cause are not shown."
    if len(landmark) < MIN_ACCOUNTS:
        return nothing, (
            f"Only {len(landmark)} accounts were at risk at the landmark: too few to show departures by cause."
        )
    groups = [EVERYBODY, *ordered_groups(landmark)]
    parts = [part for group in groups for part in _group_parts(landmark, group)]
    return pd.concat(parts, ignore_index=True)[INCIDENCE_COLUMNS], None


def _group_parts(landmark: pd.DataFrame, group: str) -> Iterator[pd.DataFrame]:
    """One frame per cause, month 0 on; none of a group that is too small."""
    members = landmark if group == EVERYBODY else landmark[landmark["score_group"] == group]
    if len(members) < MIN_ACCOUNTS:
        return
    counts = count_months(members["duration_months"].to_numpy(), members["churn_kind"], causes=CAUSES)
    incidence, std_error = aalen_johansen(counts)
    for position, cause in enumerate(CAUSES):
        left = np.cumsum(counts.events[:, position])
        low, high = log_minus_log_interval(incidence[:, position], std_error[:, position])
        known = left >= MIN_EVENTS
        alone = 1 - np.cumprod(1 - counts.events[:, position] / counts.at_risk)
        yield pd.DataFrame(
            {
                "group": group,
                "cause": cause,
                "month": np.concatenate([[0], counts.month]),
                "incidence": np.concatenate([[0.0], incidence[:, position]]),
                "ci_low": np.concatenate([[np.nan], np.where(known, low, np.nan)]),
                "ci_high": np.concatenate([[np.nan], np.where(known, high, np.nan)]),
                "one_minus_kaplan_meier": np.concatenate([[0.0], alone]),
                "count_at_risk": np.concatenate([[len(members)], counts.at_risk]),
                "count_left": np.concatenate([[0], left]),
            }
        )
