"""From revenue to money: benefit lines, costs, discounting, for one set of inputs or for many draws at once.

Belongs here: the arithmetic of the case; page and workbook repeat it.
Does not belong here: revenue by uplift (`response.py`), which inputs to try (`sensitivity.py`, `uncertainty.py`),
appraisal rules such as payback (`finance.py`).

Each line counts something else: `retention` the revenue of accounts that stay because of the programme, at today's
prices; `expansion` what those who are there buy more; `service` contacts saved, of which only cash counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from roi_models.case.assumptions import MONTHS_PER_YEAR, Assumptions, Discounting
from roi_models.case.projection import ramp_weights
from roi_models.case.response import Response, by_year, read_at

LINES = ("retention", "expansion", "service")
Inputs = Mapping[str, float | np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Revenue by uplift of the segments that a programme works on, in the periods that are discounted.

    `kept`, `expanded`: uplifts × periods; `kept_draws`: replicates × uplifts × periods, where asked for. `ramp`: how
    much of the full effect is at work, summed over the months of each period. `times`: the end of each period in years.
    """

    knots: np.ndarray
    kept: np.ndarray
    expanded: np.ndarray
    kept_draws: np.ndarray | None
    ramp: np.ndarray
    times: np.ndarray

    @property
    def years(self) -> float:
        """Length of one period in years."""
        return float(self.times[0])


def tables(
    response: Response,
    assumptions: Assumptions,
    *,
    segments: tuple[str, ...] | None = None,
    months: int | None = None,
    discounting: Discounting | None = None,
    with_draws: bool = False,
) -> Tables:
    """The response summed over segments (those of the assumptions, unless others are given) and into periods.

    `months`: another horizon, for the best estimate alone: draws are of the assumptions' own.
    """
    chosen = response.chosen(assumptions.segments if segments is None else segments)
    count = assumptions.horizon_months if months is None else months
    basis = discounting or assumptions.discounting
    into = by_year if basis == "year_end" else np.asarray
    length = 1.0 if basis == "year_end" else 1.0 / MONTHS_PER_YEAR
    ramp = into(ramp_weights(count, assumptions.ramp_months, assumptions.monthly_decay))
    return Tables(
        knots=response.uplifts,
        kept=into(response.kept[chosen, :, :count].sum(axis=0)),
        expanded=into(response.expanded[chosen, :, :count].sum(axis=0)),
        kept_draws=into(response.kept_draws[:, chosen].sum(axis=1)) if with_draws else None,
        ramp=ramp,
        times=length * np.arange(1, len(ramp) + 1),
    )


def benefits(given: Tables, inputs: Inputs, *, kept: np.ndarray, expansion_factor: float | np.ndarray = 1.0) -> dict:
    """Benefit by line and period (… × periods), after tax, undiscounted and unrounded.

    `kept`: revenue kept per period at the inputs' uplift (… × periods).
    """
    after_tax = _column(1.0 - _array(inputs["tax_rate"]))
    risk = _column(inputs["benefit_risk_adjustment"]) * after_tax
    worth = _column(inputs["margin"]) * _column(inputs["realisation"]) * risk
    expanded = read_at(given.expanded, given.knots, inputs["uplift"])
    saved = _column(inputs["contacts_per_year"]) * _column(inputs["contact_reduction"])
    saved = saved * _column(inputs["cost_per_contact"]) * _column(inputs["cashable_share"]) / MONTHS_PER_YEAR
    return {
        "retention": kept * worth,
        "expansion": expanded * worth * _column(expansion_factor),
        "service": saved * given.ramp * risk,
    }


def outlay(inputs: Inputs) -> np.ndarray:
    """Cost at time 0, after risk adjustment and tax."""
    return _array(inputs["initial_cost"]) * inputs["cost_risk_adjustment"] * (1.0 - _array(inputs["tax_rate"]))


def running_cost(given: Tables, inputs: Inputs) -> np.ndarray:
    """Running cost of one period, after risk adjustment and tax."""
    yearly = _array(inputs["annual_cost"]) * inputs["cost_risk_adjustment"] * (1.0 - _array(inputs["tax_rate"]))
    return yearly * given.years


def factors(given: Tables, inputs: Inputs) -> np.ndarray:
    """What one unit of money at the end of each period is worth today (… × periods)."""
    return (1.0 + _column(inputs["discount_rate"])) ** -given.times


def present_values(
    given: Tables, inputs: Inputs, *, kept: np.ndarray, expansion_factor: float | np.ndarray = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Present value of benefits and of costs, unrounded; one each, or one per draw."""
    lines = benefits(given, inputs, kept=kept, expansion_factor=expansion_factor)
    factor = factors(given, inputs)
    pv_benefits = (sum(lines.values()) * factor).sum(axis=-1)
    pv_costs = outlay(inputs) + running_cost(given, inputs) * factor.sum(axis=-1)
    return pv_benefits, pv_costs


def _array(value: float | np.ndarray) -> np.ndarray:
    return np.asarray(value, dtype=float)


def _column(value: float | np.ndarray) -> np.ndarray:
    """A number as it is, one value per draw as a column beside the periods."""
    array = _array(value)
    return array[:, None] if array.ndim else array
