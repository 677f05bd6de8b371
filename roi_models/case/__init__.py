"""The business case: from a slope and an uplift to discounted money.

Belongs here: assumptions, uplift, projection by g-formula, appraisal, uncertainty.
Does not belong here: estimating the slope (`hazards`, `satisfaction`).
"""
