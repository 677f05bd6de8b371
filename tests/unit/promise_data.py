"""Costs, revenue, invitations and scores of a small company, with round numbers that can be checked by hand."""

from __future__ import annotations

import pandas as pd

from orchestration.studies.promises import COLUMNS
from roi_models.case.realised import PromiseFrames, PromiseRules

RULES = PromiseRules(minimum_answers=30, metric_kind="nps", currency="USD")


def months(first, count):
    return [str(month) for month in pd.period_range(first, periods=count, freq="M")]


def frames(**given):
    """Two years up to 2024-12: costs of 1,000.10 a month; of 1,000 of MRR 20 leave, 10 contract, 15 expand; a fifth of
    100 people answer; net NPS 20, 30, 40, … by quarter, each with an error of 3 or 4 points. The bills of the month
    after as-of are not in, so the last month is carried."""
    names = months("2023-01", 24)
    usual = {
        "costs": pd.DataFrame({"month": names, "amount": 1000.10, "count_lines": 2, "count_unconverted": 0}),
        "bridge": pd.DataFrame(
            {
                "month": names,
                "opening_amount": 1000.0,
                "expansion_amount": [15.0] * 23 + [0.0],
                "contraction_amount": [10.0] * 23 + [0.0],
                "churn_amount": 20.0,
                "carried_amount": [0.0] * 23 + [980.0],
            }
        ),
        "invitations": pd.DataFrame({"month": names, "count_invited": 100, "count_answered": 20}),
        "scores": pd.DataFrame(
            {
                "quarter": names[::3],
                "count_answers": 100,
                "score": [20.0 + 10 * number for number in range(8)],
                "std_error": [3.0, 4.0] * 4,
            }
        ),
        "as_of": "2024-12",
    }
    return PromiseFrames(**(usual | given))


def promises(*rows):
    """Promises as (measure, first month, last month, promised), with source, day and person where given."""
    filled = [(*row, *("Budget", "", "")[len(row) - 4 :]) for row in rows]
    return pd.DataFrame(filled, columns=list(COLUMNS))
