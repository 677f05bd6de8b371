"""The frames of the metric league: accounts at dates, what was known of every metric then, and what came after.

Belongs here: queries over account-months and spans of answers, down to account × date rows. Does not belong here:
fitting, comparing and sentences (`roi_models/predictions/metric_league.py`, `roi_models/predictions/league_study.py`).

Renewals near are told from the renewals that lie behind (or from the anniversary): a leaver's later renewals are
deleted from contracts, so that a renewal date ahead would tell who stayed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# Windows of this length follow one another without overlap, so that no departure counts twice.
HORIZON_MONTHS = 6
COUNT_DATES = 12
# Rows beyond this many are left out by whole account groups: a league needs events, not millions of them.
MAX_ROWS = 40_000
_WAR_DAYS = 365


def queries(*, voluntary_only: bool, headline_lag: int, lags: Sequence[int], renewal_months: int) -> Mapping[str, str]:
    """`retention` and `share`: rows as `metric_league.hold_league` takes them; `…_answers`: what was known on each."""
    is_outcome = "months.churn_kind = 'voluntary'" if voluntary_only else "months.churn_kind is not null"
    rows = {
        "retention": _at_dates(headline_lag=headline_lag, renewal_months=renewal_months, is_outcome=is_outcome),
        "share": _at_measured_shares(headline_lag=headline_lag, renewal_months=renewal_months),
    }
    return {
        **{
            name: f"with {steps} select * exclude (account_id, as_of) from rows order by row_id"
            for name, steps in rows.items()
        },
        **{f"{name}_answers": _answers(steps, lags) for name, steps in rows.items()},
    }


def _at_dates(*, headline_lag: int, renewal_months: int, is_outcome: str) -> str:
    """Accounts at risk at each date, and whether they left in the window that begins there."""
    return f"""
        dates as (
            select calendar.next_month - to_months(cast({HORIZON_MONTHS} * steps.step as integer)) as as_of
            from intermediate.int_calendar__as_of as calendar
            cross join range(1, {COUNT_DATES} + 1) as steps(step)
            where calendar.next_month - to_months(cast({HORIZON_MONTHS} * (steps.step + 1) as integer))
                >= calendar.first_month
        ),
        people as (
            select
                months.account_id || ' ' || strftime(dates.as_of, '%Y-%m') as row_id, months.account_id,
                months.account_group, cast(dates.as_of as date) as as_of, months.tenure_step, months.tenure_months,
                months.control_key, count(*) over () as count_all
            from dates
            inner join marts.fct_account_months as months on months.month = dates.as_of
        ),
        departures as (
            select people.row_id, coalesce(bool_or({is_outcome}), false) as target
            from people
            inner join marts.fct_account_months as months
                on people.account_id = months.account_id and months.month >= people.as_of
                and months.month < people.as_of + interval {HORIZON_MONTHS} month
            group by people.row_id
        ),
        {_known_then(headline_lag, renewal_months)},
        rows as (
            select
                known.* exclude (tenure_months), departures.target,
                {_number("known.as_of")} as month, {_number("known.as_of")} as period,
                {_number("known.as_of")} + {HORIZON_MONTHS} as known_month
            from known
            inner join departures on known.row_id = departures.row_id
        )
    """


def _at_measured_shares(*, headline_lag: int, renewal_months: int) -> str:
    """Responses with a measured share, from the month in which they were given; half a year is one test period."""
    return f"""
        people as (
            select
                shares.response_id || ' ' || shares.account_id as row_id, shares.account_id, months.account_group,
                months.month as as_of, months.tenure_step, months.tenure_months, months.control_key,
                cast(shares.spend_share as double) as target, shares.count_brands as n_brands,
                count(*) over () as count_all
            from marts.fct_wallet_share as shares
            inner join marts.fct_account_months as months
                on shares.account_id = months.account_id
                and cast(date_trunc('month', shares.responded_at) as date) = months.month
            where shares.is_us and shares.is_matched and shares.is_known and shares.spend_share is not null
        ),
        {_known_then(headline_lag, renewal_months)},
        rows as (
            select
                known.* exclude (tenure_months), {_number("as_of")} as month,
                {_number("as_of")} // {HORIZON_MONTHS} as period, {_number("as_of")} + 1 as known_month
            from known
        )
    """


def _known_then(headline_lag: int, renewal_months: int) -> str:
    """Beside the people: whether heard at the headline lag, and whether an anniversary of the contract is near."""
    return f"""
        heard as (
            select distinct people.row_id
            from people
            inner join marts.fct_feedback_states as states
                on people.account_id = states.account_id
                and states.month = people.as_of - interval {headline_lag - 1} month
        ),
        renewed as (
            select people.row_id, max(renewals.month) as last_month
            from people
            inner join intermediate.int_renewals__months as renewals
                on people.account_id = renewals.account_id and renewals.month < people.as_of
            group by people.row_id
        ),
        known as (
            select
                people.*, heard.row_id is not null as is_heard,
                ({renewal_months} - coalesce(
                    datediff('month', renewed.last_month, people.as_of), people.tenure_months
                ) % {renewal_months}) % {renewal_months} < {HORIZON_MONTHS} as is_renewal_near
            from people
            left join heard on people.row_id = heard.row_id
            left join renewed on people.row_id = renewed.row_id
            where people.account_group < 256.0 * {MAX_ROWS} / people.count_all
        )
    """


def _answers(steps: str, lags: Sequence[int]) -> str:
    """What each metric said at each lag: the counting answers of the account's people, and its rank among brands."""
    return f"""
        with {steps},
        looks as (
            select rows.row_id, rows.account_id, lags.lag,
                rows.as_of - to_months(cast(lags.lag - 1 as integer)) as seen
            from rows
            cross join (select unnest([{", ".join(map(str, lags))}]) as lag) as lags
        )
        select looks.row_id, looks.lag, spans.metric_id, avg(spans.score) as mean_score,
            avg(case when spans.score >= metrics.favourable_min then 1.0 else 0.0 end) as high_share,
            avg(case when spans.score <= metrics.unfavourable_max then 1.0 else 0.0 end) as low_share
        from looks
        inner join intermediate.int_feedback__answer_spans as spans
            on looks.account_id = spans.account_id and spans.visible_from <= looks.seen
            and spans.hidden_from > looks.seen
        inner join control.metrics as metrics on spans.metric_id = metrics.metric_id
        group by looks.row_id, looks.lag, spans.metric_id
        union all
        select looks.row_id, looks.lag, 'war' as metric_id, avg(shares.war_share) as mean_score,
            null as high_share, null as low_share
        from looks
        inner join marts.fct_wallet_share as shares
            on looks.account_id = shares.account_id and shares.responded_at < looks.seen
            and shares.responded_at >= looks.seen - interval {_WAR_DAYS} day
        where shares.is_us and shares.is_matched and shares.is_known
        group by looks.row_id, looks.lag
        order by row_id, lag, metric_id
    """


def _number(month: str) -> str:
    """A month as a number that counts on across years."""
    return f"(12 * year({month}) + month({month}))"
