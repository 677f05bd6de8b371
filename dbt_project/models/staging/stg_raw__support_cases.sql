{{ accepted_rows('support_cases') }}
