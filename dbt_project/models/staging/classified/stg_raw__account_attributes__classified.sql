with

{{ classify('account_attributes') }}
