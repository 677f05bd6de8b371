"""Small companies with one fault each, for the traps that no switch of the demo makes: the truth is planted.

Belongs here: drawing account-months, and laying them out as the cells that the models read.
Does not belong here: the demo's process (`roi_models/simulate`), fitting, whether anything holds (the tests).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

BASE_HAZARD = 0.015
BIN = 0.25
NO_LEVELS = pd.DataFrame(columns=["control_id", "level", "kind", "mean_value"])
SUMS = ["count_at_risk", "count_voluntary", "count_involuntary", "count_churned", "score_sum"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Histories:
    """Accounts × months: who is at risk, who leaves in the month, and the score that stands when it begins."""

    score: np.ndarray
    at_risk: np.ndarray
    leaves: np.ndarray


def live(score: np.ndarray, log_ratio: np.ndarray, *, rng: np.random.Generator, base: float = BASE_HAZARD) -> Histories:
    """Let accounts leave with the monthly hazard base·exp(log_ratio), accounts × months."""
    drawn = rng.random(log_ratio.shape) < -np.expm1(-base * np.exp(log_ratio))
    gone = np.cumsum(drawn, axis=1)
    at_risk = (gone - drawn) == 0
    return Histories(score=score, at_risk=at_risk, leaves=drawn & at_risk)


def walks(rng: np.random.Generator, accounts: int, months: int, *, persistence: float = 0.9) -> np.ndarray:
    """Satisfaction that wanders: stationary AR(1) of variance 1, accounts × months."""
    level = rng.normal(size=accounts)
    columns = [level]
    for _ in range(months - 1):
        level = persistence * level + np.sqrt(1 - persistence**2) * rng.normal(size=accounts)
        columns.append(level)
    return np.column_stack(columns)


def cells_of(
    histories: Histories,
    *,
    lags: tuple[int, ...] = (3,),
    controls: np.ndarray | None = None,
    baseline: np.ndarray | None = None,
) -> pd.DataFrame:
    """Cells as agg_hazard_cells (with `baseline`, agg_baseline_cells) has them; NaN scores are silent.

    `controls`: texts, accounts × months. Lag k takes the score k − 1 months earlier, none before the first month.
    """
    account, month = np.nonzero(histories.at_risk)
    frames = []
    for lag in lags:
        seen = month - (lag - 1) >= 0
        who, when = account[seen], month[seen]
        score = histories.score[who, when - (lag - 1)]
        frame = pd.DataFrame(
            {
                "lag": lag,
                "account_group": who % 256,
                "score_state": np.where(np.isnan(score), "silent", "fresh"),
                "score_bin": _bins(score),
                "tenure_step": "t000",
                "is_renewal": False,
                "control_key": "" if controls is None else controls[who, when],
                "count_at_risk": 1,
                "count_voluntary": histories.leaves[who, when].astype(int),
                "count_involuntary": 0,
                "count_churned": histories.leaves[who, when].astype(int),
                "score_sum": np.nan_to_num(score),
            }
        )
        if baseline is not None:
            before = baseline[who, when - (lag - 1)]
            frame = frame.assign(baseline_bin=_bins(before), baseline_sum=np.nan_to_num(before))
        sums = [*SUMS, *(["baseline_sum"] if baseline is not None else [])]
        frames.append(frame.groupby([name for name in frame if name not in sums], as_index=False)[sums].sum())
    return pd.concat(frames, ignore_index=True)


def _bins(score: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(score), "", np.floor(np.nan_to_num(score) / BIN).astype(int).astype(str))


def expanding_baseline(score: np.ndarray) -> np.ndarray:
    """The mean of all earlier months' scores; NaN in the first month."""
    earlier = np.cumsum(score, axis=1) - score
    with np.errstate(invalid="ignore"):
        return np.where(np.arange(score.shape[1]) > 0, earlier / np.arange(score.shape[1]), np.nan)


def levels_then_changes(
    *, within: float, between: float, seed: int, accounts: int = 5_000, base: float = 0.05
) -> Histories:
    """Accounts that differ for good (slope `between`) and wander (slope `within`), heard for two years before anyone
    may leave: 24 months of history, then 18 at risk."""
    rng = np.random.default_rng(seed)
    months, before = 42, 24
    standing = np.repeat(rng.normal(size=(accounts, 1)), months, axis=1)
    moving = walks(rng, accounts, months, persistence=0.0)
    log_ratio = np.where(np.arange(months) < before, -np.inf, between * standing + within * moving)
    histories = live(7 + standing + moving, log_ratio, rng=rng, base=base)
    return Histories(
        score=histories.score, at_risk=histories.at_risk & (np.arange(months) >= before), leaves=histories.leaves
    )


def falling_leavers(
    *, fall: float, months_before: int, seed: int, accounts: int = 6_000, months: int = 24
) -> Histories:
    """No effect of the score on leaving; who is about to leave scores `fall` lower for `months_before` months."""
    rng = np.random.default_rng(seed)
    score = 7 + 1.5 * walks(rng, accounts, months)
    histories = live(score, np.zeros_like(score), rng=rng)
    account, month = np.nonzero(histories.leaves)
    fallen = score.copy()
    for back in range(months_before):
        fallen[account, np.maximum(month - back, 0)] -= fall
    return Histories(score=fallen, at_risk=histories.at_risk, leaves=histories.leaves)


def called_accounts(*, seed: int, accounts: int = 4_000, months: int = 24) -> tuple[Histories, np.ndarray, np.ndarray]:
    """A call that does nothing reaches 5% of the remaining accounts a month: histories, ever called, called before."""
    rng = np.random.default_rng(seed)
    histories = live(7 + walks(rng, accounts, months), np.zeros((accounts, months)), rng=rng, base=0.03)
    called = (rng.random((accounts, months)) < 0.05) & histories.at_risk
    before = (np.cumsum(called, axis=1) - called) > 0
    return histories, np.repeat(called.any(axis=1)[:, None], months, axis=1), before


def silent_leavers(*, seed: int, accounts: int = 6_000, months: int = 24, slope: float = -0.3) -> Histories:
    """Whoever is unhappy answers less, and leaves more: silence hides the dissatisfied."""
    rng = np.random.default_rng(seed)
    mood = np.repeat(rng.normal(size=(accounts, 1)), months, axis=1)
    histories = live(7 + mood, slope * mood * 2, rng=rng)
    answers = rng.random((accounts, 1)) < 1 / (1 + np.exp(-(0.4 + 1.2 * mood[:, :1])))
    score = np.where(answers, histories.score, np.nan)
    return Histories(score=score, at_risk=histories.at_risk, leaves=histories.leaves)


def busy_accounts(*, seed: int, accounts: int = 8_000, months: int = 24) -> tuple[Histories, np.ndarray]:
    """Small accounts score lower and leave more for being small: histories, and the control that says so."""
    rng = np.random.default_rng(seed)
    volume = np.repeat(rng.integers(0, 4, size=(accounts, 1)), months, axis=1)
    score = 5.5 + volume + walks(rng, accounts, months) * 0.8
    histories = live(score, -0.35 * volume - 0.07 * (score - 7), rng=rng, base=0.03)
    return histories, np.char.add("volume=q", volume.astype(str))


def frail_accounts(*, seed: int, sd: float, slope: float, accounts: int = 1_500, months: int = 30) -> Histories:
    """Each account has a hidden log-normal factor on its hazard; `slope` holds given that factor."""
    rng = np.random.default_rng(seed)
    score = 7 + np.repeat(rng.normal(size=(accounts, 1)), months, axis=1) * 1.2
    frailty = rng.normal(scale=sd, size=(accounts, 1))
    return live(score, slope * (score - 7) + frailty, rng=rng, base=0.03)


def met_late(*, seed: int, accounts: int = 20_000) -> tuple[pd.DataFrame, float]:
    """Accounts of all ages met at once and followed for a year, the young leaving three times as often; and the share
    that truly reaches three years."""
    rng = np.random.default_rng(seed)
    started = rng.integers(0, 36, accounts)
    young, old = rng.geometric(0.03, accounts), rng.geometric(0.01, accounts)
    life = np.where(young <= 12, young, 12 + old)
    met = life > started
    stay = (life - started)[met]
    rows = pd.DataFrame(
        {
            "tenure_months": started[met],
            "duration_months": np.minimum(stay, 12),
            "churn_kind": np.where(stay <= 12, "voluntary", None),
        }
    )
    return rows, 0.97**12 * 0.99**24


def two_quarters() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answers of two quarters, and the company's NPS of each, as the marts have them.

    The company goes from 17 to 34. Customers who answer in both fall from 51 to 30; those who leave had −17, those who
    join have 38.
    """
    # Promoters, passives, detractors.
    groups = {"stays": {1: (60, 31, 9), 4: (45, 40, 15)}, "leaves": {1: (22, 39, 39)}, "joins": {4: (55, 28, 17)}}
    answers = pd.concat(
        pd.DataFrame(
            {
                "account_id": [f"{group}{number}" for number in range(100)],
                "responded_at": pd.Timestamp(2024, month, 15),
                "score": np.repeat([10.0, 8.0, 4.0], counts),
            }
        )
        for group, quarters in groups.items()
        for month, counts in quarters.items()
    )
    answers = answers.assign(
        audience="customer", metric_id="nps", metric_version="1", segment="x", region="x", product="x"
    )
    scores = [_nps_of(rows["score"], month) for month, rows in answers.groupby(answers["responded_at"].dt.month)]
    return answers, pd.DataFrame(scores)


def _nps_of(score: pd.Series, month: int) -> dict[str, object]:
    promoters, detractors = float((score >= 9).mean()), float((score <= 6).mean())
    variance = promoters + detractors - (promoters - detractors) ** 2
    return {
        "audience": "customer",
        "metric_id": "nps",
        "metric_label": "NPS",
        "metric_kind": "nps",
        "metric_version": "1",
        "period_kind": "quarter",
        "period": f"2024-{month:02d}",
        "period_date": pd.Timestamp(2024, month, 1).date(),
        "slice_name": "total",
        "slice_value": "total",
        "is_suppressed": False,
        "count_answers": len(score),
        "headline_score": 100 * (promoters - detractors),
        "headline_standard_error": 100 * np.sqrt(variance / len(score)),
    }


def aged_answers(*, seed: int, accounts: int = 5_000, months: int = 24) -> Histories:
    """Leaving follows satisfaction now, which moves on after every answer."""
    rng = np.random.default_rng(seed)
    satisfaction = walks(rng, accounts, months, persistence=0.85)
    return live(7 + satisfaction + 0.5 * rng.normal(size=satisfaction.shape), -0.4 * satisfaction, rng=rng)


def equal_slices(*, seed: int, slices: int = 60) -> pd.DataFrame:
    """Slices of a company whose customers are all alike: answers (12 to 600) and NPS with its interval, of each."""
    rng = np.random.default_rng(seed)
    count = np.where(np.arange(slices) % 2, rng.integers(12, 30, slices), rng.integers(200, 600, slices))
    promoters, _, detractors = np.array([rng.multinomial(n, (0.5, 0.3, 0.2)) for n in count]).T / count
    error = np.sqrt((promoters + detractors - (promoters - detractors) ** 2) / count)
    score = 100 * (promoters - detractors)
    return pd.DataFrame(
        {
            "count_answers": count,
            "headline_score": score,
            "headline_low_score": score - 196 * error,
            "headline_high_score": score + 196 * error,
        }
    )
