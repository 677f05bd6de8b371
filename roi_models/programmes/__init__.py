"""What a programme did: arms compared as they were drawn, and the next hold-out.

Belongs here: effects, balance, difference in differences, power.
Does not belong here: what a programme would be worth (`case`).
"""
