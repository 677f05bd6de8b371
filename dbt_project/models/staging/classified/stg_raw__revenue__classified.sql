with

{{ classify('revenue', checks=[
    ('ends_before_start', 'period_end', 'period_end < period_start'),
    ('sign_against_kind', 'amount', "(kind in ('recurring', 'one-off') and amount < 0) or (kind in ('credit', 'refund') and amount > 0)"),
]) }}
