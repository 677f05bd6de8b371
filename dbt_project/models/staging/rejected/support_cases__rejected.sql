{{ rejected_rows('support_cases') }}
