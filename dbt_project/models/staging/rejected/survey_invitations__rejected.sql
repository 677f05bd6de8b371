{{ rejected_rows('survey_invitations') }}
