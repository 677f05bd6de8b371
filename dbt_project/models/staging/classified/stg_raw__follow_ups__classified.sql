with

{{ classify('follow_ups') }}
