{{ accepted_rows('ledger_revenue') }}
