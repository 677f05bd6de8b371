{{ rejected_rows('contacts') }}
