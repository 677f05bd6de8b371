"""Realised versus promised: what the study reads of costs, revenue, invitations and scores, by month.

Belongs here: queries and the declaration. Does not belong here: the keys of a promise (`orchestration/promises.py`),
what came about and whether it was kept (`roi_models/case`), conversion and formulas (dbt).
"""

from __future__ import annotations

import pandas as pd

from orchestration import marts
from orchestration.promises import Promise
from orchestration.run import Run
from orchestration.studies.study_asset import StudySpec
from roi_models.case.promises_study import TABLES, promises_study
from roi_models.case.realised import PromiseFrames, PromiseRules
from roi_models.study import Study

# Booked ahead is not spent: only months that were over at as-of.
COSTS = """
    select
        strftime(month, '%Y-%m') as month,
        cast(sum(amount) as double) as amount,
        cast(sum(count_lines) as bigint) as count_lines,
        cast(sum(count_unconverted) as bigint) as count_unconverted
    from marts.agg_programme_costs
    where is_over
    group by month
    order by month
"""
BRIDGE = """
    select
        strftime(month, '%Y-%m') as month,
        cast(opening_amount as double) as opening_amount,
        cast(expansion_amount as double) as expansion_amount,
        cast(contraction_amount as double) as contraction_amount,
        cast(churn_amount as double) as churn_amount,
        cast(carried_amount as double) as carried_amount
    from marts.agg_mrr_bridge
    where slice_name = 'total'
    order by month
"""
INVITATIONS = """
    select strftime(cast(period as date), '%Y-%m') as month, count_invited, count_answered
    from marts.agg_response_rates
    cross join intermediate.int_calendar__as_of as calendar
    where slice_name = 'total' and period <> 'all' and cast(period as date) < calendar.next_month
    order by month
"""
# Quarters that were over at as-of: a running one would be compared as if it were whole.
SCORES = """
    select
        strftime(scores.period_date, '%Y-%m') as quarter,
        scores.count_answers,
        cast(scores.headline_score as double) as score,
        cast(scores.headline_standard_error as double) as std_error
    from marts.agg_metric_scores as scores
    cross join intermediate.int_calendar__as_of as calendar
    where
        scores.metric_id = $1 and scores.audience = 'customer' and scores.is_current_version
        and scores.period_kind = 'quarter' and scores.slice_name = 'total'
        and scores.period_date + interval 3 month <= calendar.next_month
    order by scores.period_date
"""
COLUMNS = ("measure", "from_month", "to_month", "promised", "source", "made_on", "promised_by")


def conduct(run: Run) -> Study:
    """Read what came about, month by month, and hold the profile's promises against it."""
    read = run.warehouse.read
    return promises_study(
        promise_frame(run.case.promises),
        PromiseFrames(
            costs=read(COSTS),
            bridge=read(BRIDGE),
            invitations=read(INVITATIONS),
            scores=read(SCORES, [run.metrics.primary_metric]),
            as_of=marts.as_of_month(run),
        ),
        PromiseRules(
            minimum_answers=run.metrics.minimum_answers,
            metric_kind=run.metrics.primary.kind,
            currency=run.case.currency,
        ),
        assumed_annual_cost=float(run.case.annual_cost.base),
    )


def promise_frame(promises: tuple[Promise, ...]) -> pd.DataFrame:
    """The promises as the models take them, in the order of the file."""
    rows = [
        (
            promise.measure,
            f"{promise.first_month:%Y-%m}",
            f"{promise.last_month:%Y-%m}",
            float(promise.promised),
            promise.source,
            "" if promise.made_on is None else promise.made_on.isoformat(),
            promise.promised_by or "",
        )
        for promise in promises
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


PROMISES = StudySpec(
    name="promises",
    description="What was promised for past periods beside what came about, and booked cost beside assumed cost.",
    marts=("agg_programme_costs", "agg_mrr_bridge", "agg_response_rates", "agg_metric_scores"),
    tables=TABLES,
    conduct=conduct,
)
