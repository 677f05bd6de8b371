"""Revenue of those who stay, and net revenue retention out of its movements.

Belongs here: contraction, expansion, paths of revenue, growth of stayers.
Does not belong here: departures alone (`hazards`), discounted cash (`case`).
"""
