"""The demo's company: the closed cohort of `simulate`, then customers who join later, some gamed, and some who return.

Belongs here: who comes after the first month, and joining their histories to the first cohort's.
Does not belong here: what anybody does (`process.py`), the truth of an uplift (`truth.py`, of the first cohort only).

The first cohort's rows and draws stay as they are, and stand first in every frame. Who joins lives by the same laws,
with a tenure of 0. Two small groups do not: of `GAMED_ACCOUNTS` accounts every contact answers every invitation with a
10, whatever it thinks, because an account manager fills the survey in; and who returns stays until history ends.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from roi_models.simulate.frames import Simulation
from roi_models.simulate.parameters import Parameters

JOINING_EVERY_MONTHS = 6
JOINING_SHARE = 0.01
GAMED_ACCOUNTS = 6
_GAMED_SEED, _JOINING_SEED = 500_000, 1_000_000
RETURNING_SHARE = 0.01
# They return for the last months; who returns has been away for half a year at least.
RETURNED_MONTHS, AWAY_MONTHS = 4, 6
_ANSWER_SECONDS, _RECORD_SECONDS = 3 * 3_600, 5
# Columns that number rows of other frames, and the frame whose rows they number.
_KEYS = {"account": "accounts", "contact": "contacts", "answer": "answers", "rating": "brand_ratings"}
_JOINED = (
    "accounts",
    "contacts",
    "account_months",
    "churn_events",
    "invitations",
    "answers",
    "tickets",
    "brand_ratings",
    "follow_ups",
)


def later_cohorts(seed: int, accounts: int, months: int) -> list[tuple[int, int, int, bool]]:
    """(seed, first month, accounts, whether they are gamed) of who joins a company of so many accounts."""
    joining = max(round(JOINING_SHARE * accounts), 1)
    starts = range(JOINING_EVERY_MONTHS, months, JOINING_EVERY_MONTHS)
    cohorts = [(seed + _JOINING_SEED + start, start, joining, False) for start in starts]
    return cohorts + [(seed + _GAMED_SEED + start, start, GAMED_ACCOUNTS, True) for start in starts[:1]]


def newcomers(parameters: Parameters) -> Parameters:
    """Parameters of those who join: the same laws, a tenure of 0."""
    return replace(parameters, tenure_start_max=0)


def gamed(simulation: Simulation) -> Simulation:
    """The same customers, for whom somebody answers every invitation with a 10."""
    end = simulation.month_starts[-1].astype("datetime64[s]")
    left_at = simulation.accounts["event_date"].fillna(pd.Timestamp("9999-12-31")).to_numpy(dtype="datetime64[s]")
    sent = simulation.invitations
    answered_at = sent["invited_at"].to_numpy(dtype="datetime64[s]") + _ANSWER_SECONDS
    rows = sent.assign(
        answered_at=answered_at,
        recorded_at=answered_at + _RECORD_SECONDS,
        score=np.int8(10),
        survey="relationship",
    )
    rows = rows[(answered_at + _RECORD_SECONDS < end) & (answered_at < left_at[sent["account"]])]
    rows = rows.reset_index(drop=True)
    rows.insert(0, "answer", np.arange(len(rows)))
    return replace(
        simulation,
        accounts=simulation.accounts.assign(is_gamed=True),
        answers=rows[simulation.answers.columns],
        follow_ups=simulation.follow_ups.iloc[:0],
    )


def joined(base: Simulation, later: Simulation, *, month: int) -> Simulation:
    """`later`, whose first month is `base`'s month number `month`, appended to it with new numbers."""
    first = {column: len(getattr(base, frame)) for column, frame in _KEYS.items()}
    first["rating"] = int(base.brand_ratings["rating"].max()) + 1 if len(base.brand_ratings) else 0
    frames, parts = {}, {}
    for name in _JOINED:
        before, after = getattr(base, name), getattr(later, name)
        moved = {column: after[column] + first[column] for column in first if column in after}
        if "month" in after:
            moved["month"] = after["month"] + month
        if name == "accounts":
            left = after["event_month"] >= 0
            moved["event_month"] = after["event_month"].where(~left, after["event_month"] + month)
            moved["tenure_start"] = after["tenure_start"] - month
        frames[name] = pd.concat([before, after.assign(**moved).astype(before.dtypes)], ignore_index=True)
        parts[name] = (*base.part_sizes(name), len(after))
    return replace(base, **frames, parts=parts)


def with_returns(simulation: Simulation) -> Simulation:
    """Some of those who had left on their own come back for the last months, at what they paid last."""
    months, accounts, panel = len(simulation.month_starts) - 1, simulation.accounts, simulation.account_months
    first_month = months - RETURNED_MONTHS
    left = accounts[(accounts["event_kind"] == "voluntary") & (accounts["event_month"] < first_month - AWAY_MONTHS)]
    # The very first leaver hosts a planted row of the demo.
    left = left.sort_values(["event_date", "account"])["account"].to_numpy()[1:]
    wanted = max(round(RETURNING_SHARE * len(accounts)), 1)
    chosen = np.sort(left[:: max(len(left) // wanted, 1)][:wanted])
    last = panel.drop_duplicates("account", keep="last").set_index("account").loc[chosen].reset_index()
    rows = [
        last.assign(
            month=month,
            tenure=last["tenure"] + (month - last["month"]),
            renewal=False,
            voluntary=False,
            involuntary=False,
            has_decided=False,
            movement=0,
            is_returned=True,
        )
        for month in range(first_month, months)
    ]
    returned = pd.concat(rows, ignore_index=True)[panel.columns].astype(panel.dtypes)
    parts = {name: simulation.part_sizes(name) for name in _JOINED}
    parts["account_months"] = (*parts["account_months"], len(returned))
    return replace(simulation, account_months=pd.concat([panel, returned], ignore_index=True), parts=parts)
