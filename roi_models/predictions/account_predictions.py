"""What each active account is expected to do: chance of leaving, revenue at risk, how sure that is, and why.

Belongs here: predictions per account and for all of them together. Does not belong here: the words of the reasons
(`prediction_reasons.py`), whether the model foretold earlier years (`rolling_origin.py`), what a programme would change
(`business_case.py`).

The intervals are those of the chance itself: joint draws of the coefficients from their clustered covariance. Then an
account stays or goes, so what a company loses scatters more than what it must expect to lose: `Total` has both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.case.finance import MONTHS_PER_YEAR, to_cents
from roi_models.case.projection import DEFAULT_RENEWAL_INTERVAL_MONTHS, Projection, cumulative_hazards, project
from roi_models.case.uncertainty import draw_coefficients
from roi_models.predictions.prediction_reasons import AgeWords, name_reasons
from roi_models.results import HazardFit, RetentionEffect
from roi_models.satisfaction.score_reliability import Reliability, measure_reliability, pull_scores

DRAWS = 500
SEED = 20_240_117
# Accounts × draws of one chunk: three such arrays stay within a few megabytes.
CHUNK_CELLS = 250_000
PROBABILITIES = ("churn_probability_1m", "churn_probability_12m")
COLUMNS = [
    "account_id", "name", "segment", "owner", "mrr_amount", "score", "score_state", "count_answers", "score_used",
    "churn_probability_1m", "churn_probability_1m_low", "churn_probability_1m_high",
    "churn_probability_12m", "churn_probability_12m_low", "churn_probability_12m_high",
    "revenue_at_risk_amount", "revenue_at_risk_low_amount", "revenue_at_risk_high_amount", "reasons",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A year's revenue of all accounts that is expected to leave, the 95% interval of that, and the 95% range of what
    does leave once chance has had its say."""

    expected: float
    expected_low: float
    expected_high: float
    outcome_low: float
    outcome_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPredictions:
    """`table`: COLUMNS, most revenue at risk first. `total` is None where the model gives no probability.

    `reliability`: how scores of few answers were pulled toward the average.
    """

    table: pd.DataFrame
    total: Total | None
    reliability: Reliability


def predict_accounts(
    retention: RetentionEffect,
    accounts: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    scale: tuple[float, float],
    ages: AgeWords,
    renewal_interval_months: int = DEFAULT_RENEWAL_INTERVAL_MONTHS,
) -> AccountPredictions:
    """Predict every active account from its score (pulled toward the average where few answered), as things are.

    `accounts`: account_id, name, segment, owner, mrr_amount, score, score_state, count_contacts, tenure_months,
    months_to_renewal, control_key; `answers`: account_id, score per person. Probabilities are of the modelled outcome
    within the next month and the next 12; the amount is a year's revenue (MRR × 12) times the latter. All are NaN, and
    the reasons empty, when the retention model is not estimable.
    """
    frame = accounts.sort_values("account_id", kind="stable").reset_index(drop=True)
    frame = frame.assign(score=frame["score"].astype(float), count_answers=frame["count_contacts"].astype("int64"))
    reliability = measure_reliability(answers)
    used = pull_scores(frame["score"], frame["count_answers"], reliability, scale)
    frame = frame.assign(score_used=used, reasons="")
    yearly = frame["mrr_amount"].astype(float).to_numpy() * MONTHS_PER_YEAR
    total = None
    limits = {f"{name}{end}": np.full(len(frame), np.nan) for name in PROBABILITIES for end in ("", "_low", "_high")}
    if retention.fit.is_estimable and len(frame):
        projection = project(
            retention.fit.encoding,
            frame.assign(score=used),
            months=MONTHS_PER_YEAR,
            renewal_interval_months=renewal_interval_months,
        )
        limits, total = _probabilities(retention.fit, projection, yearly)
        design = projection.static + projection.step_design[projection.step_code[0]]
        frame["reasons"] = name_reasons(retention.fit, frame, design, ages)
    return AccountPredictions(table=_ordered(frame.assign(**limits), yearly), total=total, reliability=reliability)


def _ordered(frame: pd.DataFrame, yearly: np.ndarray) -> pd.DataFrame:
    """COLUMNS, with the chances in money, most revenue at risk first."""
    amounts = {
        f"revenue_at_risk{end}_amount": _cents(yearly * frame[f"churn_probability_12m{end}"].to_numpy())
        for end in ("", "_low", "_high")
    }
    order = ["revenue_at_risk_amount", "account_id"]
    table = frame.assign(**amounts).sort_values(order, ascending=[False, True], kind="stable")
    return table[COLUMNS].reset_index(drop=True)


def _cents(amounts: np.ndarray) -> list[float]:
    return [to_cents(amount) if np.isfinite(amount) else np.nan for amount in amounts]


def _probabilities(fit: HazardFit, projection: Projection, yearly: np.ndarray) -> tuple[dict[str, np.ndarray], Total]:
    """Chances of leaving at the best estimate with the limits over the draws, and the totals; equal seeds, equal
    draws."""
    generator = np.random.Generator(np.random.PCG64(SEED))
    drawn = draw_coefficients(fit.coef, fit.covariance, generator.standard_normal((DRAWS, len(fit.coef))))
    best = _chances(projection, fit.coef[None, :])
    limits = {name: best[name][:, 0] for name in PROBABILITIES}
    limits |= {f"{name}_{end}": np.empty(len(yearly)) for name in PROBABILITIES for end in ("low", "high")}
    expected, outcome = np.zeros(DRAWS), np.zeros(DRAWS)
    chunk = max(1, CHUNK_CELLS // DRAWS)
    for start in range(0, len(yearly), chunk):
        part = np.arange(start, min(start + chunk, len(yearly)))
        chances = _chances(projection.select(part), drawn)
        for name in PROBABILITIES:
            low, high = np.percentile(chances[name], [2.5, 97.5], axis=1)
            limits[f"{name}_low"][part], limits[f"{name}_high"][part] = low, high
        year = chances["churn_probability_12m"]
        expected += yearly[part] @ year
        outcome += yearly[part] @ (generator.random(year.shape) < year)
    total = Total(
        expected=float(yearly @ limits["churn_probability_12m"]),
        expected_low=float(np.percentile(expected, 2.5)),
        expected_high=float(np.percentile(expected, 97.5)),
        outcome_low=float(np.percentile(outcome, 2.5)),
        outcome_high=float(np.percentile(outcome, 97.5)),
    )
    return limits, total


def _chances(projection: Projection, coefs: np.ndarray) -> dict[str, np.ndarray]:
    """Chance of leaving within the first month and within the year, accounts × draws."""
    paths = cumulative_hazards(projection, coefs, [], np.ones(MONTHS_PER_YEAR))
    after = {}
    for month, (base, _) in enumerate(paths, start=1):
        if month in {1, MONTHS_PER_YEAR}:
            after[f"churn_probability_{month}m"] = -np.expm1(-base)
    return after
