"""Whether it may be believed: checks, attempts to break the headline, verdict and wording.

Belongs here: checks with thresholds, robustness, the rule of the claim, the headline's sentence.
Does not belong here: estimates that are told for their own sake (the other rooms).
"""
