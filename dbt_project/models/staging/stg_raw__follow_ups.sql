{{ accepted_rows('follow_ups') }}
