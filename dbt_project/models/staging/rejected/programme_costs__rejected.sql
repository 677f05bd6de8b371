{{ rejected_rows('programme_costs') }}
