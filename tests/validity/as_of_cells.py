"""The as-of scores and hazard cells of a simulation, made with numpy and pandas, without SQL: the oracle of dbt's.

Belongs here: what an account's score was when a month began, from answers known strictly before, and the cells, control
levels and active accounts that the models read.
Does not belong here: drawing (`roi_models/simulate`), fitting (`roi_models`), whether anything holds (the tests).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from orchestration.demo.identity import account_id
from orchestration.profiles import MetricsConfig
from roi_models.simulate import RATE_UNIT, Simulation, dollar_cents, retention_features

NO_ANSWER = -1
SEGMENT_NAMES = {"ENT": "Enterprise", "MID": "Mid-Market", "SMB": "SMB"}
CELL_KEYS = ["account_group", "score_state", "score_bin", "tenure_step", "is_renewal", "control_key"]
COUNTS = {
    "count_at_risk": "is_at_risk",
    "count_voluntary": "voluntary",
    "count_involuntary": "involuntary",
    "count_churned": "is_churned",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountScores:
    """Scores at the beginning of each month: arrays of accounts × (months + 1), the last column the month after the
    last. Where an account is silent, `score` is NaN and `age_days` is `NO_ANSWER`."""

    score: np.ndarray
    age_days: np.ndarray
    fresh_days: int

    def at(self, account: np.ndarray, month: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Score, age, state ('fresh', 'stale', 'silent') of account-months; before the first month all are silent."""
        is_known = month >= 0
        column = np.where(is_known, month, 0)
        age = np.where(is_known, self.age_days[account, column], NO_ANSWER)
        score = np.where(age == NO_ANSWER, np.nan, self.score[account, column])
        state = np.where(age == NO_ANSWER, "silent", np.where(age <= self.fresh_days, "fresh", "stale"))
        return score, age, state


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAnswers:
    """Each contact's latest answer at the beginning of each month: arrays of contacts × (months + 1).

    `age_days` is `NO_ANSWER` where there is none that still counts.
    """

    account: np.ndarray
    score: np.ndarray
    age_days: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What a company would know of one simulation, and the frames that the models read of it."""

    simulation: Simulation
    latest: ContactAnswers
    scores: AccountScores
    months: pd.DataFrame
    cells: pd.DataFrame
    control_levels: pd.DataFrame


def observe(
    simulation: Simulation, metrics: MetricsConfig, *, lags: Sequence[int], answers: pd.DataFrame | None = None
) -> Observed:
    """Build everything as a profile's metrics.yml says; `answers` stand in for the simulation's own."""
    if answers is None:
        _, answers = retention_features(simulation)
    latest = contact_answers(simulation, answers, stale_days=metrics.stale_days)
    scores = account_scores(simulation, latest, fresh_days=metrics.fresh_days)
    months = account_months(simulation, metrics)
    return Observed(
        simulation=simulation,
        latest=latest,
        scores=scores,
        months=months,
        cells=hazard_cells(months, scores, lags=lags, bin_width=float(metrics.primary.bin_width)),
        control_levels=control_levels(simulation, months),
    )


def contact_answers(simulation: Simulation, answers: pd.DataFrame, *, stale_days: int) -> ContactAnswers:
    """Carry every answer from the month after it was known to the contact's next one, as long as it counts.

    `answers`: contact, answered_at, recorded_at, score.
    """
    starts = simulation.month_starts
    contacts = len(simulation.contacts)
    known_at = np.maximum(answers["answered_at"].to_numpy(), answers["recorded_at"].to_numpy())
    rows = pd.DataFrame(
        {
            "contact": answers["contact"].to_numpy(),
            # side="right": an answer at the very instant that a month begins is known only in the month after.
            "visible_from": np.searchsorted(starts.astype("datetime64[s]"), known_at, side="right"),
            "known_at": known_at,
            "day": known_at.astype("datetime64[D]").astype(np.int64),
            "score": answers["score"].to_numpy(float),
        }
    )
    rows = rows[rows["visible_from"] < len(starts)].sort_values(["contact", "known_at"], kind="stable")
    rows = rows.drop_duplicates(["contact", "visible_from"], keep="last")
    place = rows["contact"].to_numpy(), rows["visible_from"].to_numpy()
    latest = np.full((contacts, len(starts)), -1)
    latest[place] = np.arange(len(rows))
    # Row numbers rise within a contact, so the running maximum is the latest answer so far.
    latest = np.maximum.accumulate(latest, axis=1)
    age = starts.astype(np.int64) - rows["day"].to_numpy()[latest]
    counts = (latest >= 0) & (age <= stale_days)
    return ContactAnswers(
        account=simulation.contacts["account"].to_numpy(),
        score=np.where(counts, rows["score"].to_numpy()[latest], np.nan),
        age_days=np.where(counts, age, NO_ANSWER),
    )


def account_scores(simulation: Simulation, latest: ContactAnswers, *, fresh_days: int) -> AccountScores:
    """Average the contacts' counting answers; the newest of them says how fresh the account is."""
    shape = len(simulation.accounts), len(simulation.month_starts)
    score, newest = np.full(shape, np.nan), np.full(shape, NO_ANSWER)
    for month in range(shape[1]):
        heard = latest.age_days[:, month] != NO_ANSWER
        account = latest.account[heard]
        count = np.bincount(account, minlength=shape[0])
        total = np.bincount(account, weights=latest.score[heard, month], minlength=shape[0])
        youngest = np.full(shape[0], np.iinfo(np.int64).max)
        np.minimum.at(youngest, account, latest.age_days[heard, month])
        is_heard = count > 0
        # Four decimals, because the warehouse keeps a score so.
        score[is_heard, month] = np.round(total[is_heard] / count[is_heard], 4)
        newest[is_heard, month] = youngest[is_heard]
    return AccountScores(score=score, age_days=newest, fresh_days=fresh_days)


def account_months(simulation: Simulation, metrics: MetricsConfig) -> pd.DataFrame:
    """The account-months at risk with everything but the score: account, month, voluntary, involuntary, is_churned,
    tenure, tenure_step, is_renewal, price_bin, segment_name, control_key, account_group, mrr_cents (dollars)."""
    features, _ = retention_features(simulation)
    steps = np.array(metrics.tenure_steps)
    labels = np.array([f"t{lower:03d}" for lower in metrics.tenure_steps])
    edges = np.array([float(edge) for edge in metrics.controls["price_index"].edges])
    groups = np.array([account_group(number) for number in range(len(simulation.accounts))])
    # The CRM states prices with four decimals.
    price_bin = np.char.add("b", np.searchsorted(edges, features["price"].round(4), side="right").astype(str))
    segment = features["segment"].map(SEGMENT_NAMES)
    return features.assign(
        is_at_risk=True,
        is_churned=features["voluntary"] | features["involuntary"],
        tenure_step=labels[np.searchsorted(steps, features["tenure"], side="right") - 1],
        is_renewal=features["renewal"],
        price_bin=price_bin,
        segment_name=segment,
        control_key="price_index=" + pd.Series(price_bin, index=segment.index) + "|segment=" + segment,
        account_group=groups[features["account"]],
        mrr_cents=_dollars(simulation, features),
    )


def account_group(number: int) -> int:
    """The account's group of 256: the first byte of the md5 hash of its id."""
    return hashlib.md5(account_id(number).encode()).digest()[0]


def hazard_cells(months: pd.DataFrame, scores: AccountScores, *, lags: Sequence[int], bin_width: float) -> pd.DataFrame:
    """Cells as agg_hazard_cells has them: one row per lag, account group and covariates."""
    frames = []
    for lag in lags:
        score, _, state = scores.at(months["account"].to_numpy(), months["month"].to_numpy() - (lag - 1))
        is_silent = np.isnan(score)
        bins = np.floor(np.nan_to_num(score) / bin_width).astype(int).astype(str)
        binned = months.assign(score=np.nan_to_num(score), score_state=state, score_bin=np.where(is_silent, "", bins))
        sums = {name: (column, "sum") for name, column in COUNTS.items()}
        cells = binned.groupby(CELL_KEYS, as_index=False).agg(
            **sums, score_sum=("score", "sum"), mrr_sum=("mrr_cents", "sum")
        )
        frames.append(cells.assign(lag=lag, score_sum=cells["score_sum"].round(4), mrr_sum=cells["mrr_sum"] / 100))
    return pd.concat(frames, ignore_index=True)


def control_levels(simulation: Simulation, months: pd.DataFrame) -> pd.DataFrame:
    """Levels as agg_control_levels has them, a bin's mean taken over account-months."""
    price = simulation.accounts["price"].round(4).to_numpy()[months["account"]]
    bins = months.assign(price=price).groupby("price_bin")["price"].agg(["mean", "size"])
    segments = months.groupby("segment_name").size()
    columns = ["control_id", "level", "kind", "mean_value", "count_account_months"]
    rows = [
        ("price_index", level, "continuous", round(row["mean"], 6), int(row["size"])) for level, row in bins.iterrows()
    ]
    rows += [("segment", level, "categorical", np.nan, int(count)) for level, count in segments.items()]
    return pd.DataFrame(rows, columns=columns)


def active_accounts(simulation: Simulation, months: pd.DataFrame, scores: AccountScores) -> pd.DataFrame:
    """Accounts that remain after the last month, as the business case reads them from dim_accounts."""
    end = len(simulation.month_starts) - 1
    last = months[(months["month"] == end - 1) & ~months["is_churned"]]
    score, _, state = scores.at(last["account"].to_numpy(), np.full(len(last), end))
    tenure = last["tenure"].to_numpy() + 1
    panel = simulation.account_months
    came_back = panel[panel["is_returned"]].groupby("account")["month"].min()
    # Who came back has a term since then; everybody else's began with the tenure.
    in_term = (end - last["account"].map(came_back)).fillna(pd.Series(tenure, index=last.index)).to_numpy(int)
    return pd.DataFrame(
        {
            "account_id": [account_id(number) for number in last["account"]],
            "segment": last["segment_name"].to_numpy(),
            "mrr_amount": last["mrr_cents"].to_numpy() / 100,
            "score": score,
            "score_state": state,
            "tenure_months": tenure,
            "months_to_renewal": (-in_term) % 12 + 1,
            "control_key": last["control_key"].to_numpy(),
        }
    ).sort_values("account_id", ignore_index=True)


def current_answers(simulation: Simulation, latest: ContactAnswers) -> pd.DataFrame:
    """Each contact's answer that counts after the last month: account_id, score."""
    heard = latest.age_days[:, -1] != NO_ANSWER
    return pd.DataFrame(
        {
            "account_id": [account_id(number) for number in latest.account[heard]],
            "score": [Decimal(int(score)) for score in latest.score[heard, -1]],
        }
    )


def _dollars(simulation: Simulation, features: pd.DataFrame) -> np.ndarray:
    """Bills in cents of a dollar at the rate of their month."""
    rates = simulation.fx_rates.pivot(index="month", columns="currency_code", values="rate")
    is_euro = (simulation.accounts["currency_code"] == "EUR").to_numpy()[features["account"]]
    rate = np.where(is_euro, rates["EUR"].to_numpy()[features["month"]], RATE_UNIT)
    return dollar_cents(features["mrr_cents"].to_numpy(), rate)
