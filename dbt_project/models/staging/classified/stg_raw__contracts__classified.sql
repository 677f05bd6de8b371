with

{{ classify('contracts', checks=[
    ('ends_before_start', 'end_date', 'end_date < start_date'),
]) }}
