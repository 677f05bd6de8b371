"""What came about of a measure over the months of a promise: from booked costs, the revenue bridge, surveys.

Belongs here: the value, how far the data reach, and why there is none. Does not belong here: judging it against the
promise (`promises_study.py`), which measures there are (`promised_measures.py`), queries.

Months are texts, YYYY-MM. A month counts once it is over at as-of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from roi_models.case.finance import to_cents
from roi_models.hazards.hazard import Z95
from roi_models.revenue.kept_revenue import kept_revenue


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseFrames:
    """What the study reads, each frame in order of its months.

    `costs`: month, amount, count_lines, count_unconverted of months over at as-of. `bridge`: month, opening_amount,
    expansion_amount, contraction_amount, churn_amount, carried_amount of the whole company. `invitations`: month,
    count_invited, count_answered. `scores`: quarter (its first month), count_answers, score, std_error of the primary
    metric's headline score, both missing where withheld; quarters over at as-of. `as_of`: the last month.
    """

    costs: pd.DataFrame
    bridge: pd.DataFrame
    invitations: pd.DataFrame
    scores: pd.DataFrame
    as_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Realised:
    """What came about up to and including the month `through` (empty where nothing did).

    `value`: in the measure's unit; money to the cent, retention and response in per cent. `low`, `high`: 95% interval
    of a change of score. `is_complete`: whether the period is over and the data reach to its end. `problem`: why
    there is no value; a sentence's end.
    """

    value: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    through: str = ""
    is_complete: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRules:
    """What the profile says that values depend on.

    `minimum_answers`: fewer invitations give no rate. `metric_kind`: of the primary metric; only `nps` has net points.
    `currency`: that amounts are in.
    """

    minimum_answers: int
    metric_kind: str
    currency: str


def realised(measure: str, first: str, last: str, frames: PromiseFrames, rules: PromiseRules) -> Realised:
    """What came about of `measure` in the months from `first` to `last`, as far as the data reach."""
    return _MEASURED[measure](first, last, frames, rules)


def _cost(first: str, last: str, frames: PromiseFrames, rules: PromiseRules) -> Realised:
    known = frames.costs["month"]
    found = _reach("booked programme costs", first, last, known, known.max() if len(known) else "")
    if found.problem:
        return found
    months = frames.costs[known.between(first, found.through)]
    amount = to_cents(months["amount"].sum())
    unconverted = int(months["count_unconverted"].sum())
    if unconverted:
        lines = f"{unconverted} of the {int(months['count_lines'].sum())} cost lines"
        others = f"the others make {rules.currency} {amount:,.2f}"
        return replace(found, problem=f"{lines} have no rate of exchange, and {others}")
    return replace(found, value=amount)


def _lost(first: str, last: str, frames: PromiseFrames, rules: PromiseRules) -> Realised:
    known = frames.bridge["month"]
    found = _reach("recurring revenue", first, last, known, frames.as_of)
    if found.problem:
        return found
    months = frames.bridge[known.between(first, found.through)]
    return replace(found, value=to_cents(months["churn_amount"].sum()))


def _gross(first: str, last: str, frames: PromiseFrames, rules: PromiseRules) -> Realised:
    return _kept(first, last, frames, is_gross=True)


def _net(first: str, last: str, frames: PromiseFrames, rules: PromiseRules) -> Realised:
    return _kept(first, last, frames, is_gross=False)


def _kept(first: str, last: str, frames: PromiseFrames, *, is_gross: bool) -> Realised:
    # A month whose bills are not all in has neither expansion nor contraction yet.
    closed = frames.bridge[frames.bridge["carried_amount"].astype(float) == 0]
    found = _reach("recurring revenue", first, last, closed["month"], closed["month"].max() if len(closed) else "")
    if found.problem:
        return found
    months = closed[closed["month"].between(first, found.through)]
    if (months["opening_amount"].astype(float) <= 0).any():
        return replace(found, problem="a month of the period began without recurring revenue")
    net, gross = kept_revenue(months)
    return replace(found, value=100 * (gross if is_gross else net))


def _response(first: str, last: str, frames: PromiseFrames, rules: PromiseRules) -> Realised:
    known = frames.invitations["month"]
    found = _reach("invitations", first, last, known, frames.as_of)
    if found.problem:
        return found
    months = frames.invitations[known.between(first, found.through)]
    invited = int(months["count_invited"].sum())
    if invited < max(rules.minimum_answers, 1):
        problem = f"{invited} invitations are too few for a rate: {rules.minimum_answers} are needed"
        return replace(found, problem=problem)
    return replace(found, value=100 * float(months["count_answered"].sum()) / invited)


def _score_change(first: str, last: str, frames: PromiseFrames, rules: PromiseRules) -> Realised:
    """From the quarter before the one that `first` lies in to the last quarter that ended by `last` and by as-of."""
    if rules.metric_kind != "nps":
        return Realised(problem="the primary metric is no NPS, so it has no net points")
    if frames.scores.empty:
        return Realised(problem="no answers to the primary metric are supplied")
    before = pd.Period(first, "M").asfreq("Q") - 1
    after = _quarter_ended_by(min(last, frames.as_of))
    through = _last_month(after)
    if through < first:
        return Realised(problem=f"no quarter of the period was over at {frames.as_of}")
    scores = frames.scores.set_index("quarter")
    ends = []
    for quarter in (before, after):
        name = quarter.asfreq("M", how="start").strftime("%Y-%m")
        if name not in scores.index:
            return Realised(through=through, problem=f"nobody answered in the quarter from {name}")
        row = scores.loc[name]
        if pd.isna(row["score"]):
            few = f"the score of the quarter from {name} is withheld for too few answers ({int(row['count_answers'])})"
            return Realised(through=through, problem=few)
        ends.append((float(row["score"]), float(row["std_error"])))
    (score_before, error_before), (score_after, error_after) = ends
    change = score_after - score_before
    margin = Z95 * float(np.hypot(error_before, error_after))
    return Realised(
        value=change,
        low=change - margin,
        high=change + margin,
        through=through,
        is_complete=last <= frames.as_of,
    )


def _quarter_ended_by(month: str) -> pd.Period:
    quarter = pd.Period(month, "M").asfreq("Q")
    return quarter if _last_month(quarter) <= month else quarter - 1


def _last_month(quarter: pd.Period) -> str:
    return quarter.asfreq("M", how="end").strftime("%Y-%m")


def _reach(what: str, first: str, last: str, known: pd.Series, through: str) -> Realised:
    """How far the data reach into the period: `through`, or a problem. `known`: months with data, in order."""
    if known.empty:
        return Realised(problem=f"no {what} {_verb(what)} supplied")
    if first < known.min():
        return Realised(problem=f"{what} {_verb(what)} known from {known.min()} on only, after the period begins")
    if through < first:
        return Realised(problem=f"{what} {_verb(what)} known up to {through} only, before the period begins")
    return Realised(through=min(last, through), is_complete=through >= last)


def _verb(what: str) -> str:
    return "are" if what.endswith("s") else "is"


_MEASURED = {
    "programme_cost": _cost,
    "net_nps_points": _score_change,
    "gross_revenue_retention_pct": _gross,
    "net_revenue_retention_pct": _net,
    "response_rate_pct": _response,
    "churned_mrr_amount": _lost,
}
