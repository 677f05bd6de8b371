-- When each person of an active account is due for the relationship survey: counted from the account's sign-up, and
-- where a due date comes too soon after the one before, moved or flagged as the configured precedence says.
with rules as (
    select
        *,
        case
            when calendar_precedence = 'gap' then greatest(contact_gap_days, calendar_then_days) else calendar_then_days
        end as step_days,
        -- The most that the second survey can come after the first.
        case
            when calendar_precedence = 'gap' then greatest(contact_gap_days, calendar_second_days)
            else calendar_second_days
        end as second_days
    from {{ source('control', 'rules') }}
),

people as (
    select
        contacts.contact_id,
        contacts.account_id,
        accounts.start_date,
        calendar.next_month,
        {{ add_months('calendar.next_month', -24) }} as window_start
    from {{ ref('int_contacts__resolved') }} as contacts
    inner join {{ ref('dim_accounts') }} as accounts on contacts.account_id = accounts.account_id
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where contacts.is_matched and accounts.is_active and accounts.start_date is not null
),

digits as (
    select 0 as digit
    {%- for digit in range(1, 10) %}
    union all
    select {{ digit }}
    {%- endfor %}
),

-- As many as two years and the next date can hold: at most one a day.
numbers as (
    select hundreds.digit * 100 + tens.digit * 10 + ones.digit as place
    from digits as hundreds
    cross join digits as tens
    cross join digits as ones
    cross join rules
    where hundreds.digit * 100 + tens.digit * 10 + ones.digit <= floor(731 / rules.step_days) + 6
),

-- The first survey, and those from the last one that can lie before the window: an account of thirty years' standing
-- takes no more rows than one of three.
occurrences as (
    select
        people.*,
        cast(
            case
                when numbers.place = 0 then 0
                else
                    numbers.place - 1
                    + greatest(
                        1,
                        floor(
                            (
                                {{ days_between('people.start_date', 'people.window_start') }}
                                - rules.calendar_first_days
                                - rules.second_days
                            ) / rules.step_days
                        )
                    )
            end as int
        ) as occurrence
    from people
    cross join rules
    cross join numbers
),

planned as (
    select
        occurrences.contact_id,
        occurrences.account_id,
        occurrences.occurrence,
        occurrences.start_date,
        occurrences.next_month,
        occurrences.window_start,
        rules.contact_gap_days,
        case
            when occurrences.occurrence = 0 then rules.calendar_first_days
            else
                rules.calendar_first_days + rules.calendar_second_days
                + (occurrences.occurrence - 1) * rules.calendar_then_days
        end as due_days,
        -- With precedence `gap`, p(0) = d(0) and p(k) = max(d(k), p(k-1) + gap) over the due days d. Written out, p(k) is
        -- the largest of d(j) + (k - j) * gap over j = 0..k; d is linear from j = 1 on, so the largest is at j = 0, 1 or k:
        -- p(k) = first + max(k * gap, second + (k - 1) * max(gap, then)). No recursion, exact for every configuration.
        case
            when occurrences.occurrence = 0 then rules.calendar_first_days
            when rules.calendar_precedence = 'gap'
                then
                    rules.calendar_first_days
                    + greatest(
                        occurrences.occurrence * rules.contact_gap_days,
                        rules.calendar_second_days + (occurrences.occurrence - 1) * rules.step_days
                    )
            else rules.calendar_first_days + rules.calendar_second_days + (occurrences.occurrence - 1) * rules.step_days
        end as planned_days,
        -- The same for the one before.
        case
            when occurrences.occurrence = 0 then null
            when occurrences.occurrence = 1 then rules.calendar_first_days
            when rules.calendar_precedence = 'gap'
                then
                    rules.calendar_first_days
                    + greatest(
                        (occurrences.occurrence - 1) * rules.contact_gap_days,
                        rules.calendar_second_days + (occurrences.occurrence - 2) * rules.step_days
                    )
            else rules.calendar_first_days + rules.calendar_second_days + (occurrences.occurrence - 2) * rules.step_days
        end as previous_days
    from occurrences
    cross join rules
),

dated as (
    select
        *,
        cast({{ dbt.dateadd('day', 'due_days', 'start_date') }} as date) as due_date,
        cast({{ dbt.dateadd('day', 'planned_days', 'start_date') }} as date) as planned_date,
        cast({{ dbt.dateadd('day', 'previous_days', 'start_date') }} as date) as previous_planned_date
    from planned
)

select
    contact_id,
    account_id,
    cast(occurrence + 1 as int) as survey_number,
    due_date,
    previous_planned_date,
    cast(due_days - previous_days as int) as due_gap_days,
    coalesce(due_days - previous_days < contact_gap_days, false) as is_conflict,
    planned_date,
    cast(planned_days - due_days as int) as moved_days,
    coalesce(planned_days - previous_days < contact_gap_days, false) as is_gap_violation,
    planned_date >= next_month as is_next
from dated
where
    planned_date >= window_start
    and (planned_date < next_month or previous_planned_date is null or previous_planned_date < next_month)
