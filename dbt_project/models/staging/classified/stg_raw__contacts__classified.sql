with

{{ classify('contacts') }}
