"""A profile's metrics.yml, as pydantic models. docs/configuration.md explains every key.

Belongs here: which keys exist, their types and ranges, and rules within one file.
Does not belong here: sources.yml (`ingest/grammar.py`), business_case.yml (`case_config.py`), what the models do with
the numbers (`roi_models`).
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from orchestration.errors import did_you_mean
from orchestration.rules import Rules
from orchestration.yaml_text import read_yaml, validate

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Keys(BaseModel):
    """A block of keys: an unknown one is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Scale(Keys):
    """A question's scale, and where its low and high answers begin (detractors and promoters on NPS)."""

    scale_min: Decimal
    scale_max: Decimal
    low_max: Decimal
    high_min: Decimal

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.scale_min <= self.low_max < self.high_min <= self.scale_max:
            raise ValueError(
                f"scale_min {self.scale_min} ≤ low_max {self.low_max} < high_min {self.high_min} ≤ scale_max "
                f"{self.scale_max} must hold; mend the thresholds."
            )
        return self


class Metric(Scale):
    """A declared metric. `earlier` holds the scales that the question had before, by version: they are never pooled."""

    label: str
    kind: Literal["nps", "csat", "ces", "custom"]
    orientation: Literal["higher_is_better", "lower_is_better"] = "higher_is_better"
    version: str = "1"
    earlier: dict[str, Scale] = {}
    knot: Decimal | None = None
    # Shorter than a month, an answer might never see the beginning of one.
    horizon_days: Annotated[int | None, Field(ge=31, le=1680)] = None
    bin_width: Annotated[Decimal, Field(gt=0)] = Decimal("0.5")

    @model_validator(mode="after")
    def _versions_apart(self) -> Self:
        scales = [(s.scale_min, s.scale_max) for s in (self, *self.earlier.values())]
        if self.version in self.earlier or len(set(scales)) < len(scales):
            raise ValueError(
                "each version of a metric needs a name and a scale of its own; mend `version` and `earlier`."
            )
        if self.knot is not None and not self.scale_min < self.knot < self.scale_max:
            raise ValueError(f"knot {self.knot} must lie between {self.scale_min} and {self.scale_max}.")
        return self

    @property
    def versions(self) -> dict[str, Scale]:
        """Scales by version, the current one included."""
        return self.earlier | {self.version: self}

    @property
    def oriented_thresholds(self) -> tuple[Decimal, Decimal]:
        """Where unfavourable answers end and favourable ones begin, once scores are turned so that more is better."""
        if self.orientation == "higher_is_better":
            return self.low_max, self.high_min
        ends = self.scale_min + self.scale_max
        return ends - self.high_min, ends - self.low_max


class Composite(Keys):
    """A score made of several metrics: the weighted mean of `parts`, each put on 0 to 100 of its scale."""

    label: str
    parts: dict[Name, Annotated[Decimal, Field(gt=0, le=1000, decimal_places=4)]]

    @model_validator(mode="after")
    def _several(self) -> Composite:
        if len(self.parts) < 2:
            raise ValueError("a composite needs at least two `parts`; one metric alone is shown as itself.")
        return self


class ChurnPolicy(Keys):
    """When an account counts as gone. `days`: how long to wait for a renewal or for revenue."""

    policy: Literal["explicit_events", "contract_end", "inactivity"]
    days: Annotated[int, Field(ge=0, le=366)] = 0

    @model_validator(mode="after")
    def _days_given(self) -> ChurnPolicy:
        if self.policy == "inactivity" and self.days == 0:
            raise ValueError(
                "the policy inactivity needs `days`, after how many days without revenue an account is gone."
            )
        return self

    @property
    def sentence(self) -> str:
        """The policy in words, as every output prints it."""
        return {
            "explicit_events": "An account has left on the day its churn event names.",
            "contract_end": f"An account has left when its last contract ended and none began within {self.days} days.",
            "inactivity": f"An account has left on its last day with revenue, when none followed for {self.days} days.",
        }[self.policy]


class Control(Keys):
    """A covariate of the churn model: a column of accounts or an account attribute; `edges` bin a continuous one."""

    attribute: str
    kind: Literal["categorical", "continuous"]
    edges: tuple[Decimal, ...] = ()

    @model_validator(mode="after")
    def _known_at_the_start(self) -> Control:
        # Who stays longer has more time for it to happen: as a fixed attribute it would foretell staying by itself.
        if re.search(r"(^|_)ever(_|$)", self.attribute.lower()):
            raise ValueError(
                f"'{self.attribute}' says whether something ever happened, which those who stay longer have more time "
                "for; use what was known of an account when its first month began."
            )
        return self

    @model_validator(mode="after")
    def _edges_fit(self) -> Control:
        if self.kind == "continuous" and not self.edges:
            raise ValueError("a continuous control needs `edges`, the borders between its bins.")
        if self.kind == "categorical" and self.edges:
            raise ValueError("a categorical control has no `edges`; leave them out or make it continuous.")
        if list(self.edges) != sorted(set(self.edges)):
            raise ValueError("`edges` must rise, each one once.")
        return self


def as_month(value: object) -> object:
    """The first day of a month written YYYY-MM; a day within it would shift every month of the calendar."""
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value):
            raise ValueError(f"'{value}' is not a month; write it as 2024-12.")
        return f"{value}-01"
    return value


class MetricsConfig(Keys):
    """metrics.yml."""

    metrics: dict[Name, Metric]
    composites: dict[Name, Composite] = {}
    primary_metric: Name
    mrr_source: Literal["revenue", "contracts"]
    churn: ChurnPolicy
    controls: dict[Name, Control] = {}
    rules: Rules = Rules()
    as_of: Annotated[date | None, BeforeValidator(as_month)] = None
    headline_lag: Annotated[int, Field(ge=1, le=6)] = 3
    fresh_days: Annotated[int, Field(ge=1)] = 183
    stale_days: Annotated[int, Field(ge=31, le=1680)] = 365
    minimum_answers: Annotated[int, Field(ge=1)] = 30
    landmark_months: Annotated[int, Field(ge=6, le=120)] = 24
    tenure_steps: tuple[Annotated[int, Field(ge=0)], ...] = (0, 6, 12, 24, 36, 60)
    renewal_interval_months: Annotated[int, Field(ge=1, le=60)] = 12

    @model_validator(mode="after")
    def _consistent(self) -> MetricsConfig:
        if self.primary_metric not in self.metrics:
            raise ValueError(
                f"primary_metric '{self.primary_metric}' is not declared under metrics"
                f"{did_you_mean(self.primary_metric, self.metrics)}"
            )
        for name, composite in self.composites.items():
            for part in composite.parts:
                if part not in self.metrics:
                    raise ValueError(
                        f"the part '{part}' of the composite '{name}' is not declared under metrics"
                        f"{did_you_mean(part, self.metrics)}"
                    )
        needed = {"contract_end": "contracts", "inactivity": "revenue"}.get(self.churn.policy, self.mrr_source)
        if self.mrr_source != needed:
            raise ValueError(
                f"the churn policy {self.churn.policy} is read off {needed}, but mrr_source is {self.mrr_source}; set "
                f"mrr_source: {needed} or choose another policy."
            )
        if self.fresh_days > self.stale_days:
            raise ValueError(f"fresh_days {self.fresh_days} must not exceed stale_days {self.stale_days}.")
        if list(self.tenure_steps) != sorted({0, *self.tenure_steps}):
            raise ValueError("tenure_steps must begin with 0 and rise, each one once.")
        return self

    @property
    def primary(self) -> Metric:
        """The metric the headline is about."""
        return self.metrics[self.primary_metric]


def load_metrics(profile_dir: Path) -> MetricsConfig:
    """Read `<profile_dir>/metrics.yml`. Raises SourceError with one sentence per finding."""
    return validate(read_yaml(profile_dir / "metrics.yml"), MetricsConfig)
