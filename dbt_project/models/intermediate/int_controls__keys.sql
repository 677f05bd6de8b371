-- All control levels of an account as one key, `control=level` pairs in the order of their names.
select
    account_id,
    {{ string_list("control_id || '=' || level") }} as control_key
from {{ ref('int_controls__levels') }}
group by account_id
