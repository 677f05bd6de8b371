"""Drivers: ratings of attributes and answers at touchpoints, beside the overall metric.

Belongs here: queries and the declaration. Does not belong here: estimation and wording (`roi_models/drivers*.py`).
"""

from __future__ import annotations

from orchestration.run import Run
from orchestration.studies.study_asset import StudySpec
from roi_models.drivers.drivers_study import ATTRIBUTES, TOUCHPOINTS, study_drivers
from roi_models.study import Study

RATINGS = """
    select ratings.response_id, answers.account_id, ratings.attribute,
        cast(ratings.performance_pct as double) as performance_pct, cast(answers.oriented_score as double) as score
    from marts.fct_attribute_ratings as ratings
    inner join marts.fct_survey_responses as answers on ratings.response_id = answers.response_id
    where answers.metric_id = $1 and answers.audience = 'customer' and answers.is_matched
        and answers.is_current_version and not answers.is_after_churn
        and answers.known_at < (select next_month from intermediate.int_calendar__as_of)
    order by ratings.response_id, ratings.attribute
"""
CURRENT_RATINGS = """
    select ratings.account_id, ratings.attribute, cast(avg(ratings.performance_pct) as double) as performance_pct,
        cast(any_value(accounts.mrr_amount) as double) as mrr_amount
    from marts.fct_attribute_ratings as ratings
    inner join marts.dim_accounts as accounts on ratings.account_id = accounts.account_id
    where ratings.is_current and ratings.audience = 'customer' and accounts.is_active
        and ratings.performance_pct is not null
    group by ratings.account_id, ratings.attribute order by ratings.account_id, ratings.attribute
"""
ANSWERS = """
    select answers.response_id, answers.metric_id, metrics.label as metric_label,
        coalesce(answers.touchpoint, 'any') as touchpoint, answers.account_id, answers.known_at,
        cast(answers.oriented_score as double) as score
    from marts.fct_survey_responses as answers
    inner join control.metrics as metrics on answers.metric_id = metrics.metric_id
    where answers.audience = 'customer' and answers.is_matched and not answers.is_after_churn
        and answers.is_current_version and answers.survey_kind = $1 and (answers.metric_id = $2) = $3
        and answers.known_at < (select next_month from intermediate.int_calendar__as_of)
    order by all
"""


def conduct_drivers(run: Run) -> Study:
    """Read what was rated and answered, and say what goes with the overall metric."""
    primary = run.metrics.primary_metric
    return study_drivers(
        run.warehouse.read(RATINGS, [primary]),
        run.warehouse.read(CURRENT_RATINGS),
        run.warehouse.read(ANSWERS, ["touchpoint", primary, False]),
        run.warehouse.read(ANSWERS, ["relationship", primary, True]),
        metric_label=run.metrics.primary.label,
        currency=run.case.currency,
        within_days=run.metrics.fresh_days,
    )


DRIVERS = StudySpec(
    name="drivers",
    description="What goes with the score: attributes by importance, rating and revenue; touchpoints before it.",
    marts=("fct_attribute_ratings", "fct_survey_responses", "dim_accounts"),
    tables=(ATTRIBUTES, TOUCHPOINTS),
    conduct=conduct_drivers,
)
