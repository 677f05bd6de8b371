{{ accepted_rows('attribute_ratings') }}
