{{ rejected_rows('attribute_ratings') }}
