"""The sentences in which promises are told.

Belongs here: wording. Does not belong here: what came about and whether a promise was kept (`promises_study.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

NO_PROMISES = (
    "No promise for a past period is recorded, so nothing can be held against what came about. List what was promised "
    "under 'promises' in business_case.yml: measure, from, to, promised, unit and source."
)
CAUTION = (
    "What came about is not by itself the programme's work: prices, the product and the market move the same numbers. "
    "The comparison says whether what was promised came about; whether the programme made it come about is for the "
    "hold-out to say."
)
# In the order in which they are told.
_COUNTED = {
    "kept": "kept",
    "not kept": "not kept",
    "not told apart": "not told apart from what came about",
    "so far": "not judged before its period is complete in the data",
    "not begun": "for a period that has not begun",
    "not known": "without data to hold it against",
}
_ENDINGS = {
    "kept": "The promise was kept.",
    "not kept": "The promise was not kept.",
    "not told apart": "What was promised lies within that interval, so it cannot be said whether it was kept.",
}


def summary_sentence(table: pd.DataFrame) -> str:
    """How many promises there are, and what became of them. `table`: a row per promise with its judgement."""
    counts = table["judgement"].value_counts()
    parts = [f"{counts[name]} {words}" for name, words in _COUNTED.items() if name in counts]
    recorded = "promise is" if len(table) == 1 else "promises are"
    return f"{len(table)} {recorded} recorded for past or running periods: {', '.join(parts)}."


def promise_sentence(row: Mapping[str, Any], problem: str, currency: str, *, is_ceiling: bool) -> str:
    """One promise: what was promised, what came about, and whether it was kept.

    `row`: a row of the table but for this sentence. `problem`: why nothing is known, without a full stop.
    """
    bound = "at most " if is_ceiling else "at least "
    promised = f"{row['label']}: {bound}{in_words(row['promised'], row['unit'], currency)} promised"
    judgement = row["judgement"]
    if judgement == "not begun":
        return f"{promised}; the period has not begun."
    if judgement == "not known":
        return f"{promised}; what came about is not known, because {problem}."
    came = in_words(row["realised"], row["unit"], currency)
    if not np.isnan(row["realised_low"]):
        came += f" (95% interval {row['realised_low']:+.1f} to {row['realised_high']:+.1f})"
    if judgement == "so far":
        why = "later months are not known in full" if row["is_over"] else "the period is not over"
        return f"{promised}, {came} so far, through {row['through_month']}. It is not judged, because {why}."
    return f"{promised}, {came} realised. {_ENDINGS[judgement]}"


def in_words(value: float, unit: str, currency: str) -> str:
    """A value of a promise as sentences state it."""
    if unit == "money":
        return f"{currency} {value:,.0f}"
    return f"{value:+.1f} points" if unit == "points" else f"{value:.1f}%"
