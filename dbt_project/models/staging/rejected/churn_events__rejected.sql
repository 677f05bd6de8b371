{{ rejected_rows('churn_events') }}
