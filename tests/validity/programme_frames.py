"""Frames of programme effects from a simulation, and both potential outcomes of the same accounts.

Belongs here: the counterpart in pandas of the queries in `orchestration/programme.py`.
Does not belong here: estimating (`roi_models`), the seeds and values of a test (`declared.py`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from roi_models.programmes.programme_results import Windows
from roi_models.simulate import Parameters, Simulation, simulate


def months_of(simulation: Simulation, times: pd.Series) -> np.ndarray:
    """Number of the calendar month in which a time lies."""
    return (
        np.searchsorted(simulation.month_starts.astype("datetime64[s]"), times.to_numpy("datetime64[s]"), "right") - 1
    )


def first_cases(simulation: Simulation) -> pd.DataFrame:
    """Each account's first case while it was a customer: account, is_treated, case_month, trigger_score."""
    end = pd.Timestamp(simulation.month_starts[-1])
    cases = simulation.follow_ups[simulation.follow_ups["opened_at"] < end]
    cases = cases.assign(case_month=months_of(simulation, cases["opened_at"]))
    cases = cases.sort_values(["opened_at", "answer"]).drop_duplicates("account")
    cases["trigger_score"] = simulation.answers.set_index("answer")["score"].loc[cases["answer"]].to_numpy(dtype=float)
    left = simulation.accounts["event_date"].loc[cases["account"]].to_numpy()
    stays = pd.isna(left) | (left > cases["opened_at"].to_numpy().astype("datetime64[D]"))
    return cases[stays].sort_values("account", ignore_index=True)


def programme_frames(simulation: Simulation, windows: Windows) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`cases` and `panel` as `roi_models/programmes/programme_results.py` describes them."""
    cases, last = first_cases(simulation), len(simulation.month_starts) - 2
    account = cases["account"].to_numpy()
    answers = simulation.answers[simulation.answers["survey"] == "relationship"]
    answers = answers.assign(month=months_of(simulation, answers["answered_at"]))
    around = answers.merge(cases[["account", "case_month", "is_treated"]], on="account")
    around["after"] = around["month"] - around["case_month"]
    around = around[(around["month"] <= last)]
    window = around["after"].between(1, windows.score_months)
    score_after = around[window].groupby("account")["score"].mean().reindex(account).to_numpy()
    prior = around[around["after"].between(-12, -1)].groupby("account")["score"].mean().reindex(account).to_numpy()
    paid = simulation.account_months.set_index(["account", "month"])["mrr_cents"] / 100
    paid = paid[~paid.index.duplicated()]

    def paid_in(months: np.ndarray) -> np.ndarray:
        return paid.reindex(pd.MultiIndex.from_arrays([account, months])).to_numpy(dtype=float)

    events = simulation.accounts.loc[account]
    is_within = (events["event_month"] >= 0) & (
        events["event_month"].to_numpy() <= cases["case_month"].to_numpy() + windows.departure_months
    ).astype(bool)
    case_month = cases["case_month"].to_numpy()
    frame = pd.DataFrame(
        {
            "account_id": account,
            "is_treated": cases["is_treated"].to_numpy(),
            "is_mixed_arm": False,
            "count_months_after": last - case_month,
            "trigger_score": cases["trigger_score"].to_numpy(),
            "prior_score": prior,
            "mrr_amount": paid_in(case_month),
            "tenure_months": events["tenure_start"].to_numpy() + case_month,
            "score_after": score_after,
            "is_departed": (is_within & (events["event_kind"] == "voluntary")).to_numpy(),
            "is_departed_otherwise": (is_within & (events["event_kind"] == "involuntary")).to_numpy(),
            "mrr_after_amount": np.nan_to_num(paid_in(case_month + windows.departure_months)),
        }
    )
    return frame, _panel(around, last, windows)


def _panel(around: pd.DataFrame, last: int, windows: Windows) -> pd.DataFrame:
    rows = around[(around["after"] != 0) & (around["case_month"] + windows.score_months <= last)]
    quarters = np.where(rows["after"] < 0, np.floor(rows["after"] / 3), np.ceil(rows["after"] / 3)).astype(int)
    rows = rows.assign(quarter=quarters)
    rows = rows[rows["quarter"].between(-4, -(-windows.score_months // 3))]
    means = rows.groupby(["account", "is_treated", "quarter"], as_index=False)["score"].mean()
    return means.rename(columns={"account": "account_id"})


def potential_outcomes(
    *, seed: int, accounts: int, months: int, windows: Windows, switches: frozenset[str] = frozenset()
) -> dict[str, tuple[float, float]]:
    """Outcome → (true effect, its standard error): everybody treated less nobody treated, the same draws in both.

    An account's first case comes before anything that its arm could change, so it is the same in both worlds.
    """
    worlds = [
        programme_frames(
            simulate(
                seed=seed,
                accounts=accounts,
                months=months,
                switches=switches,
                parameters=replace(Parameters(), treated_share=share),
            ),
            windows,
        )[0].set_index("account_id")
        for share in (1.0, 0.0)
    ]
    treated, control = worlds
    assert treated.index.equals(control.index)
    truth = {}
    for name, window in (("score_after", windows.score_months), ("is_departed", windows.departure_months)):
        kept = treated["count_months_after"] >= window
        arms = [world.loc[kept, name].astype(float) for world in worlds]
        difference = (arms[0] - arms[1]).dropna()
        effect = arms[0].mean() - arms[1].mean()
        truth[name] = (float(effect), float(difference.std() / np.sqrt(len(difference))))
    return truth
