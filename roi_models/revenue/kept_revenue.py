"""Revenue kept over months of the bridge, at equal rates of exchange.

Belongs here: the product over months. Does not belong here: which months (`growth.py`, `case/realised.py`).
"""

from __future__ import annotations

import pandas as pd


def kept_revenue(bridge: pd.DataFrame) -> tuple[float, float]:
    """Net and gross revenue retention (1 = all kept): Π(1 − contraction − churn [+ expansion]) over the rows.

    `bridge`: opening_amount (above zero), expansion_amount, contraction_amount, churn_amount, one row per month. Rates
    of exchange, new and returned accounts are no part of what is kept.
    """
    parts = ["expansion_amount", "contraction_amount", "churn_amount"]
    shares = bridge[parts].astype(float).div(bridge["opening_amount"].astype(float), axis=0)
    kept = 1 - shares["contraction_amount"] - shares["churn_amount"]
    return float((kept + shares["expansion_amount"]).prod()), float(kept.prod())
