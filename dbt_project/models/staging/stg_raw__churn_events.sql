{{ accepted_rows('churn_events') }}
