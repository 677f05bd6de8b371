-- The list to work on a Monday morning: active accounts, the most money at risk first, each with what is known of it now.
-- Rules decide, not models: what a model makes of an account stands in the schema roi.
with effort as (
    select min(case when kind = 'ces' then metric_id end) as effort_metric
    from {{ source('control', 'metrics') }}
),

uses as (
    select
        parameters.primary_metric,
        rules.loyalty_metric,
        rules.risk_metric,
        rules.risk_run,
        effort.effort_metric
    from {{ source('control', 'run_parameters') }} as parameters
    cross join {{ source('control', 'rules') }} as rules
    cross join effort
),

states as (
    -- One row per account: its states now, by what the programme uses each metric for.
    select
        states.account_id,
        {%- for use in ['primary', 'loyalty', 'risk', 'effort'] %}
        max(case when states.metric_id = uses.{{ use }}_metric then states.score end) as {{ use }}_score,
        max(case when states.metric_id = uses.{{ use }}_metric then states.score_age_days end) as {{ use }}_age_days,
        max(case when states.metric_id = uses.{{ use }}_metric then states.score_state end) as {{ use }}_state,
        {%- endfor %}
        {%- for role in ['executive', 'champion', 'user'] %}
        max(case when states.metric_id = uses.primary_metric then states.{{ role }}_score end) as {{ role }}_score,
        {%- endfor %}
        max(case when states.metric_id = uses.primary_metric then states.count_contacts end) as count_contacts
    from {{ ref('int_feedback__account_states') }} as states
    inner join {{ ref('int_calendar__as_of') }} as calendar on states.month = calendar.next_month
    cross join uses
    group by states.account_id
),

steps as (
    select
        months.account_id,
        months.month,
        months.mrr_amount,
        lag(months.month) over (partition by months.account_id order by months.month) as previous_month,
        lag(months.mrr_amount) over (partition by months.account_id order by months.month) as previous_mrr_amount
    from {{ ref('fct_account_months') }} as months
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where months.month >= {{ add_months('calendar.as_of_month', -12) }}
),

-- From month to month while it was a customer: neither its first month nor its return is an expansion.
movements as (
    select
        account_id,
        {{ sum_money('case when mrr_amount > previous_mrr_amount then mrr_amount - previous_mrr_amount else 0 end') }}
            as expansion_amount,
        {{ sum_money('case when mrr_amount < previous_mrr_amount then previous_mrr_amount - mrr_amount else 0 end') }}
            as contraction_amount
    from steps
    where previous_month = {{ add_months('month', -1) }}
    group by account_id
),

cases as (
    select
        coalesce(resolved.resolved_account_id, cases.account_id) as account_id,
        {{ count_where('cases.closed_at is null or cases.closed_at >= calendar.next_month') }} as count_open_cases,
        {{ count_where(
            "cases.opened_at >= cast(" ~ dbt.dateadd('day', -90, 'calendar.next_month') ~ " as date)"
        ) }} as count_cases_90d
    from {{ ref('stg_raw__support_cases') }} as cases
    cross join {{ ref('int_calendar__as_of') }} as calendar
    left join {{ ref('int_accounts__resolved') }} as resolved on cases.account_id = resolved.account_id
    where cases.opened_at < calendar.next_month
    group by coalesce(resolved.resolved_account_id, cases.account_id)
),

supply as (
    select count(*) as count_cases from {{ ref('stg_raw__support_cases') }}
),

joined as (
    select
        accounts.account_id,
        accounts.name,
        accounts.owner,
        accounts.segment,
        accounts.region,
        accounts.parent_account_id,
        accounts.currency_code,
        accounts.mrr_amount,
        accounts.tenure_months,
        accounts.months_to_renewal,
        coalesce(movements.expansion_amount, 0) as expansion_amount,
        coalesce(movements.contraction_amount, 0) as contraction_amount,
        case when supply.count_cases > 0 then coalesce(cases.count_open_cases, 0) end as count_open_cases,
        case when supply.count_cases > 0 then coalesce(cases.count_cases_90d, 0) end as count_cases_90d,
        states.primary_score,
        states.primary_age_days,
        coalesce(states.primary_state, 'silent') as primary_state,
        states.loyalty_score,
        states.loyalty_age_days,
        coalesce(states.loyalty_state, 'silent') as loyalty_state,
        states.risk_score,
        states.risk_age_days,
        coalesce(states.risk_state, 'silent') as risk_state,
        states.effort_score,
        states.effort_age_days,
        coalesce(states.effort_state, 'silent') as effort_state,
        states.executive_score,
        states.champion_score,
        states.user_score,
        coalesce(states.count_contacts, 0) as count_contacts,
        coalesce(voices.count_people_known, 0) as count_people_known,
        coalesce(voices.count_people_heard, 0) as count_people_heard,
        {{ days_between('voices.last_answer_at', 'calendar.next_month') }} as days_since_answer,
        coalesce(voices.count_low_run, 0) as count_low_run,
        coalesce(voices.latest_risk_class = 'high', false) as is_last_positive,
        coalesce(states.loyalty_score <= loyalty.unfavourable_max, false) as is_detractor,
        coalesce(states.loyalty_score >= loyalty.favourable_min, false) as is_promoter,
        margins.revenue_amount,
        margins.cost_amount,
        margins.margin_amount,
        margins.margin_amount < 0 as is_unprofitable,
        uses.primary_metric,
        uses.risk_run,
        coalesce(primaries.label, uses.primary_metric) as primary_label,
        coalesce(loyalty.label, uses.loyalty_metric) as loyalty_label,
        coalesce(risks.label, uses.risk_metric) as risk_label
    from {{ ref('dim_accounts') }} as accounts
    cross join {{ ref('int_calendar__as_of') }} as calendar
    cross join uses
    cross join supply
    left join {{ source('control', 'metrics') }} as primaries on uses.primary_metric = primaries.metric_id
    left join {{ source('control', 'metrics') }} as loyalty on uses.loyalty_metric = loyalty.metric_id
    left join {{ source('control', 'metrics') }} as risks on uses.risk_metric = risks.metric_id
    left join states on accounts.account_id = states.account_id
    left join movements on accounts.account_id = movements.account_id
    left join cases on accounts.account_id = cases.account_id
    left join {{ ref('int_accounts__voices') }} as voices on accounts.account_id = voices.account_id
    left join {{ ref('int_accounts__margins') }} as margins on accounts.account_id = margins.account_id
    where accounts.is_active
),

judged as (
    select
        *,
        count_low_run >= risk_run and is_detractor as is_at_risk,
        is_last_positive and is_promoter as is_advocate,
        case
            when count_low_run >= risk_run and is_detractor then 'at risk'
            when count_low_run >= risk_run or is_detractor then 'warning'
            when primary_state = 'silent' then 'silent'
            when is_last_positive and is_promoter then 'advocate'
            else 'steady'
        end as attention
    from joined
),

told as (
    select
        *,
        case when is_at_risk then mrr_amount else 0 end as mrr_at_risk_amount,
        case attention when 'at risk' then 1 when 'warning' then 2 when 'silent' then 3 else 4 end as attention_order,
        case
            when count_low_run >= risk_run and is_detractor
                then
                    cast(count_low_run as {{ dbt.type_string() }}) || ' negative answers to ' || risk_label
                    || ' in a row and a detractor on ' || loyalty_label
            when count_low_run >= risk_run
                then cast(count_low_run as {{ dbt.type_string() }}) || ' negative answers to ' || risk_label || ' in a row'
            when is_detractor then 'detractor on ' || loyalty_label
            when primary_state = 'silent' and days_since_answer is null then 'never answered'
            when primary_state = 'silent'
                then
                    'no ' || primary_label || ' answer that still counts, last heard '
                    || cast(days_since_answer as {{ dbt.type_string() }}) || ' days ago'
            when is_last_positive and is_promoter
                then 'latest answer to ' || risk_label || ' positive and a promoter on ' || loyalty_label
            else 'nothing stands out'
        end as main_reason,
        case
            when months_to_renewal <= 3
                then '; renewal in month ' || cast(months_to_renewal as {{ dbt.type_string() }}) || ' from now'
            else ''
        end as renewal_reason,
        case when is_unprofitable then '; unprofitable' else '' end as margin_reason
    from judged
)

select
    cast(
        row_number() over (order by mrr_at_risk_amount desc, attention_order asc, mrr_amount desc, account_id asc) as bigint
    ) as priority_rank,
    account_id,
    name,
    owner,
    segment,
    region,
    parent_account_id,
    attention,
    main_reason || renewal_reason || margin_reason as reason,
    currency_code,
    cast(mrr_amount as decimal(38, 2)) as mrr_amount,
    cast(12 * mrr_amount as decimal(38, 2)) as arr_amount,
    cast(mrr_at_risk_amount as decimal(38, 2)) as mrr_at_risk_amount,
    is_at_risk,
    is_advocate,
    is_detractor,
    is_promoter,
    count_low_run,
    tenure_months,
    months_to_renewal,
    cast(expansion_amount - contraction_amount as decimal(38, 2)) as mrr_change_12m_amount,
    cast(expansion_amount as decimal(38, 2)) as expansion_12m_amount,
    cast(contraction_amount as decimal(38, 2)) as contraction_12m_amount,
    cast(count_open_cases as bigint) as count_open_cases,
    cast(count_cases_90d as bigint) as count_cases_90d,
    primary_metric as metric_id,
    cast(primary_score as decimal(9, 4)) as score,
    cast(primary_age_days as int) as score_age_days,
    primary_state as score_state,
    {%- for use in ['loyalty', 'risk', 'effort'] %}
    cast({{ use }}_score as decimal(9, 4)) as {{ use }}_{{ 'metric_' if use == 'risk' }}score,
    cast({{ use }}_age_days as int) as {{ use }}_{{ 'metric_' if use == 'risk' }}age_days,
    {{ use }}_state as {{ use }}_{{ 'metric_' if use == 'risk' }}state,
    {%- endfor %}
    cast(executive_score as decimal(9, 4)) as executive_score,
    cast(champion_score as decimal(9, 4)) as champion_score,
    cast(user_score as decimal(9, 4)) as user_score,
    cast(count_contacts as bigint) as count_contacts,
    cast(count_people_known as bigint) as count_people_known,
    cast(count_people_heard as bigint) as count_people_heard,
    cast(100.0 * count_people_heard / nullif(count_people_known, 0) as decimal(9, 4)) as coverage_pct,
    cast(days_since_answer as int) as days_since_answer,
    cast(revenue_amount as decimal(38, 2)) as revenue_12m_amount,
    cast(cost_amount as decimal(38, 2)) as cost_12m_amount,
    cast(margin_amount as decimal(38, 2)) as margin_amount,
    is_unprofitable
from told
