"""The satisfaction behind the answers: how much of a score is real.

Belongs here: variance of answers, reliability of scores, the slope corrected for noise.
Does not belong here: fitting the observed slope (`hazards`).
"""
