"""Accounts counted by month: at risk and leaving, exact with ties and with entry after month 0.

Belongs here: the counts that survival estimators share, Kaplan–Meier from them, the interval that all of them use, the
order of groups, and how few accounts or events are too few for a number.
Does not belong here: what is estimated from the counts (`competing_risks.py`, `restricted_mean.py`,
`tenure_survival.py`, `extrapolation.py`).

An account is at risk in the months entry + 1 … exit; a departure falls in the last of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

Z_95 = 1.959963984540054
# Below this many accounts at risk one departure moves a curve by more than a tenth.
MIN_AT_RISK = 10
# Groups smaller than this are left out of estimates: their intervals would cover almost any answer.
MIN_ACCOUNTS = 20
GROUP_ORDER = ("promoter", "passive", "detractor", "high", "middle", "low", "silent")
EVERYBODY = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCounts:
    """Counts of months 1 … T. `events` is months × causes, in the order of `causes`."""

    month: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    causes: tuple[str, ...]

    @property
    def left(self) -> np.ndarray:
        """Departures of any cause, by month."""
        return self.events.sum(axis=1)


def count_months(
    exit_month: np.ndarray, cause: pd.Series, entry_month: np.ndarray | None = None, causes: Sequence[str] = ()
) -> MonthCounts:
    """Count accounts by month. `cause` is null where an account did not leave; `causes` are listed even if absent."""
    exit_month = np.asarray(exit_month, dtype=int)
    entry = np.zeros(len(exit_month), dtype=int) if entry_month is None else np.asarray(entry_month, dtype=int)
    names = tuple(causes) or tuple(sorted(cause.dropna().unique()))
    length = int(exit_month.max()) + 1 if len(exit_month) else 1
    entered = np.cumsum(np.bincount(entry + 1, minlength=length + 1)[:length])
    gone = np.cumsum(np.bincount(exit_month + 1, minlength=length + 1)[:length])
    events = [np.bincount(exit_month[(cause == name).to_numpy()], minlength=length) for name in names]
    return MonthCounts(
        month=np.arange(1, length),
        at_risk=(entered - gone)[1:],
        events=np.column_stack(events)[1:] if events else np.zeros((length - 1, 0), dtype=int),
        causes=names,
    )


def kaplan_meier(counts: MonthCounts) -> tuple[np.ndarray, np.ndarray]:
    """Survival at the end of months 1 … T and its standard error (Greenwood); every month needs somebody at risk."""
    staying = 1 - counts.left / counts.at_risk
    survival = np.cumprod(staying)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(counts.left / (counts.at_risk * (counts.at_risk - counts.left)))
        # Once everybody has left, survival is nil and no error can be stated for it.
        std_error = np.where(survival > 0, survival * np.sqrt(greenwood), np.nan)
    return survival, std_error


def log_minus_log_interval(share: np.ndarray, std_error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95% limits of a share that stay inside 0 … 1; none where the share is 0 or 1 or has no error.

    A curve without events would else get an interval of no width, which says "certain" where it means "unknown".
    """
    share, std_error = np.asarray(share, dtype=float), np.asarray(std_error, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.exp(Z_95 * std_error / (share * np.abs(np.log(share))))
        low, high = share**factor, share ** (1 / factor)
    known = (share > 0) & (share < 1) & (std_error > 0)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def until_few_at_risk(counts: MonthCounts) -> int:
    """How many months, from the first on, have at least `MIN_AT_RISK` accounts at risk."""
    few = np.flatnonzero(counts.at_risk < MIN_AT_RISK)
    return int(few[0]) if len(few) else len(counts.month)


def ordered_groups(landmark: pd.DataFrame) -> list[str]:
    """Groups present, best first, silent last; an unknown one goes to the end."""
    rank = {group: position for position, group in enumerate(GROUP_ORDER)}
    present = landmark["score_group"].unique().tolist() if len(landmark) else []
    return sorted(present, key=lambda group: (rank.get(group, len(rank)), group))


def any_departure(landmark: pd.DataFrame) -> pd.Series:
    """'left' where an account left for whatever cause, else null: money is gone either way."""
    return landmark["churn_kind"].notna().map({True: "left", False: None})
