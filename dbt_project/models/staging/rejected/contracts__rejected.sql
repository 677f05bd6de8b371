{{ rejected_rows('contracts') }}
