"""Answers laid out as people × months and accounts × months, and what a month at risk sees of them at the headline lag.

Belongs here: numbering, spreading, carrying the latest answer forward by the warehouse's own rule.
Does not belong here: moments of these tables (`answer_history.py`), covariates of account-months (the warehouse).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

DAYS_PER_MONTH = 365.25 / 12
ANSWER_COLUMNS = [
    "account_id", "account_group", "contact_key", "contact_role", "answer_month", "first_month", "last_month",
    "score", "tenure_step", "is_renewal", "control_key",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTables:
    """`rows`: the answers, sorted, with the numbers of account, contact, group and month (from 0), and `is_at_risk`.

    `account_of`: account of each contact; contacts stand in the order of their accounts. `group_of`: group of each
    account. `is_present` (accounts × months): between the account's first and last month at risk.
    """

    rows: pd.DataFrame
    account_of: np.ndarray
    group_of: np.ndarray
    is_present: np.ndarray
    count_groups: int

    def spread(self, rows: pd.DataFrame, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sums of these rows' values, and their number, by contact and month."""
        shape = len(self.account_of), self.is_present.shape[1]
        cell = rows["contact"].to_numpy() * shape[1] + rows["month"].to_numpy()
        size = shape[0] * shape[1]
        total, count = np.bincount(cell, weights=values, minlength=size), np.bincount(cell, minlength=size)
        return total.reshape(shape), count.reshape(shape).astype(float)

    def group_sums(self, by_account: np.ndarray) -> np.ndarray:
        """Sums over the accounts of each group."""
        return np.bincount(self.group_of, weights=by_account, minlength=self.count_groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What each month at risk sees. By contact and month: `is_seen`, `score` and `age` (months) of the latest answer
    that counts; by account and month: their `total`, `count`, and the score's `states`."""

    is_seen: np.ndarray
    score: np.ndarray
    age: np.ndarray
    total: np.ndarray
    count: np.ndarray
    states: np.ndarray
    longest: int

    def ages(self, tables: AnswerTables, weight: np.ndarray) -> np.ndarray:
        """Ages of the answers seen (groups × months of age), an account-month (`weight`) shared among its people."""
        shared = weight / np.maximum(self.count, 1.0)
        per_person = shared[tables.account_of]
        cell = tables.group_of[tables.account_of][:, None] * (self.longest + 1) + self.age
        return np.bincount(
            cell[self.is_seen], weights=per_person[self.is_seen], minlength=tables.count_groups * (self.longest + 1)
        ).reshape(tables.count_groups, -1)


def lay_out(answers: pd.DataFrame, groups: np.ndarray) -> AnswerTables:
    """Number the answers, one row each with `ANSWER_COLUMNS`, of accounts whose group is among `groups` (sorted).

    Months are counted (year · 12 + month). `tenure_step`, `is_renewal`, `control_key` are of the month of the answer,
    None where the account was not at risk in it; `first_month`, `last_month` are the account's at risk.
    """
    rows = answers[answers["account_group"].isin(groups) & answers["last_month"].notna()]
    # Sorted, so that no sum hangs on the order in which answers arrive.
    rows = rows.sort_values(["account_id", "contact_key", "answer_month", "score"], kind="stable", ignore_index=True)
    origin = int(min(rows["answer_month"].min(), rows["first_month"].min()))
    months = int(max(rows["answer_month"].max(), rows["last_month"].max())) - origin + 1
    account = pd.factorize(rows["account_id"])[0]
    contact = rows.groupby(["account_id", "contact_key"], sort=True).ngroup().to_numpy()
    group = np.searchsorted(groups, rows["account_group"].to_numpy())
    one_each = np.unique(account, return_index=True)[1]
    month = np.arange(months)
    span = rows.loc[one_each, ["first_month", "last_month"]].to_numpy(int) - origin
    rows = rows.assign(
        score=rows["score"].astype(float),
        contact_role=rows["contact_role"].fillna("unknown"),
        is_at_risk=rows["tenure_step"].notna(),
        account=account,
        contact=contact,
        group=group,
        month=rows["answer_month"].to_numpy(int) - origin,
    )
    return AnswerTables(
        rows=rows,
        account_of=account[np.unique(contact, return_index=True)[1]],
        group_of=group[one_each],
        is_present=((month >= span[:, :1]) & (month <= span[:, 1:])).astype(float),
        count_groups=len(groups),
    )


def people_sums(tables: AnswerTables, by_contact: np.ndarray) -> np.ndarray:
    """Sum contacts × months to accounts × months."""
    starts = np.searchsorted(tables.account_of, np.arange(len(tables.group_of)))
    return np.add.reduceat(by_contact, starts, axis=0)


def see(tables: AnswerTables, *, lag: int, fresh_days: int, stale_days: int) -> Sight:
    """Carry every answer from the month after it was known to the person's next one, as long as it counts; a month at
    risk sees it `lag` − 1 months later."""
    total, count = tables.spread(tables.rows, tables.rows["score"].to_numpy())
    months = count.shape[1]
    month = np.arange(months)
    latest = np.maximum.accumulate(np.where(count > 0, month, -1), axis=1)
    seen = np.full_like(latest, -1)
    if lag < months:
        seen[:, lag:] = latest[:, : months - lag]
    kept, fresh = (max(round(days / DAYS_PER_MONTH), 1) for days in (stale_days, fresh_days))
    longest = kept + lag - 1
    age = month - seen
    is_seen = (seen >= 0) & (age <= longest)
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    score = np.where(is_seen, np.take_along_axis(mean, np.maximum(seen, 0), axis=1), 0.0)
    heard = people_sums(tables, is_seen.astype(float))
    is_fresh = people_sums(tables, (is_seen & (age <= fresh + lag - 1)).astype(float)) > 0
    return Sight(
        is_seen=is_seen,
        score=score,
        age=np.where(is_seen, age, 0),
        total=people_sums(tables, score),
        count=heard,
        states=np.where(heard == 0, "silent", np.where(is_fresh, "fresh", "stale")),
        longest=longest,
    )
