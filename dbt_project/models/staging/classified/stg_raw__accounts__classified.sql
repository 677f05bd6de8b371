with

{{ classify('accounts') }}
