with

{{ classify('attribute_ratings') }}
