"""A profile's business_case.yml, as pydantic models. docs/configuration.md explains every key.

Belongs here: which keys exist, their types and ranges, rules within the file and against metrics.yml.
Does not belong here: metrics.yml (`profiles.py`), what the models do with the numbers (`roi_models/case`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from orchestration.errors import SourceError, did_you_mean
from orchestration.profiles import Keys, MetricsConfig, Name, load_metrics
from orchestration.promises import Promises
from orchestration.yaml_text import read_yaml, validate
from roi_models.case.initiatives import MOST_IN_PORTFOLIO, OPEN_STATUSES
from roi_models.case.inputs import INPUTS

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Share = Annotated[Decimal, Field(ge=0, le=1)]
Money = Annotated[Decimal, Field(ge=0, le=Decimal("1e12"))]


class Assumption(Keys):
    """A number finance stands for, where it comes from, and how far it may be off: a triangle over low, base, high."""

    base: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str
    source: str

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        low, high = self.range
        if not low <= self.base <= high:
            raise ValueError(f"low {low} ≤ base {self.base} ≤ high {high} must hold; mend the range.")
        return self

    @property
    def range(self) -> tuple[Decimal, Decimal]:
        """Low and high; the base where none is given."""
        return (self.base if self.low is None else self.low, self.base if self.high is None else self.high)


class Uplift(Assumption):
    """How far the programme moves a metric: net points of NPS (tilt), or points on answers (all, or the low ones).

    `pilot`: take the effect that the closed loop's hold-out shows in the data; the numbers here then stand only where
    it shows none.
    """

    metric: Name | None = None
    unit: Literal["net_nps_points", "answer_points"]
    path: Literal["all_answers", "low_answers"] = "all_answers"
    ramp_months: Annotated[int, Field(ge=0, le=60)] = 0
    monthly_decay: Annotated[Decimal, Field(ge=0, lt=1)] = Decimal(0)
    segments: tuple[str, ...] = ()
    pilot: Literal["score_after"] | None = None

    @model_validator(mode="after")
    def _path_fits(self) -> Self:
        if self.unit == "net_nps_points" and self.path == "low_answers":
            raise ValueError("path low_answers goes with unit answer_points; net NPS points move all answers.")
        if self.pilot and (self.unit, self.path) != ("answer_points", "low_answers"):
            raise ValueError(
                "a pilot's effect is in points of the answers that were low: write unit: answer_points and path: "
                "low_answers beside it."
            )
        return self


class ServiceSaving(Keys):
    """The cost-to-serve line: contacts × reduction × cost × the share of it that leaves the books."""

    contacts_per_year: Assumption
    contact_reduction: Assumption
    cost_per_contact: Assumption
    cashable_share: Assumption


class InitiativeConfig(Keys):
    """One entry of the register of initiatives."""

    id: Name
    name: str
    owner: str
    approver: str = ""
    status: Literal["proposed", "approved", "running", "stopped", "done"]
    metric: Name | None = None
    segments: tuple[str, ...] = ()
    uplift: Assumption
    initial_cost: Money = Decimal(0)
    annual_cost: Money = Decimal(0)
    source: str


# Assumptions of which each is a block of its own; those without a default must be given.
_NEUTRAL = {
    "realisation": Assumption(base=Decimal(1), unit="fraction", source="not set: taken as one"),
    "benefit_risk_adjustment": Assumption(base=Decimal(1), unit="factor", source="not set: taken as one"),
    "cost_risk_adjustment": Assumption(base=Decimal(1), unit="factor", source="not set: taken as one"),
}
PLAIN = ("margin", "discount_rate", "initial_cost", "annual_cost", *_NEUTRAL)


class BusinessCaseConfig(Keys):
    """business_case.yml."""

    currency: Currency
    programme: str
    horizon_months: Annotated[int, Field(ge=12, le=120, multiple_of=12)] = 36
    discounting: Literal["year_end", "month_end"] = "year_end"
    uplift: Uplift
    margin: Assumption
    discount_rate: Assumption
    initial_cost: Assumption
    annual_cost: Assumption
    realisation: Assumption = _NEUTRAL["realisation"]
    benefit_risk_adjustment: Assumption = _NEUTRAL["benefit_risk_adjustment"]
    cost_risk_adjustment: Assumption = _NEUTRAL["cost_risk_adjustment"]
    tax_rate: Assumption | None = None
    service: ServiceSaving | None = None
    initiatives: tuple[InitiativeConfig, ...] = ()
    budget: Money | None = None
    promises: Promises = ()
    draws: Annotated[int, Field(ge=100, le=1_000_000)] = 2000
    seed: Annotated[int, Field(ge=0)] = 0
    minimum_probability: Share = Decimal("0.8")

    @property
    def given(self) -> dict[str, Assumption]:
        """Every assumption that is set, the uplift first, by the name of its input."""
        stated = {"uplift": self.uplift, **{name: getattr(self, name) for name in PLAIN}}
        if self.tax_rate is not None:
            stated["tax_rate"] = self.tax_rate
        if self.service is not None:
            stated |= {name: getattr(self.service, name) for name in ServiceSaving.model_fields}
        return stated

    @model_validator(mode="after")
    def _plausible(self) -> Self:
        for name, assumption in self.given.items():
            declared = INPUTS[name]
            low, high = assumption.range
            if not (declared.least <= low and high <= declared.most):
                given = f"{low}" if low == high else f"{low} to {high}"
                raise ValueError(
                    f"{name} must lie between {declared.least:g} and {declared.most:g}; it is given as {given}."
                )
        if self.uplift.ramp_months > self.horizon_months:
            raise ValueError(
                f"uplift.ramp_months {self.uplift.ramp_months} is longer than horizon_months {self.horizon_months}."
            )
        return self

    @model_validator(mode="after")
    def _register_holds(self) -> Self:
        twice = [name for name, count in Counter(one.id for one in self.initiatives).items() if count > 1]
        if twice:
            raise ValueError(f"two initiatives are called '{twice[0]}'; give each an id of its own.")
        count = sum(one.status in OPEN_STATUSES for one in self.initiatives)
        if count > MOST_IN_PORTFOLIO:
            raise ValueError(
                f"there are {count} open initiatives, and at most {MOST_IN_PORTFOLIO} can be combined; set the status "
                "of some to stopped or done."
            )
        return self


def load_business_case(profile_dir: Path) -> BusinessCaseConfig:
    """Read `<profile_dir>/business_case.yml`, and hold it against metrics.yml beside it. Raises SourceError with one
    sentence per finding."""
    path = profile_dir / "business_case.yml"
    case = validate(read_yaml(path), BusinessCaseConfig)
    problems = [f"{path.as_posix()}: {problem}" for problem in _against_metrics(case, load_metrics(profile_dir))]
    if problems:
        raise SourceError(problems)
    return case


def _against_metrics(case: BusinessCaseConfig, metrics: MetricsConfig) -> Iterator[str]:
    """An uplift needs a slope, and only the primary metric has one."""
    named = [("uplift.metric", case.uplift.metric)]
    named += [(f"initiatives.{one.id}.metric", one.metric) for one in case.initiatives]
    for key, metric in named:
        if metric is None or metric == metrics.primary_metric:
            continue
        if metric not in metrics.metrics:
            yield f"{key} is '{metric}', which metrics.yml does not declare{did_you_mean(metric, metrics.metrics)}"
        else:
            yield (
                f"{key} is '{metric}', but the effect on retention is estimated for the primary metric alone: write "
                f"{metrics.primary_metric}, or make {metric} the primary_metric in metrics.yml."
            )
    width = metrics.primary.scale_max - metrics.primary.scale_min
    limit = 200 if case.uplift.unit == "net_nps_points" else width
    ranges = {"uplift": case.uplift.range} | {
        f"initiatives.{one.id}.uplift": one.uplift.range for one in case.initiatives
    }
    for key, (low, high) in ranges.items():
        if low < -limit or high > limit:
            yield (
                f"{key} is {low} to {high}, but the metric can move by {limit:g} {case.uplift.unit} at most; mend the "
                "range."
            )
