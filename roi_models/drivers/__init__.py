"""What goes with the score: attributes, touchpoints, themes of comments.

Belongs here: relative importance, themes and their effects.
Does not belong here: what goes with retention (`hazards`).
"""
