"""How the revenue of accounts that stay changes from month to month, given their scores.

Belongs here: the monthly factor 1 + p·s − q·c of `revenue_paths.py`, over any number of months and any lift.
Does not belong here: estimating movements (`movement.py`), who stays (`roi_models/case/projection.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.case.projection import Projection, project
from roi_models.revenue.movement import MonthlyHazard, MovementSize

CONTRACTION, EXPANSION = "contraction", "expansion"
_SIGNS = {CONTRACTION: -1.0, EXPANSION: 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Movement:
    """One movement: its hazard laid out over accounts and months, and the size of a move."""

    sign: float
    hazard: MonthlyHazard
    layout: Projection | None
    size: MovementSize


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthPath:
    """`factor` gives each account's growth in a month; `score` as of today, NaN where silent."""

    score: np.ndarray
    movements: tuple[_Movement, ...]

    def factor(self, month: int, lift: np.ndarray) -> np.ndarray:
        """1 + Σ sign · chance · size of each account in `month` (from 0) with its score moved by `lift`
        (accounts × uplifts)."""
        total = np.ones_like(lift)
        for movement in self.movements:
            hazard = movement.hazard
            log_hazard = np.full(lift.shape, hazard.coef[0])
            if movement.layout is not None:
                layout = movement.layout
                steps = (layout.step_design @ hazard.coef)[layout.step_code[month]]
                log_hazard = (layout.static @ hazard.coef + steps)[:, None] + hazard.slope * lift
            sizes = np.stack(
                [
                    movement.size.columns(self.score + lift[:, knot]) @ movement.size.coef
                    for knot in range(lift.shape[1])
                ],
                axis=1,
            )
            total += movement.sign * -np.expm1(-np.exp(log_hazard)) * sizes
        return total


def lay_out_growth(
    hazards: dict[str, MonthlyHazard],
    sizes: dict[str, MovementSize],
    accounts: pd.DataFrame,
    *,
    months: int,
    renewal_interval_months: int,
) -> GrowthPath:
    """The path of `accounts` (as for `projection.project`, in the order of the case) over `months`."""
    movements = tuple(
        _Movement(
            sign=_SIGNS[name],
            hazard=hazards[name],
            layout=None
            if hazards[name].problem is not None
            else project(
                hazards[name].encoding, accounts, months=months, renewal_interval_months=renewal_interval_months
            ),
            size=size,
        )
        for name, size in sorted(sizes.items())
    )
    return GrowthPath(score=accounts["score"].astype(float).to_numpy(), movements=movements)
