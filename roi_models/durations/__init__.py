"""How long accounts stay: curves, causes, means and extrapolation.

Belongs here: estimators of survival on counts per month or by lifelines, and what became of the landmark's accounts.
Does not belong here: the hazard model that the headline rests on (`hazards`).
"""
