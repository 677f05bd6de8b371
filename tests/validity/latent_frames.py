"""The answer history of a simulation as `orchestration.marts.read_answer_history` reads it, and the truth beside it.

Belongs here: frames, and the re-simulated gain that matches a case's uplift. Does not belong here: whether it holds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from as_of_cells import Observed, active_accounts, current_answers
from declared import METRICS, PROFILE

from orchestration.case_config import load_business_case
from orchestration.case_terms import assumptions_of
from orchestration.demo.identity import account_id
from roi_models.case.business_case import build_case
from roi_models.results import BusinessCase, RetentionEffect
from roi_models.simulate import retention_features, true_retention_gain

CASE = load_business_case(PROFILE)
# Latent points that move net NPS by about the demo's base uplift; the truth is scaled to it exactly.
_NEAR_UPLIFT = 0.24


def answer_history(data: Observed) -> pd.DataFrame:
    """One row per answer, months counted from the simulation's first."""
    _, answers = retention_features(data.simulation)
    known_at = np.maximum(answers["answered_at"].to_numpy(), answers["recorded_at"].to_numpy())
    starts, contacts = data.simulation.month_starts.astype("datetime64[s]"), data.simulation.contacts
    account = contacts["account"].to_numpy()[answers["contact"]]
    spans = data.months.groupby("account").agg(
        account_group=("account_group", "first"), first_month=("month", "min"), last_month=("month", "max")
    )
    rows = pd.DataFrame(
        {
            "account": account,
            "month": np.searchsorted(starts, known_at, side="right") - 1,
            "contact_key": answers["contact"].to_numpy(),
            "contact_role": contacts["role"].to_numpy()[answers["contact"]],
            "score": answers["score"].to_numpy(float),
        }
    ).join(spans, on="account", how="inner")
    covariates = data.months[["account", "month", "tenure_step", "is_renewal", "control_key"]]
    rows = rows.merge(covariates, on=["account", "month"], how="left").rename(columns={"month": "answer_month"})
    return rows.assign(account_id=[account_id(number) for number in rows["account"]]).drop(columns="account")


def demo_case(data: Observed, retention: RetentionEffect) -> BusinessCase:
    """The demo's own business case of a simulation."""
    case = build_case(
        retention,
        active_accounts(data.simulation, data.months, data.scores),
        current_answers(data.simulation, data.latest),
        assumptions_of(CASE),
        scale=(float(METRICS.primary.scale_min), float(METRICS.primary.scale_max)),
        renewal_interval_months=METRICS.renewal_interval_months,
    )
    assert case is not None
    return case


def true_gain_pp(seed: int, *, accounts: int, months: int, switches: frozenset[str] = frozenset()) -> float:
    """Δ(H) by both potential outcomes, of the satisfaction that moves net NPS by the case's uplift; silent accounts
    none."""
    truth = true_retention_gain(
        seed=seed,
        uplift=_NEAR_UPLIFT,
        horizon_months=CASE.horizon_months,
        accounts=accounts,
        months=months,
        ramp_months=CASE.uplift.ramp_months,
        only_heard=True,
        switches=switches,
    )
    # Gain and shift are both all but linear in so small an uplift.
    return truth.gain_pp * float(CASE.uplift.base) / truth.nps_shift
