{{ rejected_rows('revenue') }}
