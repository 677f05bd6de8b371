{{ rejected_rows('follow_ups') }}
