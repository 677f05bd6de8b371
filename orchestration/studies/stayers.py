"""The study of revenue among those who stay: accounts once a year, what they paid then and a year later.

Belongs here: the query and declaration of the study. Does not belong here: statistics (`roi_models/revenue`),
revenue (`fct_account_months`), why accounts leave (the headline).
"""

from __future__ import annotations

from orchestration import marts
from orchestration.run import Run
from orchestration.studies.study_asset import StudySpec
from roi_models.revenue import stayers
from roi_models.study import Study

# Landmarks lie whole years before as-of, so each account is there once a year and every year after is complete. The
# score is known before the month that lies lag − 1 months before the landmark, as in the hazard model.
LANDMARKS = """
    with landmarks as (
        select
            cast(calendar.as_of_month - 12 * years.number * interval 1 month as date) as landmark,
            cast(calendar.as_of_month - 12 * (years.number - 1) * interval 1 month as date) as year_later
        from intermediate.int_calendar__as_of as calendar
        cross join range(1, 51) as years(number)
    ),
    followed as (
        select
            months.account_id,
            landmarks.landmark,
            any_value(months.mrr_amount) filter (months.month = landmarks.landmark) as mrr_before,
            any_value(months.control_key) filter (months.month = landmarks.landmark) as control_key,
            any_value(months.tenure_step) filter (months.month = landmarks.landmark) as tenure_step,
            any_value(months.mrr_amount) filter (months.month = landmarks.year_later) as mrr_after,
            coalesce(
                bool_or(months.churn_kind is not null) filter (months.month < landmarks.year_later), false
            ) as is_left
        from marts.fct_account_months as months
        inner join landmarks on months.month between landmarks.landmark and landmarks.year_later
        group by months.account_id, landmarks.landmark
        having bool_or(months.month = landmarks.landmark)
    )
    select
        followed.account_id,
        strftime(followed.landmark, '%Y-%m') as landmark,
        cast(followed.mrr_before as double) as mrr_before,
        cast(followed.mrr_after as double) as mrr_after,
        followed.is_left,
        followed.control_key,
        followed.tenure_step,
        states.score,
        coalesce(states.score_state, 'silent') as score_state
    from followed
    cross join control.run_parameters as parameters
    left join marts.fct_feedback_states as states
        on
            followed.account_id = states.account_id
            and states.month = followed.landmark - ($1 - 1) * interval 1 month
            and parameters.primary_metric = states.metric_id
    order by followed.landmark, followed.account_id
"""


def _stayers(run: Run) -> Study:
    return stayers.stayers_study(
        run.warehouse.read(LANDMARKS, [run.metrics.headline_lag]),
        marts.read_control_levels(run),
        metric=run.metrics.primary.label,
    )


STAYERS = StudySpec(
    name="revenue_of_stayers",
    description="How revenue moves over the next year with the score, among accounts that stay, and with leavers.",
    marts=("fct_account_months", "fct_feedback_states", "agg_control_levels"),
    tables=stayers.TABLES,
    conduct=_stayers,
)
