"""Themes of open text: comments of customers beside the score they gave, and whether they left.

Belongs here: the query and the declaration. Does not belong here: text, estimation and wording
(`roi_models/comment_*.py`, `roi_models/theme*.py`).
"""

from __future__ import annotations

from orchestration.marts import churn_outcome
from orchestration.run import Run
from orchestration.studies.study_asset import StudySpec
from roi_models.drivers.theme_effects import FOLLOWED_MONTHS
from roi_models.drivers.themes_study import TABLE, study_themes
from roi_models.study import Study

# Departures strictly after the day of the comment; unknown while the year after the comment is not over.
COMMENTS = f"""
    select answers.response_id, answers.account_id, answers.comment,
        cast(answers.oriented_score as double) as score,
        case
            when cast(answers.known_at as date) + interval {FOLLOWED_MONTHS} month < calendar.next_month
                then coalesce(bool_or(events.event_date is not null), false)
        end as has_left
    from marts.fct_survey_responses as answers
    cross join intermediate.int_calendar__as_of as calendar
    left join (
        select account_id, event_date from intermediate.int_churn__events where kind = 'voluntary' or not $2
    ) as events
        on answers.account_id = events.account_id
        and events.event_date > cast(answers.known_at as date)
        and events.event_date <= cast(answers.known_at as date) + interval {FOLLOWED_MONTHS} month
    where answers.metric_id = $1 and answers.audience = 'customer' and answers.is_matched
        and answers.is_current_version and not answers.is_after_churn and answers.known_at < calendar.next_month
        and trim(answers.comment) <> ''
    group by answers.response_id, answers.account_id, answers.comment, answers.oriented_score, answers.known_at,
        calendar.next_month
    order by answers.response_id
"""


def conduct_themes(run: Run) -> Study:
    """Read comments on the overall metric, and say what they are about and what goes with it."""
    voluntary_only = churn_outcome(run) == "voluntary"
    comments = run.warehouse.read(COMMENTS, [run.metrics.primary_metric, voluntary_only])
    return study_themes(comments, metric_label=run.metrics.primary.label)


THEMES = StudySpec(
    name="themes",
    description="What customers write about: themes of comments, with the scores and departures that go with them.",
    marts=("fct_survey_responses", "agg_hazard_cells"),
    tables=(TABLE,),
    conduct=conduct_themes,
)
