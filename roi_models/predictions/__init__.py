"""What is foretold: per account, and by which metric best.

Belongs here: account predictions with reasons, rolling origin, the league of metrics.
Does not belong here: association and effect (`hazards`).
"""
