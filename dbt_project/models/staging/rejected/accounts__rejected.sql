{{ rejected_rows('accounts') }}
