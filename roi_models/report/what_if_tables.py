"""What the page ships for its sliders, as published tables: an auditor can work out every answer from them.

Belongs here: the shipped draws as frames. Does not belong here: packing them for the page (`what_if_data.py`), names of
tables (`tables.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.case.case_results import BusinessCase
from roi_models.case.flows import tables
from roi_models.case.what_if import shipped


def replicates(case: BusinessCase) -> pd.DataFrame:
    """One row per draw of the coefficients, uplift and period: revenue kept in the programme's segments, unrounded.

    `period`: year, or month where months are discounted one by one; from 1. Draws and replicates count from 0.
    """
    part = shipped(case)
    given = tables(part.response, part.assumptions, with_draws=True)
    replicate, knot, period = (axis.ravel() for axis in np.indices(given.kept_draws.shape))
    return pd.DataFrame(
        {
            "replicate": replicate,
            "uplift": given.knots[knot],
            "period": period + 1,
            "retained_revenue_amount": given.kept_draws.ravel(),
        }
    )


def ranks(case: BusinessCase) -> pd.DataFrame:
    """One row per shipped draw: its replicate, by how much it multiplies revenue from expansion, and the rank of each
    uncertain input among `count_ranks`: it stands for the probability (rank + ½) / count_ranks."""
    sample = shipped(case).sample
    return pd.DataFrame(
        {
            "draw": np.arange(len(sample)),
            "replicate": sample.replicate,
            "expansion_factor": sample.expansion_factor,
            "count_ranks": sample.count_ranks or len(sample),
            **{f"rank_{name}": sample.ranks[name] for name in case.assumptions.uncertain},
        }
    )
