with

{{ classify('support_cases') }}
