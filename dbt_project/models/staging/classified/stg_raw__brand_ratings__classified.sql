with

{{ classify('brand_ratings') }}
