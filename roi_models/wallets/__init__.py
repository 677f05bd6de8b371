"""Share of wallet: the rule, the measured share, and how it follows rank, score and value.

Belongs here: ranks into shares, fractional logit, changes, customer value added.
Does not belong here: revenue (`revenue`).
"""
