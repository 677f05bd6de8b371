"""Finance's assumptions of a business case, as the models take them.

Belongs here: the values, what follows from them by arithmetic, and the sentence when one makes no sense.
Does not belong here: reading business_case.yml (`orchestration/`), defaults that a company should choose for
itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roi_models.case.finance import MONTHS_PER_YEAR, present_value
from roi_models.case.uplift import UpliftUnit

MIN_DRAWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What finance assumes. Money is in the reporting currency; rates, margins and factors are fractions.

    `margin`: contribution margin on revenue kept. `realisation`: share of the benefit that turns into cash.
    `benefit_risk_adjustment`, `cost_risk_adjustment`: factors on all benefits and all costs (TEI: down and
    up). `uplift_low`, `uplift_base`, `uplift_high`: triangular, in `uplift_unit`, reached linearly over
    `ramp_months`. `annual_cost` falls in each year, `initial_cost` at time 0. `horizon_months` is a multiple
    of 12.
    """

    margin: float
    discount_rate: float
    horizon_months: int
    ramp_months: int
    uplift_low: float
    uplift_base: float
    uplift_high: float
    uplift_unit: UpliftUnit
    initial_cost: float
    annual_cost: float
    realisation: float = 1.0
    benefit_risk_adjustment: float = 1.0
    cost_risk_adjustment: float = 1.0
    n_draws: int = 1000
    seed: int = 20240607
    min_prob_npv_positive: float = 0.8

    def __post_init__(self) -> None:
        """Raise ValueError with one sentence for the first value that makes no sense."""
        rules = {
            f"horizon_months is {self.horizon_months}: give whole years, as in 12, 24 or 36.": (
                self.horizon_months >= 12 and self.horizon_months % 12 == 0
            ),
            f"ramp_months is {self.ramp_months}: give 0 or more months.": self.ramp_months >= 0,
            f"uplift low, base, high are {self.uplift_low:g}, {self.uplift_base:g}, {self.uplift_high:g}: "
            "give them "
            "in ascending order.": self.uplift_low <= self.uplift_base <= self.uplift_high,
            f"uplift_unit is '{self.uplift_unit}': use net_nps_points or answer_points.": (
                self.uplift_unit in ("net_nps_points", "answer_points")
            ),
            f"margin is {self.margin:g}: give a fraction above 0 and up to 1.": 0 < self.margin <= 1,
            f"discount_rate is {self.discount_rate:g}: give a fraction such as 0.10.": -1 < self.discount_rate < 1,
            "costs are negative: give initial_cost and annual_cost as amounts of 0 or more.": (
                self.initial_cost >= 0 and self.annual_cost >= 0
            ),
            f"n_draws is {self.n_draws}: give at least {MIN_DRAWS}.": self.n_draws >= MIN_DRAWS,
        }
        for sentence, holds in rules.items():
            if not holds:
                raise ValueError(f"In the business case's assumptions, {sentence}")

    @property
    def uplifts(self) -> tuple[float, float, float]:
        """Low, base and high uplift."""
        return self.uplift_low, self.uplift_base, self.uplift_high

    @property
    def years(self) -> int:
        """Length of the horizon in years."""
        return self.horizon_months // MONTHS_PER_YEAR

    @property
    def outlay(self) -> float:
        """Initial cost after risk adjustment."""
        return float(self.initial_cost) * self.cost_risk_adjustment

    @property
    def yearly_costs(self) -> list[float]:
        """Running cost of each year after risk adjustment."""
        return [float(self.annual_cost) * self.cost_risk_adjustment] * self.years

    @property
    def discounted_cost(self) -> float:
        """Present value of all costs, unrounded."""
        return self.outlay + present_value(self.yearly_costs, self.discount_rate)

    @property
    def benefit_factor(self) -> float:
        """What a unit of revenue kept is worth: margin times realisation times risk adjustment."""
        return self.margin * self.realisation * self.benefit_risk_adjustment

    def by_year(self, by_month: np.ndarray) -> np.ndarray:
        """Monthly amounts (… × months) summed per year (… × years), undiscounted."""
        return by_month.reshape(*by_month.shape[:-1], self.years, MONTHS_PER_YEAR).sum(axis=-1)

    def yearly_benefits(self, kept_by_month: np.ndarray) -> np.ndarray:
        """Benefit per year (… × years) from revenue kept per month (… × months), unrounded."""
        return self.by_year(kept_by_month) * self.benefit_factor
