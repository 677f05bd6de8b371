"""A business case for tests of the report: computed by the engine from planted accounts and known coefficients.

Belongs here: accounts, answers, assumptions and register of the sample, and the case of them.
Does not belong here: whole case files (`sample_case.py`).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from roi_models.case.assumptions import Assumptions
from roi_models.case.business_case import build_case
from roi_models.case.case_results import BusinessCase
from roi_models.case.initiatives import Initiative
from roi_models.case.inputs import INPUTS
from roi_models.results import DesignEncoding, HazardFit, RetentionEffect

TERMS = Assumptions(
    margin=0.75,
    discount_rate=0.10,
    horizon_months=36,
    ramp_months=6,
    uplift_low=1.0,
    uplift_base=4.0,
    uplift_high=7.0,
    uplift_unit="net_nps_points",
    initial_cost=120_000.0,
    annual_cost=90_000.0,
    benefit_risk_adjustment=0.9,
    contacts_per_year=9_000,
    contact_reduction=0.03,
    cost_per_contact=12.5,
    cashable_share=0.5,
    ranges={"margin": (0.68, 0.80), "annual_cost": (80_000.0, 110_000.0), "contact_reduction": (0.0, 0.05)},
    n_draws=600,
)
INITIATIVES = (
    Initiative(
        id="calls",
        name="Calls after onboarding",
        owner="Ana Ruiz",
        status="proposed",
        uplift_low=0.5,
        uplift_base=1.5,
        uplift_high=2.5,
        initial_cost=5_000.0,
        annual_cost=12_000.0,
        segments=("SMB",),
        source="Team's estimate",
    ),
    Initiative(
        id="sponsors",
        name="=Executive sponsors",
        owner="Tomasz Król",
        approver="Board",
        status="approved",
        uplift_low=0.5,
        uplift_base=2.0,
        uplift_high=3.0,
        initial_cost=0.0,
        annual_cost=40_000.0,
        source="Pilot",
    ),
)
BUDGET = 150_000.0


def known_retention(beta: float) -> RetentionEffect:
    """A monthly hazard of 1.5% at a score of 7, `beta` per point, with a standard error of 0.02."""
    encoding = DesignEncoding(
        terms=("intercept", "score", "state_silent"),
        score_centre=7.0,
        tenure_terms={},
        level_terms={},
        level_values={},
    )
    covariance = np.diag([0.03**2, 0.02**2, 0.05**2])
    return retention_of(encoding, [np.log(0.015), beta, 0.3], covariance, background_hazard=0.001)


def retention_of(
    encoding: DesignEncoding, coef: list[float], covariance: np.ndarray, *, background_hazard: float = 0.0
) -> RetentionEffect:
    """A fit whose coefficients are known, and nothing beside it."""
    fit = HazardFit(
        outcome="voluntary",
        lag=3,
        terms=encoding.terms,
        coef=np.array(coef),
        covariance=covariance,
        covariance_model=covariance,
        table=pd.DataFrame(),
        loglik=0.0,
        count_account_months=84_512,
        count_events=861,
        count_groups=256,
        encoding=encoding,
    )
    return RetentionEffect(
        metric="nps",
        headline_lag=3,
        fit=fit,
        placebo=None,
        lag_profile=pd.DataFrame(),
        calibration=pd.DataFrame(),
        text="",
        background_hazard=background_hazard,
    )


def sample_accounts(count: int = 240, *, scale: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Accounts and their answers; a quarter is silent. `scale` multiplies all revenue."""
    rng = np.random.default_rng(5)
    ids = [f"A{number:04d}" for number in range(count)]
    segment = np.array(["ENT", "MID", "SMB", "SMB"])[np.arange(count) % 4]
    level = {"ENT": 11.6, "MID": 10.2, "SMB": 9.0}
    mrr = np.exp([level[name] for name in segment] + rng.normal(0, 0.5, count))
    is_silent = np.arange(count) % 5 == 4
    answer = np.clip(rng.normal(7.4, 2.1, (count, 2)).round(), 0, 10)
    accounts = pd.DataFrame(
        {
            "account_id": ids,
            "segment": segment,
            "owner": [("Ana Ruiz", "Tomasz Król", None)[number % 3] for number in range(count)],
            "mrr_amount": (mrr * scale).round(2),
            "score": np.where(is_silent, np.nan, answer.mean(axis=1)),
            "score_state": np.where(is_silent, "silent", "fresh"),
            "tenure_months": 24,
            "months_to_renewal": None,
            "control_key": "",
        }
    )
    heard = np.flatnonzero(~is_silent)
    answers = pd.DataFrame(
        {
            "account_id": np.repeat(np.array(ids)[heard], 2),
            "contact_key": np.tile(["c1", "c2"], len(heard)),
            "score": answer[heard].ravel(),
        }
    )
    return accounts, answers


@cache
def business_case(*, scale: float = 1.0, beta: float = -0.22) -> BusinessCase:
    """The case of the sample; a small `scale` never pays back, a positive `beta` keeps nothing."""
    accounts, answers = sample_accounts(scale=scale)
    case = build_case(
        known_retention(beta),
        accounts,
        answers,
        TERMS,
        scale=(0.0, 10.0),
        initiatives=INITIATIVES,
        budget=BUDGET,
    )
    assert case is not None
    return case


def assumption_table(terms: Assumptions = TERMS) -> pd.DataFrame:
    """Assumptions as the report lists them; one source is hostile."""
    units = {"share": "fraction", "rate": "fraction", "factor": "factor", "count": "count", "money": "USD"}
    rows = []
    for name, declared in INPUTS.items():
        low, base, high = terms.range(name)
        ends = (low, high) if low < high else (None, None)
        unit = units.get(declared.kind, "net NPS points")
        source = "=cmd|' /C calc'!A0" if name == "annual_cost" else "Finance, budget 2025"
        if declared.neutral is None or base != declared.neutral:
            rows.append([name, declared.label, unit, ends[0], base, ends[1], source])
    rows.append(["horizon_months", "Horizon", "months", None, terms.horizon_months, None, "Policy"])
    rows.append(["path", "How the uplift acts on answers", "method", None, "tilt", None, "Default"])
    return pd.DataFrame(rows, columns=["name", "label", "unit", "low", "base", "high", "source"])
