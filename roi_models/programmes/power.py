"""Sample size, power and smallest detectable effect of a two-armed trial.

Belongs here: the normal-theory formulas for a share and for a mean, with unequal arms, clusters and answers that fail
to come. Does not belong here: which trial to propose (`next_holdout.py`).

A share is tested with the pooled error under no effect and the separate errors under the effect (Fleiss); a mean with
one standard deviation. All tests are two-sided. `design_effect` is 1 + (m − 1)·ρ for m rows per randomised unit with
intraclass correlation ρ; `heard_share` is the share of units whose outcome will be known.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy import optimize
from scipy.stats import norm


def design_effect(rows_per_unit: float, intraclass_correlation: float) -> float:
    """How much larger a variance is because rows of one randomised unit resemble each other; 1 at least."""
    return max(1.0, 1 + (rows_per_unit - 1) * intraclass_correlation)


def power_of_share(
    base: float, change: float, units: float, *, treated_share: float = 0.5, alpha: float = 0.05, inflation: float = 1.0
) -> float:
    """Power to see a share move from `base` to `base + change`; `inflation` = design effect / share heard."""
    treated, control = units * treated_share / inflation, units * (1 - treated_share) / inflation
    other = base + change
    pooled = base * (1 - treated_share) + other * treated_share
    null_error = math.sqrt(pooled * (1 - pooled) * (1 / treated + 1 / control))
    own_error = math.sqrt(other * (1 - other) / treated + base * (1 - base) / control)
    return _two_sided_power(change, null_error, own_error, alpha)


def power_of_mean(
    deviation: float,
    change: float,
    units: float,
    *,
    treated_share: float = 0.5,
    alpha: float = 0.05,
    inflation: float = 1.0,
) -> float:
    """Power to see a mean move by `change` where units vary with standard deviation `deviation`."""
    treated, control = units * treated_share / inflation, units * (1 - treated_share) / inflation
    error = deviation * math.sqrt(1 / treated + 1 / control)
    return _two_sided_power(change, error, error, alpha)


def _two_sided_power(change: float, null_error: float, own_error: float, alpha: float) -> float:
    reach = norm.ppf(1 - alpha / 2) * null_error
    return float(norm.cdf((abs(change) - reach) / own_error) + norm.cdf((-abs(change) - reach) / own_error))


def units_for_share(base: float, change: float, *, power: float = 0.8, **design: float) -> float:
    """Units over both arms for the power wanted. ValueError, one sentence, for a share outside 0…1 or no change."""
    if not (0 < base < 1 and 0 < base + change < 1) or change == 0:
        raise ValueError(f"A share of {base:g} cannot be sought to move by {change:g}: both must lie inside 0 to 1.")
    return _smallest(lambda units: power_of_share(base, change, units, **design), power)


def units_for_mean(deviation: float, change: float, *, power: float = 0.8, **design: float) -> float:
    """Units over both arms for the power wanted. ValueError, one sentence, without spread or change."""
    if deviation <= 0 or change == 0:
        raise ValueError(f"With a standard deviation of {deviation:g} and a change of {change:g} no size can be found.")
    return _smallest(lambda units: power_of_mean(deviation, change, units, **design), power)


def _smallest(power_at: Callable[[float], float], wanted: float) -> float:
    """Where power first reaches `wanted`: it grows with the number of units, so one root."""
    upper = 8.0
    while power_at(upper) < wanted:
        upper *= 2
    return float(
        optimize.brentq(lambda units: power_at(units) - wanted, upper / 2 if upper > 8 else 1e-6, upper, rtol=1e-12)
    )


def detectable_share(base: float, units: float, *, power: float = 0.8, **design: float) -> float | None:
    """Smallest fall of a share that is seen with the power wanted; None where even a fall to nothing is not."""
    return _smallest_fall(lambda fall: power_of_share(base, -fall, units, **design), power, base)


def detectable_mean(deviation: float, units: float, *, power: float = 0.8, **design: float) -> float:
    """Smallest change of a mean that is seen with the power wanted."""
    upper = deviation
    while power_of_mean(deviation, upper, units, **design) < power:
        upper *= 2
    return float(
        optimize.brentq(lambda change: power_of_mean(deviation, change, units, **design) - power, 0, upper, rtol=1e-12)
    )


def _smallest_fall(power_at: Callable[[float], float], wanted: float, base: float) -> float | None:
    largest = base * (1 - 1e-9)
    if power_at(largest) < wanted:
        return None
    return float(optimize.brentq(lambda fall: power_at(fall) - wanted, base * 1e-9, largest, rtol=1e-12))
