"""The outcomes of a programme: when they are known, when they can be compared, and how a difference is read.

Belongs here: the outcomes set in advance, their roles, their values by account, PASS and REVIEW of an estimate.
Does not belong here: estimating (`programme_effects.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.programmes.programme_results import Windows

MINIMUM_ACCOUNTS = 20
# Of something that happens or not, in each arm: fewer give no interval that can be trusted.
MINIMUM_EVENTS = 5
# A guardrail is passed when a loss of more than this share of revenue can be ruled out.
GUARDRAIL_MARGIN = 0.05
CHANCE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One outcome: `better` is +1 where more is better, −1 where less is; `is_share` where it happens or not."""

    name: str
    label: str
    role: str
    unit: str
    window_months: int
    better: int
    is_share: bool = False


def outcomes_of(windows: Windows) -> tuple[Outcome, ...]:
    """In the order of the table: the primary one first."""
    short, long = windows.score_months, windows.departure_months
    return (
        Outcome(
            name="score_after", label="Score afterwards", role="primary", unit="points", window_months=short, better=1
        ),
        Outcome(
            name="is_departed",
            label="Left",
            role="secondary",
            unit="share",
            window_months=long,
            better=-1,
            is_share=True,
        ),
        Outcome(
            name="revenue_kept", label="Revenue kept", role="guardrail", unit="ratio", window_months=long, better=1
        ),
        Outcome(
            name="is_heard",
            label="Heard again",
            role="attrition",
            unit="share",
            window_months=short,
            better=1,
            is_share=True,
        ),
        Outcome(
            name="is_departed_otherwise",
            label="Left for other causes",
            role="placebo",
            unit="share",
            window_months=long,
            better=-1,
            is_share=True,
        ),
    )


def values_of(outcome: Outcome, cases: pd.DataFrame) -> pd.Series:
    """The outcome of the accounts that were followed long enough; missing where it is unknown.

    Only the calendar decides who was followed: whoever left early is counted no earlier than whoever stayed.
    """
    followed = cases[cases["count_months_after"] >= outcome.window_months]
    if outcome.name == "revenue_kept":
        before = followed["mrr_amount"].astype(float)
        return (followed["mrr_after_amount"].astype(float) / before.where(before > 0)).dropna()
    if outcome.name == "is_heard":
        return followed["score_after"].notna().astype(float)
    return followed[outcome.name].astype(float).dropna()


def outcome_problem(outcome: Outcome, values: np.ndarray, treated: np.ndarray) -> str | None:
    """Why an outcome cannot be compared, as a sentence; None where it can."""
    sizes = (int(treated.sum()), int((~treated).sum()))
    if min(sizes) < MINIMUM_ACCOUNTS:
        return (
            f"{outcome.label}: known of {sizes[0]} treated and {sizes[1]} control accounts after "
            f"{outcome.window_months} months, too few to compare."
        )
    if outcome.is_share:
        found = [float(arm.sum()) for arm in (values[treated], values[~treated])]
        rarest = min(*found, sizes[0] - found[0], sizes[1] - found[1])
        if rarest < MINIMUM_EVENTS:
            return (
                f"{outcome.label}: true of {found[0]:.0f} of {sizes[0]} treated and {found[1]:.0f} of {sizes[1]} "
                "control accounts, too lopsided to compare."
            )
    elif values.std() == 0:
        return f"{outcome.label}: the same for every account, so nothing can differ."
    return None


def reading(outcome: Outcome, low: float, high: float, p_value: float) -> tuple[str, str]:
    """Level and sentence of an estimate, by what its outcome is there for."""
    worst, best = (low, high) if outcome.better > 0 else (-high, -low)
    if outcome.role == "guardrail":
        level, found = _guarded(worst, best)
    elif outcome.role in {"attrition", "placebo"}:
        why = "who is heard may differ" if outcome.role == "attrition" else "the programme cannot have done this"
        is_alike = p_value >= CHANCE
        level = "PASS" if is_alike else "REVIEW"
        found = "alike in both arms" if is_alike else f"differs between the arms beyond chance; {why}"
    elif worst > 0:
        level, found = "PASS", "better in the treated arm beyond chance"
    else:
        level, found = (
            "REVIEW",
            "worse in the treated arm beyond chance" if best < 0 else "the interval holds no effect",
        )
    return level, f"{outcome.label}: {found}."


def _guarded(worst: float, best: float) -> tuple[str, str]:
    if best < 0:
        return "FAIL", "worse in the treated arm beyond chance"
    if worst < -GUARDRAIL_MARGIN:
        return "REVIEW", f"a loss of more than {GUARDRAIL_MARGIN:.0%} cannot be ruled out"
    return "PASS", f"a loss of more than {GUARDRAIL_MARGIN:.0%} is ruled out"
