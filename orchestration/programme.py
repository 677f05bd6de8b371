"""From marts to the frames of programme effects: first cases with what came before and after, scores around them.

Belongs here: queries that put a case beside the account's months and answers, by the windows that the models set.
Does not belong here: comparing arms (`roi_models/programmes/programme_effects.py`), what a case or an arm is (dbt).

Nothing of an account is read that was not known when its case was opened, but for outcomes, which are all from later
months: answers count from the first day of the month after the case on, so nobody's answer of the same wave does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from orchestration.run import Run
from roi_models.programmes.programme_results import Windows

# An account's first case on a low answer to the primary metric, while the account was at risk. One that left on the
# day of the case is left out: nobody can tell which came first.
_FIRST_CASES = """
    cases as (
        select
            cases.account_id, cases.arm = 'treated' as is_treated, cases.opened_at, cases.score as trigger_score,
            cast(date_trunc('month', cases.opened_at) as date) as case_month,
            count(distinct cases.arm) over (partition by cases.account_id) > 1 as is_mixed_arm
        from marts.fct_follow_ups as cases
        cross join control.run_parameters as parameters
        where cases.subject = 'low_answer' and cases.metric_id = parameters.primary_metric
            and cases.account_id is not null and cases.opened_at is not null and cases.arm in ('treated', 'control')
        qualify row_number() over (partition by cases.account_id order by cases.opened_at, cases.loop_id) = 1
    ),
    first_cases as (
        select
            cases.*, months.score as prior_score, months.mrr_amount, months.tenure_months,
            datediff('month', cases.case_month, calendar.as_of_month) as count_months_after
        from cases
        cross join intermediate.int_calendar__as_of as calendar
        inner join marts.fct_account_months as months
            on cases.account_id = months.account_id and cases.case_month = months.month
        where months.churn_date is null or months.churn_date > cast(cases.opened_at as date)
    ),
    answers as (
        select
            cases.account_id,
            datediff('month', cases.case_month, date_trunc('month', answers.responded_at)) as month_after,
            answers.oriented_score as score
        from first_cases as cases
        cross join control.run_parameters as parameters
        cross join intermediate.int_calendar__as_of as calendar
        inner join marts.fct_survey_responses as answers
            on cases.account_id = answers.account_id and answers.metric_id = parameters.primary_metric
        where answers.audience = 'customer' and answers.is_current_version and not answers.is_after_churn
            and answers.known_at < calendar.next_month
    )
"""


_RATE = """
    select count(distinct cases.account_id) as accounts_per_year
    from marts.fct_follow_ups as cases
    cross join control.run_parameters as parameters
    cross join intermediate.int_calendar__as_of as calendar
    where cases.subject = 'low_answer' and cases.metric_id = parameters.primary_metric
        and cases.follow_up_id is not null and cases.opened_at >= calendar.next_month - interval 12 month
"""


def queries(windows: Windows, *, voluntary_only: bool) -> Mapping[str, str]:
    """`cases` and `panel` as `programme_results.py` describes them, and `rate`, accounts with a case a year.

    Departures are those that the retention model has for its outcome; the others stand beside them as a placebo. Who
    left and came back has left. Quarters of the panel are whole ones before and after the month of the case, up to four
    before and as many after as the window of the score has.
    """
    is_outcome = "months.churn_kind = 'voluntary'" if voluntary_only else "months.churn_kind is not null"
    return {"cases": _cases_query(windows, is_outcome), "panel": _panel_query(windows), "rate": _RATE}


def _cases_query(windows: Windows, is_outcome: str) -> str:
    return f"""
        with {_FIRST_CASES},
        scores as (
            select account_id, avg(score) as score_after from answers
            where month_after between 1 and {windows.score_months} group by account_id
        ),
        departures as (
            select cases.account_id, bool_or({is_outcome}) as is_departed,
                bool_or(months.churn_kind is not null and not ({is_outcome})) as is_departed_otherwise,
                max(months.mrr_amount) filter (
                    months.month = cases.case_month + interval {windows.departure_months} month
                ) as mrr_after_amount
            from first_cases as cases
            inner join marts.fct_account_months as months on cases.account_id = months.account_id
            where months.month >= cases.case_month
                and months.month <= cases.case_month + interval {windows.departure_months} month
            group by cases.account_id
        )
        select cases.account_id, cases.is_treated, cases.is_mixed_arm, cases.count_months_after,
            cases.trigger_score, cases.prior_score, cases.mrr_amount, cases.tenure_months, scores.score_after,
            coalesce(departures.is_departed, false) as is_departed,
            coalesce(departures.is_departed_otherwise, false) as is_departed_otherwise,
            coalesce(departures.mrr_after_amount, 0) as mrr_after_amount
        from first_cases as cases
        left join scores on cases.account_id = scores.account_id
        left join departures on cases.account_id = departures.account_id
        order by cases.account_id
    """


def _panel_query(windows: Windows) -> str:
    last_quarter = -(-windows.score_months // 3)
    return f"""
        with {_FIRST_CASES},
        quarters as (
            select account_id, score,
                case
                    when month_after < 0 then cast(floor(month_after / 3.0) as integer)
                    else cast(ceil(month_after / 3.0) as integer)
                end as quarter
            from answers where month_after <> 0
        )
        select quarters.account_id, cases.is_treated, quarters.quarter, avg(quarters.score) as score
        from quarters
        inner join first_cases as cases on quarters.account_id = cases.account_id
        where quarters.quarter between -4 and {last_quarter}
            and cases.count_months_after >= {windows.score_months}
        group by quarters.account_id, cases.is_treated, quarters.quarter
        order by quarters.account_id, quarters.quarter
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeFrames:
    """The frames that programme effects are estimated from."""

    cases: pd.DataFrame
    panel: pd.DataFrame
    accounts_per_year: int


def read_programme(run: Run, windows: Windows, *, voluntary_only: bool) -> ProgrammeFrames:
    """Read them in one go."""
    frames = run.warehouse.read_all(queries(windows, voluntary_only=voluntary_only))
    return ProgrammeFrames(
        cases=frames["cases"],
        panel=frames["panel"],
        accounts_per_year=int(frames["rate"]["accounts_per_year"].iloc[0]),
    )
