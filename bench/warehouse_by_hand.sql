-- The tables of bench/warehouse.py as one would write them for DuckDB alone. {first_month} and {as_of} are filled in.
drop schema if exists hand cascade;
create schema hand;
create table hand.answers as
select contacts.account_id, answers.contact_id, contacts.role, cast(answers.score as decimal(9, 4)) as score,
    cast(answers.responded_at as timestamp) as known_at
from raw.survey_responses as answers join raw.contacts as contacts using (contact_id);
create table hand.months as
select cast(month as date) as month
from generate_series(date '{first_month}', date '{as_of}' + interval 1 month, interval 1 month) as series(month);
create table hand.contact_months as
with grid as (
    select contacts.contact_id, contacts.account_id, contacts.role, months.month
    from raw.contacts as contacts cross join hand.months as months
),
latest as (
    select grid.account_id, grid.contact_id, grid.role, grid.month, answers.known_at
    from grid asof join (select distinct contact_id, known_at from hand.answers) as answers
        on grid.contact_id = answers.contact_id and answers.known_at < grid.month
)
select latest.account_id, latest.contact_id, any_value(latest.role) as role, latest.month,
    date_diff('day', any_value(latest.known_at), latest.month) as age_days,
    cast(sum(answers.score) / count(*) as decimal(9, 4)) as score
from latest join hand.answers as answers using (contact_id, known_at)
where date_diff('day', latest.known_at, latest.month) <= 365
group by latest.account_id, latest.contact_id, latest.month;
create table hand.states as
with scored as (
    select account_id, month, cast(sum(score) / count(*) as decimal(9, 4)) as score, min(age_days) as age_days,
        cast(sum(score) filter (role = 'executive') / count(*) filter (role = 'executive') as decimal(9, 4))
            as executive_score,
        cast(sum(score) filter (role = 'champion') / count(*) filter (role = 'champion') as decimal(9, 4))
            as champion_score,
        cast(sum(score) filter (role = 'user') / count(*) filter (role = 'user') as decimal(9, 4)) as user_score,
        count(*) as count_contacts
    from hand.contact_months group by account_id, month
),
heard as (
    select account_id, month, count(*) as count_new
    from (select account_id, min(month) as month from hand.contact_months group by account_id, contact_id)
    group by account_id, month
)
select scored.*, case when age_days <= 183 then 'fresh' else 'stale' end as score_state,
    sum(coalesce(count_new, 0)) over up_to_now as count_heard,
    cast(avg(score) over earlier as decimal(9, 4)) as baseline_score, count(*) over earlier as count_baseline_months
from scored left join heard using (account_id, month)
window up_to_now as (partition by account_id order by month),
    earlier as (partition by account_id order by month rows between unbounded preceding and 1 preceding);
create table hand.account_months as
with active as (
    select contracts.account_id, months.month, cast(contracts.mrr_amount as decimal(18, 2)) as mrr_amount,
        accounts.segment, md5(contracts.account_id) as digest,
        date_diff('month', cast(accounts.created_at as date), months.month) as tenure_months,
        case when date_trunc('month', cast(events.event_date as date)) = months.month
            then cast(events.event_date as date) end as churn_date,
        case when date_trunc('month', cast(events.event_date as date)) = months.month
            then events.kind end as churn_kind
    from raw.contracts as contracts
    join raw.accounts as accounts using (account_id)
    join hand.months as months
        on cast(contracts.start_date as date) <= months.month and months.month <= date '{as_of}'
    left join raw.churn_events as events on contracts.account_id = events.account_id
    where events.event_date is null or months.month <= cast(events.event_date as date)
)
select active.account_id, active.month, mrr_amount, 'EUR' as currency_code, tenure_months,
    case when tenure_months < 6 then 't000' when tenure_months < 12 then 't006' when tenure_months < 24 then 't012'
        when tenure_months < 36 then 't024' when tenure_months < 60 then 't036' else 't060' end as tenure_step,
    false as is_renewal_month, churn_date, churn_kind, churn_kind is not null as is_churned, 'nps' as metric_id,
    states.score, states.age_days, coalesce(states.score_state, 'silent') as score_state,
    coalesce(states.count_contacts, 0) as count_contacts, 'segment=' || segment as control_key,
    ('0x' || left(digest, 2))::int as account_group
from active left join hand.states as states using (account_id, month);
create table hand.feedback_states as
select states.account_id, states.month, 'nps' as metric_id, states.score, states.age_days, states.score_state,
    states.executive_score, states.champion_score, states.user_score, states.count_contacts, states.count_heard,
    cast(100.0 * states.count_contacts / states.count_heard as decimal(9, 4)) as coverage_pct,
    states.baseline_score, states.count_baseline_months
from hand.account_months join hand.states as states using (account_id, month);
create table hand.cells as
select date_trunc('quarter', months.month) as calendar_quarter, lag, account_group, coalesce(states.score_state, 'silent') as score_state,
    coalesce(cast(cast(floor(states.score / 0.5) as int) as varchar), '') as score_bin, tenure_step,
    is_renewal_month as is_renewal, control_key, count(*) as count_at_risk,
    count(*) filter (churn_kind = 'voluntary') as count_voluntary,
    count(*) filter (churn_kind = 'involuntary') as count_involuntary, count(churn_kind) as count_churned,
    sum(coalesce(states.score, 0)) as score_sum, sum(mrr_amount) as mrr_sum
from hand.account_months as months
cross join range(1, 7) as lags(lag)
left join hand.states as states
    on months.account_id = states.account_id and states.month = (months.month - to_months(lag - 1))::date
group by all;
