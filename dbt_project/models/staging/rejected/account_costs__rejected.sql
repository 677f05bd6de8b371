{{ rejected_rows('account_costs') }}
