"""Accounts of several people whose satisfaction moves, answers that are noisy and age, and a planted slope."""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.hazards.hazard import fit_hazard
from roi_models.results import HazardFit

LAG, KEPT_DAYS, FRESH_DAYS = 3, 365, 183
NO_LEVELS = pd.DataFrame(columns=["control_id", "level", "kind", "mean_value"])


def answered_panel(
    *,
    seed: int,
    slope: float = -0.25,
    n_accounts: int = 2_000,
    n_months: int = 30,
    people: int = 3,
    noise_sd: float = 1.2,
    satisfaction_sd: float = 1.4,
    persistence: float = 0.95,
    every: int = 3,
    hazard: float = 0.015,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hazard cells at lag 3 and the answer history. Half of satisfaction's variance lasts, half is AR(1); the log
    hazard has `slope` per point of the month's satisfaction. All are asked every `every` months, one in two answers.
    """
    rng = np.random.default_rng(seed)
    lasting = rng.normal(0, satisfaction_sd * 0.5**0.5, n_accounts)
    moving = rng.normal(0, satisfaction_sd * 0.5**0.5, n_accounts)
    style = rng.normal(0, 0.5, (n_accounts, people))
    wave, is_here = rng.integers(0, every, n_accounts), np.ones(n_accounts, dtype=bool)
    last = np.full(n_accounts, n_months - 1)
    scores, ages = np.full((n_months + 1, n_accounts, people), np.nan), np.full((n_accounts, people), 10_000)
    latest = np.full((n_accounts, people), np.nan)
    answers, months = [], []
    for month in range(n_months):
        innovation = rng.normal(0, satisfaction_sd * (0.5 * (1 - persistence**2)) ** 0.5, n_accounts)
        moving = persistence * moving + innovation
        satisfaction = 7 + lasting + moving
        seen = scores[max(month - (LAG - 1), 0)] if month >= LAG else np.full((n_accounts, people), np.nan)
        heard = (~np.isnan(seen)).sum(axis=1)
        score = np.nansum(seen, axis=1) / np.maximum(heard, 1)
        left = is_here & (rng.random(n_accounts) < -np.expm1(-hazard * np.exp(slope * (satisfaction - 7))))
        months.append(
            pd.DataFrame(
                {
                    "account": np.flatnonzero(is_here),
                    "score": score[is_here].round(4),
                    "score_state": np.where(heard[is_here] > 0, "fresh", "silent"),
                    "left": left[is_here],
                }
            )
        )
        asked = is_here[:, None] & (wave[:, None] == month % every) & (rng.random((n_accounts, people)) < 0.5)
        value = satisfaction[:, None] + style + rng.normal(0, noise_sd, (n_accounts, people))
        account, person = np.nonzero(asked)
        answers.append(
            pd.DataFrame(
                {"account": account, "contact_key": person, "answer_month": month, "score": value[asked].round(2)}
            )
        )
        latest, ages = np.where(asked, value, latest), np.where(asked, 0, ages) + 1
        scores[month + 1] = np.where(ages <= 12, latest, np.nan)
        last[left] = month
        is_here &= ~left
    return _cells(pd.concat(months)), _history(pd.concat(answers, ignore_index=True), last)


def fitted(cells: pd.DataFrame) -> HazardFit:
    """The observed hazard model of the panel."""
    return fit_hazard(cells, NO_LEVELS, outcome="voluntary", lag=LAG)


def _cells(months: pd.DataFrame) -> pd.DataFrame:
    is_silent = months["score_state"] == "silent"
    frame = months.assign(
        account_group=months["account"] % 256,
        score=months["score"].where(~is_silent, 0.0),
        score_bin=np.where(is_silent, "", np.floor(months["score"] * 4).astype(int).astype(str)),
    )
    cells = frame.groupby(["account_group", "score_state", "score_bin"], as_index=False).agg(
        count_at_risk=("left", "size"), count_voluntary=("left", "sum"), score_sum=("score", "sum")
    )
    return cells.assign(
        lag=LAG,
        tenure_step="t000",
        is_renewal=False,
        control_key="",
        count_involuntary=0,
        count_churned=cells["count_voluntary"],
    )


def _history(answers: pd.DataFrame, last: np.ndarray) -> pd.DataFrame:
    return answers.assign(
        account_id=[f"a{number:05d}" for number in answers["account"]],
        account_group=answers["account"] % 256,
        contact_role=None,
        first_month=0,
        last_month=last[answers["account"]],
        tenure_step="t000",
        is_renewal=False,
        control_key="",
    ).drop(columns="account")
