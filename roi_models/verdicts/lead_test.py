"""Does the score follow the event instead of going before it? Answers before and after a revenue cut, mirrored.

Belongs here: the lead test of cells that hold answers on both sides of the same account-month.
Does not belong here: counting those cells (`orchestration/studies`), thresholds (`thresholds.py`).

Who has left gives no later answers, so a departure has no lead. A cut in revenue is the event that leaves the customer
there to answer. Satisfaction lasts, so later answers go with earlier cuts even where no cut ever moved a score; but if
persistence is all there is, answers d months after the month foretell no more about it than answers d months before it.
A steeper slope after than before says that scores follow what happens to the customer: reverse causality.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.hazards.design import NotEstimableError
from roi_models.hazards.hazard import fit_clustered

# Fewer cuts than this leave the difference of two slopes without any power: no finding would say nothing.
MIN_CUTS = 30
SIDES = ("before", "after")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTest:
    """Log hazard ratio of a revenue cut per point of the answers before and after it, on the same account-months.

    `z_score`: of after less before; negative where the later answers go with cuts more steeply. `problem`: a sentence
    where there is no test, the numbers then NaN.
    """

    before: float = float("nan")
    after: float = float("nan")
    z_score: float = float("nan")
    count_events: int = 0
    problem: str | None = None


def run_lead_test(cells: pd.DataFrame) -> LeadTest:
    """Fit both sides at once, so that the error of their difference knows that they share accounts.

    `cells`: side ('before', 'after'), account_group, score_bin, count_at_risk, count_contracted, score_sum; the
    account-months of both sides are the same.
    """
    keys = ["side", "score_bin"]
    sums = ["count_at_risk", "count_contracted", "score_sum"]
    rows = cells.astype(dict.fromkeys(sums, "float64")).groupby([*keys, "account_group"], as_index=False)[sums].sum()
    rows = rows.rename(columns={"count_at_risk": "at_risk", "count_contracted": "events"})
    events = int(rows.loc[rows["side"] == "before", "events"].sum())
    if events < MIN_CUTS:
        problem = f"{events} cuts in revenue have answers before and after them; at least {MIN_CUTS} are needed."
        return LeadTest(count_events=events, problem=problem)
    rows = rows.assign(cell=rows.groupby(keys, sort=True).ngroup())
    frame = rows.groupby(keys, sort=True, as_index=False)[["at_risk", "events", "score_sum"]].sum()
    score = frame["score_sum"] / frame["at_risk"]
    columns = []
    for side in SIDES:
        member = (frame["side"] == side).to_numpy(float)
        centre = float(np.average(score, weights=frame["at_risk"] * member))
        columns += [member, member * (score - centre).to_numpy()]
    terms = tuple(f"{name} {side}" for side in SIDES for name in ("level", "score"))
    try:
        fitted = fit_clustered(np.column_stack(columns), frame, rows, terms=terms)
    except NotEstimableError as reason:
        return LeadTest(count_events=events, problem=str(reason))
    contrast = np.array([0.0, -1.0, 0.0, 1.0])
    error = float(np.sqrt(contrast @ fitted.covariance @ contrast))
    difference = float(contrast @ fitted.coef)
    return LeadTest(
        before=float(fitted.coef[1]),
        after=float(fitted.coef[3]),
        z_score=difference / error if error > 0 else float("nan"),
        count_events=events,
    )
