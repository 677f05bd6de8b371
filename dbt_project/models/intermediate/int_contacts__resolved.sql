-- Contacts with the account that survives merges. `email` is lower-cased; where several contacts share one, the
-- least contact_id stands for it, so that a match does not depend on load order.
with contacts as (
    select
        contacts.contact_id,
        coalesce(resolved.resolved_account_id, contacts.account_id) as account_id,
        resolved.resolved_account_id is not null as is_matched,
        lower(contacts.email) as email,
        contacts.role
    from {{ ref('stg_raw__contacts') }} as contacts
    left join {{ ref('int_accounts__resolved') }} as resolved on contacts.account_id = resolved.account_id
)

select
    contact_id,
    account_id,
    is_matched,
    email,
    role,
    email is not null and row_number() over (partition by email order by contact_id) = 1 as is_email_owner
from contacts
