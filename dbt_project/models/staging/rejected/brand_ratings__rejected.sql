{{ rejected_rows('brand_ratings') }}
