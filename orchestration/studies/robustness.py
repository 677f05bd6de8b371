"""The robustness card: what is read from the marts to try to break the headline.

Belongs here: its queries. Does not belong here: estimation and sentences (`roi_models/verdicts/robustness_study.py`).
"""

from __future__ import annotations

import pandas as pd

from orchestration.marts import read_cells, read_cells_by_year, read_control_levels
from orchestration.run import Run
from orchestration.studies.study_asset import StudySpec
from roi_models.results import BusinessCase, RetentionEffect
from roi_models.study import Study
from roi_models.verdicts.robustness_study import TABLES, study_robustness

# Accounts whose scores are made anew from the answers: enough to meet every rule, few enough to cost nothing.
AUDITED_ACCOUNTS = 300

# Every score that a month was given, made anew from the answers themselves, in other words than the warehouse's: each
# person's last answer known strictly before the month, if young enough; then the mean over people.
AUDIT = f"""
with audited as (
    select account_id
    from marts.fct_account_months
    group by account_id
    order by md5(account_id)
    limit {AUDITED_ACCOUNTS}
),

months as (
    select account_id, month, score, score_state
    from marts.fct_account_months
    where account_id in (from audited)
),

answers as (
    select account_id, contact_key, known_at, avg(oriented_score) as score
    from marts.fct_survey_responses
    where metric_id = $1 and audience = 'customer' and is_matched and is_current_version
        and account_id in (from audited)
    group by account_id, contact_key, known_at
),

people as (
    select months.account_id, months.month, answers.contact_key,
        arg_max(answers.score, answers.known_at) as score, max(answers.known_at) as known_at
    from months
    inner join answers on months.account_id = answers.account_id and answers.known_at < months.month
    group by months.account_id, months.month, answers.contact_key
    having date_diff('day', cast(max(answers.known_at) as date), months.month) <= $2
),

again as (
    select account_id, month, avg(score) as score,
        min(date_diff('day', cast(known_at as date), month)) as age_days
    from people
    group by account_id, month
)

select
    count(*) as count_checked,
    count(*) filter (
        where abs(coalesce(months.score, -1) - coalesce(again.score, -1)) > 0.0002
            or months.score_state <> case
                when again.score is null then 'silent' when again.age_days <= $3 then 'fresh' else 'stale'
            end
    ) as count_different
from months
left join again on months.account_id = again.account_id and months.month = again.month
"""

ANSWERS = """
select
    count(*) as count_answers,
    count(*) filter (where cast(known_at as date) > cast(responded_at as date)) as count_late,
    count(*) filter (where is_after_churn) as count_after_churn
from marts.fct_survey_responses
where metric_id = $1 and audience = 'customer' and is_matched and is_current_version
"""

# Answers two to seven months before and after each month, on the same account-months of customers who stayed: a whole
# month lies between, on either side.
LEAD = """
with answers as (
    select account_id, date_trunc('month', responded_at) as month, sum(oriented_score) as score_sum, count(*) as n
    from marts.fct_survey_responses
    where metric_id = $1 and audience = 'customer' and is_matched and is_current_version
    group by all
),

months as (
    select
        months.account_id, months.month, months.account_group, months.churn_kind,
        sum(answers.score_sum) over past / sum(answers.n) over past as before,
        sum(answers.score_sum) over future / sum(answers.n) over future as after
    from marts.fct_account_months as months
    left join answers on months.account_id = answers.account_id and months.month = answers.month
    window
        past as (
            partition by months.account_id order by months.month
            range between interval 7 month preceding and interval 2 month preceding
        ),
        future as (
            partition by months.account_id order by months.month
            range between interval 2 month following and interval 7 month following
        )
),

sides as (
    unpivot (
        select * from months where before is not null and after is not null and churn_kind is null
    ) on before, after into name side value score
)

select
    sides.side,
    sides.account_group,
    cast(cast(floor(sides.score / $2) as int) as varchar) as score_bin,
    count(*) as count_at_risk,
    count(*) filter (where movements.movement = 'contraction') as count_contracted,
    sum(sides.score) as score_sum
from sides
left join marts.fct_mrr_movements as movements
    on sides.account_id = movements.account_id and sides.month = movements.month
group by all
order by all
"""

SILENT_REVENUE = """
select sum(mrr_amount) filter (where score_state = 'silent') / nullif(sum(mrr_amount), 0) as share
from marts.dim_accounts where is_active
"""


def conduct(run: Run, retention_effect: RetentionEffect, business_case: BusinessCase | None) -> Study:
    """Read the cells, make a sample of scores anew, and try to break the headline."""
    metric = run.metrics.primary_metric
    horizon = run.metrics.primary.horizon_days or run.metrics.stale_days
    read = run.warehouse.read
    return study_robustness(
        retention_effect,
        business_case,
        cells=read_cells(run),
        cells_by_year=read_cells_by_year(run),
        control_levels=read_control_levels(run),
        audit=read(AUDIT, [metric, horizon, run.metrics.fresh_days]).iloc[0],
        answers=read(ANSWERS, [metric]).iloc[0],
        lead_cells=lead_cells(run),
        silent_revenue_share=float(read(SILENT_REVENUE)["share"].fillna(0.0).iloc[0]),
    )


def lead_cells(run: Run) -> pd.DataFrame:
    """Account-months with answers on both sides, by side, account group and bin of the score."""
    return run.warehouse.read(LEAD, [run.metrics.primary_metric, float(run.metrics.primary.bin_width)])


ROBUSTNESS = StudySpec(
    name="robustness",
    description="Attempts to break the headline: leaks, leads, silence, hidden causes, other years, many looks.",
    marts=(
        "agg_hazard_cells",
        "agg_control_levels",
        "fct_account_months",
        "fct_survey_responses",
        "fct_mrr_movements",
        "dim_accounts",
    ),
    tables=TABLES,
    conduct=conduct,
    upstream=("retention_effect", "business_case"),
)
