-- Facts that are kept although they fit nowhere: they take no part where they must not, and are counted here.
with flags as (
    select
        'orphan_answers' as flag,
        'Customers'' answers whose account, contact and address we do not know' as label,
        {{ count_where("not is_matched and audience = 'customer'") }} as count_rows
    from {{ ref('fct_survey_responses') }}
    union all
    select
        'answers_after_churn' as flag,
        'Answers given after the account had left' as label,
        {{ count_where('is_after_churn') }} as count_rows
    from {{ ref('fct_survey_responses') }}
    union all
    select
        'orphan_contacts' as flag,
        'Contacts of accounts we do not know' as label,
        {{ count_where('not is_matched') }} as count_rows
    from {{ ref('int_contacts__resolved') }}
    union all
    select
        'orphan_contracts' as flag,
        'Contracts of accounts we do not know' as label,
        {{ count_where('not is_matched') }} as count_rows
    from {{ ref('int_contracts__converted') }}
    union all
    select
        'orphan_revenue' as flag,
        'Revenue lines of accounts we do not know' as label,
        {{ count_where('not is_matched') }} as count_rows
    from {{ ref('int_revenue__converted') }}
    union all
    select
        'orphan_brand_ratings' as flag,
        'Brand ratings of accounts we do not know' as label,
        {{ count_where('not is_matched') }} as count_rows
    from {{ ref('fct_wallet_share') }}
    union all
    select
        'revenue_without_rate' as flag,
        'Revenue lines without a rate of exchange' as label,
        {{ count_where('amount is null') }} as count_rows
    from {{ ref('int_revenue__converted') }}
    union all
    select
        'contracts_without_rate' as flag,
        'Contracts without a rate of exchange' as label,
        {{ count_where('mrr_amount is null') }} as count_rows
    from {{ ref('int_contracts__converted') }}
    union all
    select
        'churn_not_at_risk' as flag,
        'Churn events of accounts that were not active then, or had left already' as label,
        {{ count_where('months.account_id is null') }} as count_rows
    from {{ ref('int_churn__events') }} as events
    left join {{ ref('fct_account_months') }} as months
        on events.account_id = months.account_id and events.event_date = months.churn_date
    union all
    select
        'activity_ended_without_event' as flag,
        'Accounts whose activity ended although no churn event says so' as label,
        {{ count_where('following.account_id is null') }} as count_rows
    from {{ ref('int_account_months__spine') }} as months
    cross join {{ ref('int_calendar__as_of') }} as calendar
    left join {{ ref('int_account_months__spine') }} as following
        on months.account_id = following.account_id and {{ add_months('months.month', 1) }} = following.month
    where months.churn_kind is null and months.month < calendar.as_of_month
    union all
    select
        'orphan_merges' as flag,
        'Accounts merged into one that we do not know' as label,
        {{ count_where('merged_into is not null and account_id = resolved_account_id') }} as count_rows
    from {{ ref('int_accounts__resolved') }}
    union all
    select
        'touchpoint_nps' as flag,
        'NPS answers from touchpoint surveys, though NPS is a question about the relationship' as label,
        {{ count_where("answers.survey_kind = 'touchpoint'") }} as count_rows
    from {{ ref('fct_survey_responses') }} as answers
    inner join {{ source('control', 'metrics') }} as metrics on answers.metric_id = metrics.metric_id and metrics.kind = 'nps'
    union all
    select
        'nps_off_standard_scale' as flag,
        'NPS answers on another scale than 0 to 10' as label,
        {{ count_where("answers.scale_min <> 0 or answers.scale_max <> 10") }} as count_rows
    from {{ ref('fct_survey_responses') }} as answers
    inner join {{ source('control', 'metrics') }} as metrics on answers.metric_id = metrics.metric_id and metrics.kind = 'nps'
)

select
    flag,
    label,
    count_rows
from flags
