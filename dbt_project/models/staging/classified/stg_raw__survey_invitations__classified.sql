with

{{ classify('survey_invitations') }}
