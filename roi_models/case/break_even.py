"""The uplift at which the case pays for itself, by the g-formula itself and not by its table.

Belongs here: the search. Does not belong here: appraising (`flows.py`), revenue at an uplift (`respond.py`).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from roi_models.case.assumptions import Assumptions
from roi_models.case.flows import present_values, tables
from roi_models.case.respond import REACH_MARGIN, respond
from roi_models.case.response import Response
from roi_models.case.uplift import attainable_net_nps_points
from roi_models.case.world import World
from roi_models.results import RetentionEffect

_SMALL = 1e-12


def break_even_uplift(
    world: World, assumptions: Assumptions, response: Response, retention: RetentionEffect
) -> float | None:
    """Uplift (in the assumptions' unit) at which NPV is nil, 0 where there is no cost, None when no attainable uplift
    pays. All other inputs are at their base; savings of the service line do not hang on the uplift."""
    inputs = assumptions.inputs()

    def value(uplift: float) -> float:
        exact = respond(
            world,
            assumptions,
            uplifts=np.array([uplift]),
            coef=retention.fit.coef,
            reliability=retention.latent.reliability,
            coef_draws=np.empty((0, len(retention.fit.coef))),
            reliability_draws=np.empty(0),
            months=assumptions.horizon_months,
        )
        given = tables(exact, assumptions)
        pv_benefits, pv_costs = present_values(given, inputs | {"uplift": uplift}, kept=given.kept[0])
        return float(pv_benefits - pv_costs)

    if assumptions.initial_cost == 0 and assumptions.annual_cost == 0:
        return 0.0
    limit = world.scale[1] - world.scale[0]
    if assumptions.uplift_unit == "net_nps_points":
        limit = attainable_net_nps_points(world.mix.levels, world.mix.counts)[1] - REACH_MARGIN
    if value(0.0) >= 0:
        return 0.0
    if limit <= 0 or value(limit) < 0:
        return None
    return round(float(brentq(value, 0.0, limit, xtol=_SMALL, rtol=1e-13)), 9)
