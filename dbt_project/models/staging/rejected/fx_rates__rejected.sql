{{ rejected_rows('fx_rates') }}
