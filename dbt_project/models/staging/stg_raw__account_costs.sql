{{ accepted_rows('account_costs') }}
