"""Realised versus promised: what was promised for past periods beside what came about, and whether it was kept.

Belongs here: judging a promise, the study's tables. Does not belong here: what came about (`realised.py`), the wording
(`promise_sentences.py`), cost booked beside cost assumed (`booked_cost.py`), queries.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from roi_models.case.booked_cost import COST_TABLE, booked_cost
from roi_models.case.promise_sentences import CAUTION, NO_PROMISES, promise_sentence, summary_sentence
from roi_models.case.promised_measures import MEASURES
from roi_models.case.realised import PromiseFrames, PromiseRules, Realised, realised
from roi_models.study import Section, Shown, Study, StudyTable

TABLES = ("promises", "programme_cost_year")
PROMISE_TYPES = {
    "measure": "object", "label": "object", "from_month": "object", "to_month": "object", "period": "object",
    "unit": "object", "difference_unit": "object", "promised": "float64", "realised": "float64",
    "realised_low": "float64", "realised_high": "float64", "difference": "float64", "reached_share": "float64",
    "is_over": "bool", "through_month": "object", "judgement": "object", "reading": "object", "sentence": "object",
    "source": "object", "made_on": "object", "promised_by": "object", "origin": "object",
}  # fmt: skip
_SHOWN = (
    Shown(
        column="promised",
        heading="Promised",
        unit="money",
        unit_column="unit",
        definition="{label}: what was promised for the period, as business_case.yml records it.",
    ),
    Shown(
        column="realised",
        heading="Realised",
        unit="money",
        unit_column="unit",
        low="realised_low",
        high="realised_high",
        definition=(
            "{label}: what came about, as far as the data reach into the period; the 95% interval is that of a change "
            "of score."
        ),
    ),
    Shown(
        column="difference",
        heading="Difference",
        unit="money",
        unit_column="difference_unit",
        is_signed=True,
        definition="{label}: realised less promised.",
    ),
    Shown(
        column="reached_share",
        heading="Of the promise",
        unit="share_pct",
        scale=100,
        definition="{label}: realised over promised; none for a promise of zero or less.",
    ),
    Shown(column="reading", heading="Reading"),
    Shown(column="origin", heading="Source"),
)


def promises_study(
    promises: pd.DataFrame, frames: PromiseFrames, rules: PromiseRules, *, assumed_annual_cost: float
) -> Study:
    """The study from the promises of business_case.yml.

    `promises`: measure, from_month, to_month (YYYY-MM), promised, source, made_on (YYYY-MM-DD), promised_by (both empty
    where not stated), in the order of the file. `assumed_annual_cost`: of the business case, before its risk factor.
    """
    rows = [_judged(promise, frames, rules) for promise in promises.to_dict("records")]
    table = pd.DataFrame(rows, columns=list(PROMISE_TYPES)).astype(PROMISE_TYPES)
    cost = booked_cost(frames.costs, frames.as_of, assumed=assumed_annual_cost, currency=rules.currency)
    told = (summary_sentence(table), *table["sentence"], CAUTION) if len(table) else (NO_PROMISES,)
    return Study(
        id="promises",
        section=Section.PROMISES,
        title="Realised versus promised",
        sentences=(*told, cost.sentence),
        tables=(
            StudyTable(
                name=TABLES[0],
                frame=table,
                keys=("measure", "from_month", "to_month"),
                named_by="label",
                caption="What was promised for a period, and what came about",
                shown=_SHOWN,
                rows=len(table),
            ),
            StudyTable(name=TABLES[1], frame=cost.table, **COST_TABLE),
        ),
        checks=cost.checks,
    )


def _judged(promise: dict[str, object], frames: PromiseFrames, rules: PromiseRules) -> dict[str, object]:
    """The promise's row of the table."""
    measure, first, last = (str(promise[name]) for name in ("measure", "from_month", "to_month"))
    about, promised = MEASURES[measure], float(promise["promised"])
    found = realised(measure, first, last, frames, rules)
    row: dict[str, object] = {
        **promise,
        "label": f"{about.label}, {first} to {last}",
        "period": f"{first} to {last}",
        "unit": about.unit,
        "difference_unit": about.difference_unit,
        "promised": promised,
        "realised": found.value,
        "realised_low": found.low,
        "realised_high": found.high,
        "difference": _difference(found.value, promised),
        "reached_share": found.value / promised if promised > 0 else float("nan"),
        "is_over": last <= frames.as_of,
        "through_month": found.through,
        "origin": _origin(promise),
    }
    row["judgement"] = _judgement(found, promised, first, frames.as_of, is_ceiling=about.is_ceiling)
    row["reading"] = f"so far, through {found.through}" if row["judgement"] == "so far" else row["judgement"]
    return row | {"sentence": promise_sentence(row, found.problem, rules.currency, is_ceiling=about.is_ceiling)}


def _judgement(found: Realised, promised: float, first: str, as_of: str, *, is_ceiling: bool) -> str:
    """`kept`, `not kept`, `not told apart`, `so far`, `not begun` or `not known`; only what is complete is judged."""
    if first > as_of:
        return "not begun"
    if np.isnan(found.value):
        return "not known"
    if not found.is_complete:
        return "so far"
    if found.low < promised < found.high:
        return "not told apart"
    return "kept" if (found.value <= promised if is_ceiling else found.value >= promised) else "not kept"


def _difference(value: float, promised: float) -> float:
    """Exact in the digits that both are stated in, so that money stays in whole cents."""
    return float("nan") if np.isnan(value) else float(Decimal(repr(value)) - Decimal(repr(promised)))


def _origin(promise: dict[str, object]) -> str:
    """Source, who promised and when, as far as they are stated."""
    return "; ".join(str(promise[name]) for name in ("source", "promised_by", "made_on") if promise[name])
