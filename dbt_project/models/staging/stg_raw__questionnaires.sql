{{ accepted_rows('questionnaires') }}
