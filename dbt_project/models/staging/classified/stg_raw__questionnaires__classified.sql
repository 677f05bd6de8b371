with

{{ classify('questionnaires') }}
