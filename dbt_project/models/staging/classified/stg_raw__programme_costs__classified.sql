with

{{ classify('programme_costs') }}
