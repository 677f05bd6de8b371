with

{{ classify('fx_rates') }}
