"""What the programme cost over the last year as booked, beside the annual cost that the case assumes.

Belongs here: the sum, its table, sentence and check. Does not belong here: conversion (`agg_programme_costs`),
promises on cost (`promises_study.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from roi_models.case.finance import to_cents
from roi_models.study import Shown
from roi_models.verdicts.grading import graded
from roi_models.verdicts.judgement import Check
from roi_models.verdicts.thresholds import THRESHOLDS

COST_TYPES = {
    "period": "object", "from_month": "object", "to_month": "object", "booked_amount": "float64",
    "assumed_amount": "float64", "difference_amount": "float64", "booked_share": "float64", "count_lines": "int64",
}  # fmt: skip
# How the table is told: the arguments of its `StudyTable` but name and frame.
COST_TABLE: dict[str, Any] = {
    "keys": ("period",),
    "named_by": "period",
    "caption": "Programme cost of the last 12 months",
    "shown": (
        Shown(
            column="booked_amount",
            heading="Booked",
            unit="money",
            definition="Programme cost booked, {label}, in the reporting currency at the rates of its months.",
        ),
        Shown(
            column="assumed_amount",
            heading="Assumed a year",
            unit="money",
            definition="Running cost a year that the business case assumes, before its factor for risk.",
        ),
        Shown(
            column="difference_amount",
            heading="Difference",
            unit="money",
            is_signed=True,
            definition="Programme cost booked, {label}, less the running cost that the case assumes.",
        ),
        Shown(
            column="booked_share",
            heading="Of the assumed",
            unit="share_pct",
            scale=100,
            definition="Programme cost booked, {label}, over the running cost that the case assumes.",
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedCost:
    """The comparison: at most one row (columns `COST_TYPES`), a sentence, and the check where it could be made."""

    table: pd.DataFrame
    sentence: str
    checks: tuple[Check, ...] = ()


def booked_cost(costs: pd.DataFrame, as_of: str, *, assumed: float, currency: str) -> BookedCost:
    """Cost booked in the twelve months up to `as_of` (YYYY-MM) beside `assumed`, the cost of a year.

    `costs`: month, amount, count_lines, count_unconverted of months over at as-of. Compared only where the books reach
    over all twelve months and every line could be converted.
    """
    first = (pd.Period(as_of, "M") - 11).strftime("%Y-%m")
    months = costs[costs["month"].between(first, as_of)]
    problem = _problem(costs["month"], int(months["count_unconverted"].sum()), first, as_of)
    if problem:
        return BookedCost(table=_frame([]), sentence=problem)
    booked, assumed = to_cents(months["amount"].sum()), to_cents(assumed)
    row = {
        "period": f"{first} to {as_of}",
        "from_month": first,
        "to_month": as_of,
        "booked_amount": booked,
        "assumed_amount": assumed,
        "difference_amount": to_cents(booked - assumed),
        "booked_share": booked / assumed if assumed else float("nan"),
        "count_lines": int(months["count_lines"].sum()),
    }
    sentence = (
        f"In the 12 months from {first} to {as_of}, {currency} {booked:,.0f} of programme cost was booked; the case "
        f"assumes a running cost of {currency} {assumed:,.0f} a year."
    )
    return BookedCost(table=_frame([row]), sentence=sentence, checks=(_check(booked, assumed, sentence),))


def _problem(known: pd.Series, unconverted: int, first: str, as_of: str) -> str:
    assumed = "the running cost that the case assumes stands on its stated source alone"
    if known.empty:
        return f"No programme costs are supplied, so {assumed}."
    if known.min() > first or known.max() < as_of:
        return (
            f"Programme costs are booked from {known.min()} to {known.max()}, not over the whole year up to {as_of}, "
            f"so {assumed}."
        )
    if unconverted:
        return (
            f"{unconverted} lines of programme cost in the year up to {as_of} have no rate of exchange, so {assumed}. "
            "Add their rates to fx_rates."
        )
    return ""


def _check(booked: float, assumed: float, sentence: str) -> Check:
    """Either way a difference says that the assumption is not what was booked; only one of them flatters the case."""
    difference = to_cents(booked - assumed)
    # Nothing assumed where something was booked: all of it is missing. Rounded, so that exactly 20% is not above it.
    share = round(100 * abs(difference) / assumed, 6) if assumed else 100.0 if difference else 0.0
    advice = (
        "The case counts less cost than was booked: raise annual_cost in business_case.yml, move what was paid once to "
        "initial_cost, or say in its source why the programme will cost less."
        if difference > 0
        else "The case counts more cost than was booked: say in the source of annual_cost what the rest is for."
    )
    return graded(
        "cost_assumption",
        "The running cost assumed is what was booked",
        share,
        bounds=(THRESHOLDS.cost_difference_pct_review, None),
        sentence=sentence,
        recommendation=advice,
        unit="%",
    )


def _frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COST_TYPES)).astype(COST_TYPES)
