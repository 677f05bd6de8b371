{{ accepted_rows('revenue') }}
