with

{{ classify('account_costs') }}
