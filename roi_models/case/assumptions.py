"""Finance's assumptions of a business case, as the models take them.

Belongs here: the values, their ranges, what follows from them by arithmetic, and the sentence when one makes no sense.
Does not belong here: reading business_case.yml (`orchestration/`), words and limits of the inputs (`inputs.py`),
defaults that a company should choose for itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from roi_models.case.inputs import INPUTS
from roi_models.case.uplift import UpliftPath, UpliftUnit

MONTHS_PER_YEAR = 12
MIN_DRAWS = 100

Discounting = Literal["year_end", "month_end"]
Scenario = Literal["low", "base", "high"]
SCENARIOS: tuple[Scenario, ...] = ("low", "base", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What finance assumes. Money is in the reporting currency; rates, margins and factors are fractions.

    `margin`: contribution margin on revenue kept. `realisation`: share of the benefit that turns into cash.
    `benefit_risk_adjustment`, `cost_risk_adjustment`: factors on all benefits and all costs (TEI: down and
    up). `uplift_low`, `uplift_base`, `uplift_high`: in `uplift_unit`, reached linearly over `ramp_months`; from then
    on it loses `monthly_decay` of itself each month. `segments`: those that the programme works on, all when empty.
    `annual_cost` falls in each year, `initial_cost` at time 0. `horizon_months` is a multiple of 12. `tax_rate`:
    on benefits and costs alike, the outlay included, so that the company is taken to have other profit.
    `contacts_per_year`, …: the service line, contacts × reduction × cost × what of it is cashable.
    `ranges`: low and high of inputs other than the uplift; what has no range is taken as certain.
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
    uplift_path: UpliftPath = "all_answers"
    monthly_decay: float = 0.0
    segments: tuple[str, ...] = ()
    realisation: float = 1.0
    benefit_risk_adjustment: float = 1.0
    cost_risk_adjustment: float = 1.0
    tax_rate: float = 0.0
    contacts_per_year: float = 0.0
    contact_reduction: float = 0.0
    cost_per_contact: float = 0.0
    cashable_share: float = 1.0
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    discounting: Discounting = "year_end"
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
            f"monthly_decay is {self.monthly_decay:g}: give a fraction from 0 to below 1.": 0 <= self.monthly_decay < 1,
            f"uplift_unit is '{self.uplift_unit}': use net_nps_points or answer_points.": (
                self.uplift_unit in ("net_nps_points", "answer_points")
            ),
            f"uplift_path is '{self.uplift_path}': low_answers goes with answer_points alone.": (
                self.uplift_path == "all_answers" or self.uplift_unit == "answer_points"
            ),
        }
        for name, declared in INPUTS.items():
            low, base, high = self.range(name)
            limits = f"give values from {declared.least:g} to {declared.most:g}."
            rules |= {
                f"{name} is {base:g}: {limits}": declared.least <= base <= declared.most,
                f"{name} low, base, high are {low:g}, {base:g}, {high:g}: give them in ascending order.": (
                    low <= base <= high
                ),
                f"{name} is {low:g} to {high:g}: {limits}": declared.least <= low and high <= declared.most,
            }
        rules[f"n_draws is {self.n_draws}: give at least {MIN_DRAWS}."] = self.n_draws >= MIN_DRAWS
        for sentence, holds in rules.items():
            if not holds:
                raise ValueError(f"In the business case's assumptions, {sentence}")

    def range(self, name: str) -> tuple[float, float, float]:
        """Low, base and high of an input; all the same where it is taken as certain."""
        if name == "uplift":
            return self.uplifts
        base = float(getattr(self, name))
        low, high = self.ranges.get(name, (base, base))
        return float(low), base, float(high)

    def inputs(self, scenario: Scenario = "base") -> dict[str, float]:
        """The value of every input: at its base, or all at the end that makes the case worse (low) or better (high)."""
        chosen = {}
        for name, declared in INPUTS.items():
            low, base, high = self.range(name)
            worse, better = (high, low) if declared.lowers_value else (low, high)
            chosen[name] = {"low": worse, "base": base, "high": better}[scenario]
        return chosen

    def moved(self, values: Mapping[str, float]) -> Assumptions:
        """The same with other base values; an input's range moves along, as far as the input's limits allow.

        The uplift's range grows and shrinks with it: a programme that brings nothing has no range about it.
        """
        changes: dict[str, object] = {}
        ranges = dict(self.ranges)
        for name, value in values.items():
            low, base, high = self.range(name)
            if value == base:
                continue
            declared = INPUTS[name]
            if name == "uplift" and base != 0:
                ends = sorted(end * value / base for end in (low, high))
                changes |= {"uplift_low": ends[0], "uplift_base": float(value), "uplift_high": ends[1]}
                continue
            # An end that is the base stays it: the difference is taken first.
            ends = tuple(min(max(value + (end - base), declared.least), declared.most) for end in (low, high))
            if name == "uplift":
                changes |= {"uplift_low": ends[0], "uplift_base": float(value), "uplift_high": ends[1]}
                continue
            changes[name] = float(value)
            if name in ranges:
                ranges[name] = ends
        return replace(self, ranges=ranges, **changes)

    @property
    def uplifts(self) -> tuple[float, float, float]:
        """Low, base and high uplift."""
        return float(self.uplift_low), float(self.uplift_base), float(self.uplift_high)

    @property
    def uncertain(self) -> tuple[str, ...]:
        """Names of the inputs that have a range, in the order of `INPUTS`."""
        return tuple(name for name in INPUTS if self.range(name)[0] < self.range(name)[2])

    @property
    def years(self) -> int:
        """Length of the horizon in years."""
        return self.horizon_months // MONTHS_PER_YEAR
