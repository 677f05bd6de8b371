with

{{ classify('attribute_ratings', checks=[('off_scale', 'score', 'score < scale_min or score > scale_max')]) }}
