with

{{ classify('ledger_revenue') }}
