with

{{ classify('churn_events') }}
