-- The first month that must be built again: the earliest whose inputs are not those of the build before. Where nothing
-- differs it lies beyond every calendar. Scores know nothing of activity and departures, so they are often built again
-- from later on (`states_month`). Answers carry the file and row they came from: where a snapshot was replaced by another
-- that says the same, only the answers are built again (`answers_month`), and nothing that is made from them.
with compared as (
    select
        coalesce(present.input_name, carried.input_name) as input_name,
        coalesce(present.month, carried.month) as month,
        present.count_rows as present_count,
        carried.count_rows as carried_count,
        present.checksum as present_checksum,
        carried.checksum as carried_checksum
    from {{ ref('int_rebuild__fingerprints') }} as present
    full outer join {{ source('carried', 'fingerprints') }} as carried
        on present.input_name = carried.input_name and present.month = carried.month
)

select
    coalesce(min(case when input_name <> 'origins' then month end), cast('9999-12-01' as date)) as month,
    coalesce(
        min(case when input_name in ('answers', 'calendar') then month end), cast('9999-12-01' as date)
    ) as states_month,
    coalesce(
        min(case when input_name in ('answers', 'origins') then month end), cast('9999-12-01' as date)
    ) as answers_month
from compared
where present_count is distinct from carried_count or present_checksum is distinct from carried_checksum
