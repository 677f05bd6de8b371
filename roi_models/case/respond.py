"""Filling the table of revenue by uplift: the g-formula at every knot, for the best estimate and for draws.

Belongs here: which uplifts are computed, and carrying all active accounts through the months at each.
Does not belong here: survival paths (`projection.py`), moving answers (`uplift.py`), reading the table (`response.py`).
"""

from __future__ import annotations

import numpy as np

from roi_models.case.assumptions import Assumptions
from roi_models.case.projection import cumulative_hazards, ramp_weights
from roi_models.case.response import Response, read_at
from roi_models.case.uplift import AnswerMix, attainable_net_nps_points
from roi_models.case.world import World

# About so many uplifts are computed up to the farthest one: halving their distance changes no figure that is shown.
KNOTS = 12
LADDER = (1.0, 2.0, 5.0)
# Short of the end of what NPS can reach, where the tilt degenerates.
REACH_MARGIN = 1e-6
# Accounts × draws of one chunk: one such array of float64 fits into a core's cache.
CHUNK_CELLS = 40_000


def knots(assumptions: Assumptions, mix: AnswerMix, *, farthest: float = 0.0) -> np.ndarray:
    """The uplifts at which revenue is computed, ascending: round steps from 0 to the farthest, and those assumed.

    `farthest`: a further uplift that has to be within reach (initiatives together).
    """
    wanted = {0.0, *assumptions.uplifts}
    end = max(*wanted, farthest)
    least, most = -np.inf, np.inf
    if assumptions.uplift_unit == "net_nps_points":
        least, most = (
            limit - np.sign(limit) * REACH_MARGIN for limit in attainable_net_nps_points(mix.levels, mix.counts)
        )
    step = _step(max(abs(min(wanted)), end))
    first, last = int(np.floor(round(min(wanted) / step, 9))), int(np.ceil(round(end / step, 9)))
    ladder = {round(number * step, 9) for number in range(first, last + 1)}
    return np.array(sorted(point for point in ladder | wanted if least <= point <= most))


def _step(reach: float) -> float:
    """The least of 1, 2, 5 × 10^k of which at most `KNOTS` reach that far."""
    if reach == 0:
        return 1.0
    power = int(np.floor(np.log10(reach / KNOTS)))
    steps = [factor * 10.0**exponent for exponent in (power, power + 1) for factor in LADDER]
    return next(step for step in steps if reach / step <= KNOTS + 1e-9)


def respond(
    world: World,
    assumptions: Assumptions,
    *,
    uplifts: np.ndarray,
    coef: np.ndarray,
    reliability: float,
    coef_draws: np.ndarray,
    reliability_draws: np.ndarray,
    months: int | None = None,
) -> Response:
    """The table for the best estimate (over `months`, else as far as the projection goes) and for each draw (over the
    horizon).

    An answer is real only in part: a point of it stands for 1/reliability points on the observed slope.
    """
    best = np.array([reliability])
    months = len(world.projection.step_code) if months is None else months
    kept = carry(world, assumptions, uplifts, coef[None, :], best, months=months)
    shifts = world.shift(assumptions, uplifts)
    expanded = np.zeros_like(kept[0])
    if world.growth is not None:
        expanded = _expand(world, assumptions, shifts, coef, reliability, months=months)
    return Response(
        segments=world.segments,
        uplifts=uplifts,
        kept=kept[0],
        expanded=expanded,
        kept_draws=carry(world, assumptions, uplifts, coef_draws, reliability_draws, months=assumptions.horizon_months),
    )


def carry(
    world: World,
    assumptions: Assumptions,
    uplifts: np.ndarray,
    coefs: np.ndarray,
    reliability: np.ndarray,
    *,
    months: int,
) -> np.ndarray:
    """Revenue kept, draws × segments × uplifts × months, a chunk of draws at a time.

    Only accounts whose score can move take part: all others keep the same survival in both worlds.
    """
    movers = np.flatnonzero(world.mix.shares.sum(axis=1) > 0)
    moving = world.projection.select(movers)
    shifts = world.shift(assumptions, uplifts)[movers]
    revenue = world.by_segment()[:, movers]
    ramp = ramp_weights(months, assumptions.ramp_months, assumptions.monthly_decay)
    kept = np.zeros((len(coefs), len(world.segments), len(uplifts), months))
    lifting = np.flatnonzero(uplifts != 0)
    chunk = max(1, CHUNK_CELLS // max(len(movers), 1))
    for start in range(0, len(coefs), chunk):
        part = slice(start, start + chunk)
        points = [shifts[:, [knot]] / reliability[part] for knot in lifting]
        paths = cumulative_hazards(moving, coefs[part], points, ramp)
        for month, (now, moved) in enumerate(paths):
            survival = np.exp(-now)
            gone = np.empty_like(survival)
            for knot, hazard in zip(lifting, moved, strict=True):
                np.negative(hazard, out=gone)
                np.exp(gone, out=gone)
                np.subtract(gone, survival, out=gone)
                kept[part, :, knot, month] = (revenue @ gone).T
    return kept


def _expand(
    world: World,
    assumptions: Assumptions,
    shifts: np.ndarray,
    coef: np.ndarray,
    reliability: float,
    *,
    months: int,
) -> np.ndarray:
    """What those who are there under the programme pay more because they grow more: Σ MRR·S₁·(G₁ − G₀).

    Beside the revenue kept at today's prices, Σ MRR·(S₁ − S₀), it counts nothing twice.
    """
    ramp = ramp_weights(months, assumptions.ramp_months, assumptions.monthly_decay)
    points = [shifts[:, [knot]] / reliability for knot in range(shifts.shape[1])]
    revenue = world.by_segment()
    grown = np.ones_like(shifts)
    as_is = np.ones(len(shifts))
    expanded = np.zeros((len(world.segments), shifts.shape[1], months))
    paths = cumulative_hazards(world.projection, coef[None, :], points, ramp)
    for month, (_, moved) in enumerate(paths):
        as_is *= world.growth.factor(month, np.zeros((len(shifts), 1)))[:, 0]
        # Growth goes with the answers as they are: its slopes are not corrected for their noise, so it errs low.
        grown *= world.growth.factor(month, ramp[month] * shifts)
        there = np.exp(-np.hstack(moved))
        expanded[:, :, month] = revenue @ (there * (grown - as_is[:, None]))
    return expanded


def interpolation_error_pct(
    world: World, assumptions: Assumptions, response: Response, coef: np.ndarray, reliability: float
) -> float:
    """How far straight lines between knots are off half-way, at most, in per cent of the revenue kept there over the
    horizon; 0 where nothing is kept."""
    middles = (response.uplifts[:-1] + response.uplifts[1:]) / 2
    months = assumptions.horizon_months
    exact = carry(world, assumptions, middles, coef[None, :], np.array([reliability]), months=months)[0]
    read = read_at(response.kept[..., :months], response.uplifts, middles)
    exact, read = (table.sum(axis=(0, 2)) for table in (exact, read))
    off = np.divide(np.abs(read - exact), np.abs(exact), out=np.zeros_like(exact), where=exact != 0)
    return 100 * float(off.max(initial=0.0))
