"""From the last run's headline to this one's: what finance changed, what the data changed, what the model changed.

Belongs here: the steps and their sum. Does not belong here: reading the last run (`orchestration`), words on a page.

Steps are taken one after the other (assumptions, then data, then model), each on top of those before: in another order
the parts would come out a little different, their sum would not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from roi_models.case.appraisal import appraise_inputs
from roi_models.case.assumptions import Assumptions
from roi_models.case.case_results import BusinessCase
from roi_models.case.finance import to_cents
from roi_models.case.inputs import INPUTS
from roi_models.case.respond import knots, respond
from roi_models.case.response import Response
from roi_models.case.world import World
from roi_models.results import RetentionEffect

STEP_COLUMNS = ("step", "label", "amount", "npv_after")
SHAPE = ("uplift_unit", "uplift_path", "ramp_months", "monthly_decay", "segments")


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """What the last published run says of itself. `coef`: term → log hazard ratio, with `score_centre` taken off the
    score; `reliability` of its scores. `response` holds the best estimate alone."""

    run_id: str
    verdict: str
    claim: str
    npv: float
    assumptions: Assumptions
    response: Response
    coef: Mapping[str, float]
    score_centre: float
    reliability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is new since the last run; `bridge` and `assumptions` as the two functions below give them."""

    last_run_id: str
    last_verdict: str
    last_claim: str
    bridge: pd.DataFrame
    assumptions: pd.DataFrame


def change_bridge(last: LastRun, case: BusinessCase, retention: RetentionEffect, world: World) -> pd.DataFrame:
    """step (last, assumptions, data, model, now), label, amount, npv_after; the amounts add up to the cent.

    Where ramp, path, unit or segments changed, the last run's revenue by uplift answers another question: the step
    `assumptions` then holds the financial inputs alone, and the rest stands with `data`. Where the two models have
    other terms, data and model are one step.
    """
    stands = [("last", f"Last run, {last.run_id}", last.npv)]
    stands.append(("assumptions", "Assumptions", _with_new_inputs(last, case)))
    old_model = _with_old_model(last, case, retention, world)
    if old_model is not None:
        stands.append(("data", "Customers, revenue and answers", old_model))
        stands.append(("model", "The model's estimates", case.base.npv))
    else:
        stands.append(("data", "Data and model together: the model has other terms", case.base.npv))
    rows, before = [], 0.0
    for step, label, npv in stands:
        rows.append((step, label, to_cents(npv - before), npv))
        before = npv
    rows.append(("now", "This run", case.base.npv, case.base.npv))
    return pd.DataFrame(rows, columns=list(STEP_COLUMNS))


def changed_assumptions(before: Assumptions, now: Assumptions) -> pd.DataFrame:
    """What finance set otherwise: input, label, before, now (texts, a range as low–base–high)."""
    rows = []
    for name, declared in INPUTS.items():
        old, new = before.range(name), now.range(name)
        if old != new:
            rows.append((name, declared.label, _range_text(old), _range_text(new)))
    words = {"horizon_months": "Horizon, months", "discounting": "Discounting", "uplift_unit": "Unit of the rise"}
    for name in ("horizon_months", "discounting", *SHAPE):
        old, new = getattr(before, name), getattr(now, name)
        if old != new:
            rows.append((name, words.get(name, name.replace("_", " ").capitalize()), _text(old), _text(new)))
    return pd.DataFrame(rows, columns=["input", "label", "before", "now"])


def _range_text(values: tuple[float, float, float]) -> str:
    low, base, high = values
    return f"{base:,.10g}" if low == high else f"{base:,.10g} ({low:,.10g} to {high:,.10g})"


def _text(value: object) -> str:
    return ", ".join(value) or "all" if isinstance(value, tuple) else str(value)


def _with_new_inputs(last: LastRun, case: BusinessCase) -> float:
    """The last run's revenue under today's financial inputs; the uplift only where it means the same."""
    now = case.assumptions
    same_shape = all(getattr(last.assumptions, name) == getattr(now, name) for name in SHAPE)
    terms = now if same_shape else replace(now, **{name: getattr(last.assumptions, name) for name in SHAPE})
    inputs = now.inputs()
    if not same_shape:
        inputs["uplift"] = last.assumptions.uplift_base
    months = min(now.horizon_months, last.response.kept.shape[-1])
    return appraise_inputs(last.response, terms, inputs, months=months).result.npv


def _with_old_model(last: LastRun, case: BusinessCase, retention: RetentionEffect, world: World) -> float | None:
    """Today's customers and assumptions with the last run's coefficients; None where the terms differ."""
    fit, terms = retention.fit, case.assumptions
    if set(fit.terms) != set(last.coef):
        return None
    coef = np.array([last.coef[term] for term in fit.terms])
    # The old intercept belongs to the old centre of the score: the same hazard, told from the new centre.
    coef[fit.terms.index("intercept")] += last.coef["score"] * (fit.encoding.score_centre - last.score_centre)
    response = respond(
        world,
        terms,
        uplifts=knots(terms, world.mix),
        coef=coef,
        reliability=last.reliability,
        coef_draws=np.empty((0, len(coef))),
        reliability_draws=np.empty(0),
    )
    return appraise_inputs(response, terms, terms.inputs()).result.npv
