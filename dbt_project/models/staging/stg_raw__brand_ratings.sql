{{ accepted_rows('brand_ratings') }}
