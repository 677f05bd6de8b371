{{ accepted_rows('programme_costs') }}
