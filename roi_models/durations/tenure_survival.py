"""Survival by tenure of accounts that history did not meet as new: delayed entry.

Belongs here: Kaplan–Meier on the scale of tenure, each account at risk only from the tenure it had at the landmark.
Does not belong here: curves since the landmark (`survival.py`), slopes on this scale (`cox_check.py`).

Counting such accounts from tenure 0 would credit them with years in which they could not have been seen to leave. Nor
is lifelines' Cox baseline used: it ignores entry.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.durations.followed import TENURE_COLUMNS
from roi_models.durations.grouped_months import (
    MIN_AT_RISK,
    MonthCounts,
    any_departure,
    count_months,
    kaplan_meier,
    log_minus_log_interval,
    until_few_at_risk,
)
from roi_models.hazards.design import MIN_EVENTS


def survival_by_tenure(landmark: pd.DataFrame) -> tuple[pd.DataFrame, str | None]:
    """Share still here at the end of each month of tenure, of accounts that reached the first month shown.

    `landmark`: tenure_months (at the landmark), duration_months, churn_kind. Shown is the first stretch of months with
    enough accounts at risk: with two at risk one departure would halve all that follows.
    """
    nothing, entry = pd.DataFrame(columns=TENURE_COLUMNS), landmark["tenure_months"].to_numpy(int)
    counts = count_months(entry + landmark["duration_months"].to_numpy(int), any_departure(landmark), entry)
    enough = np.flatnonzero(counts.at_risk >= MIN_AT_RISK)
    if len(enough) == 0 or counts.left.sum() < MIN_EVENTS:
        return nothing, "Too few accounts of any one age were followed to show survival by tenure."
    counts = _from(counts, int(enough[0]))
    length = until_few_at_risk(counts)
    survival, std_error = kaplan_meier(_until(counts, length))
    low, high = log_minus_log_interval(survival, std_error)
    frame = pd.DataFrame(
        {
            "tenure_month": counts.month[:length],
            "survival": survival,
            "ci_low": low,
            "ci_high": high,
            "count_at_risk": counts.at_risk[:length],
            "count_left": counts.left[:length],
        }
    )
    return frame[TENURE_COLUMNS], None


def _from(counts: MonthCounts, first: int) -> MonthCounts:
    return MonthCounts(
        month=counts.month[first:], at_risk=counts.at_risk[first:], events=counts.events[first:], causes=counts.causes
    )


def _until(counts: MonthCounts, length: int) -> MonthCounts:
    return MonthCounts(
        month=counts.month[:length],
        at_risk=counts.at_risk[:length],
        events=counts.events[:length],
        causes=counts.causes,
    )
