-- What our own people believe against what customers say: the same question, asked of both. Withheld while either side
-- has too few answers; a question that only one side was asked has no gap.
select
    customers.metric_id,
    customers.metric_label,
    customers.metric_version,
    customers.is_current_version,
    employees.count_answers as count_employee_answers,
    customers.count_answers as count_customer_answers,
    employees.is_suppressed or customers.is_suppressed as is_suppressed,
    case when not customers.is_suppressed then employees.high_pct end as employee_high_pct,
    case when not employees.is_suppressed then customers.high_pct end as customer_high_pct,
    cast(employees.high_pct - customers.high_pct as decimal(18, 6)) as gap_high_pct,
    case when not customers.is_suppressed then employees.mean_score end as employee_mean_score,
    case when not employees.is_suppressed then customers.mean_score end as customer_mean_score,
    cast(employees.mean_score - customers.mean_score as decimal(18, 6)) as gap_mean_score
from {{ ref('agg_metric_scores') }} as customers
inner join {{ ref('agg_metric_scores') }} as employees
    on customers.metric_id = employees.metric_id and customers.metric_version = employees.metric_version
where
    customers.audience = 'customer'
    and employees.audience = 'employee'
    and customers.period_kind = 'all'
    and employees.period_kind = 'all'
    and customers.slice_name = 'total'
    and employees.slice_name = 'total'
