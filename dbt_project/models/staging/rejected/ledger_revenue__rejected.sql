{{ rejected_rows('ledger_revenue') }}
