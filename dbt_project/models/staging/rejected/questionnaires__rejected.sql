{{ rejected_rows('questionnaires') }}
