"""Restricted mean survival time: how many of the months ahead an account stays, by group, and the differences.

Belongs here: the area under a Kaplan–Meier curve up to a month that every compared group reaches, with its error.
Does not belong here: counting (`grouped_months.py`), months beyond those observed (`extrapolation.py`).

Departures of any cause count: a month not stayed is a month not paid, whatever the reason.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from roi_models.durations.followed import RESTRICTED_COLUMNS
from roi_models.durations.grouped_months import (
    MIN_ACCOUNTS,
    Z_95,
    MonthCounts,
    any_departure,
    count_months,
    kaplan_meier,
    ordered_groups,
    until_few_at_risk,
)
from roi_models.hazards.design import MIN_EVENTS


def restricted_mean(counts: MonthCounts, horizon: int) -> tuple[float, float]:
    """Mean months begun as a customer out of the first `horizon`, and its standard error.

    The month of leaving counts as begun: the curve falls at the end of it. Variance: Σ A(m)²·d/(n·(n − d)), A(m) the
    area under the curve from m to the horizon.
    """
    survival, _ = kaplan_meier(counts)
    height = np.concatenate([[1.0], survival])[:horizon]
    area_after = np.concatenate([np.cumsum(height[::-1])[::-1], [0.0]])[1 : horizon + 1]
    at_risk, left = counts.at_risk[:horizon].astype(float), counts.left[:horizon].astype(float)
    # Where all who are at risk leave, no area is left to be unsure of.
    term = np.divide(left, at_risk * (at_risk - left), out=np.zeros(len(left)), where=at_risk > left)
    return float(height.sum()), float(np.sqrt(np.sum(area_after[: len(term)] ** 2 * term)))


def restricted_means(landmark: pd.DataFrame) -> tuple[pd.DataFrame, str | None]:
    """One row per group: mean months out of a common horizon, and how many more than the group compared with.

    That group is the lowest scored one that has an estimate. A group with too few accounts or departures has a note
    and no number. The second result is a sentence where nothing can be compared.
    """
    rows, counted = [], {}
    for group in ordered_groups(landmark):
        members = landmark[landmark["score_group"] == group]
        departures = any_departure(members)
        counts = count_months(members["duration_months"].to_numpy(), departures)
        note = _too_little(len(members), int(departures.notna().sum()))
        if not note:
            counted[group] = counts
        rows.append({"group": group, "count_accounts": len(members), "count_left": int(departures.notna().sum())})
        rows[-1]["note"] = note
    table = pd.DataFrame(rows, columns=RESTRICTED_COLUMNS).astype({"note": object, "compared_with": object})
    found = _fill(table, counted)
    if not found:
        return table, "No group has accounts and departures enough to state how long its accounts stay."
    problem = "Only one group has departures enough, so there is no difference between groups to state."
    return table, problem if found == 1 else None


def _too_little(count_accounts: int, count_left: int) -> str:
    if count_accounts < MIN_ACCOUNTS:
        return f"fewer than {MIN_ACCOUNTS} accounts"
    return f"fewer than {MIN_EVENTS} departures" if count_left < MIN_EVENTS else ""


def _fill(table: pd.DataFrame, counted: dict[str, MonthCounts]) -> int:
    """Write the estimates of the groups that have one, in place; returns how many there are."""
    horizon = min((until_few_at_risk(counts) for counts in counted.values()), default=0)
    estimates = {group: restricted_mean(counts, horizon) for group, counts in counted.items()}
    # Without an error (all stay until the same month) there is no interval, and a difference would look certain.
    found = {group: estimate for group, estimate in estimates.items() if estimate[1] > 0}
    table.loc[table["group"].isin(set(estimates) - set(found)), "note"] = "no spread in the months stayed"
    if not found:
        return 0
    scored = [group for group in found if group != "silent"]
    reference = (scored or list(found))[-1]
    for row, group in enumerate(table["group"]):
        if group not in found:
            continue
        mean, error = found[group]
        ends = (max(mean - Z_95 * error, 0.0), min(mean + Z_95 * error, float(horizon)))
        table.loc[row, ["horizon_months", "mean_months", "ci_low", "ci_high"]] = (horizon, mean, *ends)
        if group == reference:
            continue
        difference, spread = mean - found[reference][0], float(np.hypot(error, found[reference][1]))
        table.loc[row, "compared_with"] = reference
        table.loc[row, ["difference_months", "difference_low", "difference_high", "p_value"]] = (
            difference,
            difference - Z_95 * spread,
            difference + Z_95 * spread,
            float(2 * norm.sf(abs(difference) / spread)),
        )
    return len(found)
