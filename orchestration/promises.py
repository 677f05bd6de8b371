"""The promises of business_case.yml: what was promised for a past period, to be held against what came about.

Belongs here: the keys of a promise, their types and ranges, rules among promises.
Does not belong here: which measures can be promised, and what came about of them (`roi_models/case`).
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from orchestration.errors import did_you_mean
from orchestration.profiles import Keys, as_month
from roi_models.case.promised_measures import MEASURES

RANGES: dict[str, tuple[Decimal, Decimal]] = {
    "programme_cost": (Decimal(0), Decimal("1e12")),
    "net_nps_points": (Decimal(-200), Decimal(200)),
    "gross_revenue_retention_pct": (Decimal(0), Decimal(100)),
    "net_revenue_retention_pct": (Decimal(0), Decimal(1000)),
    "response_rate_pct": (Decimal(0), Decimal(100)),
    "churned_mrr_amount": (Decimal(0), Decimal("1e12")),
}
# How a unit is written in the file; money is written as its currency.
UNITS = {"points": "points", "share_pct": "percent"}
_CURRENCY = re.compile(r"[A-Z]{3}")

Text = Annotated[str, Field(min_length=1)]


def _known(measure: str) -> str:
    if measure not in MEASURES:
        raise ValueError(f"'{measure}' is no measure that can be promised{did_you_mean(measure, MEASURES)}")
    return measure


def _as_day(value: object) -> object:
    """Pydantic would read a bare number as seconds since 1970."""
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError(f"'{value}' is not a day; write it as 2024-12-31.")
    return value


class Promise(Keys):
    """One promise: `promised` of a measure over whole months, `from` and `to` included."""

    measure: Annotated[str, AfterValidator(_known)]
    first_month: Annotated[date, BeforeValidator(as_month), Field(alias="from")]
    last_month: Annotated[date, BeforeValidator(as_month), Field(alias="to")]
    promised: Decimal
    unit: str
    source: Text
    made_on: Annotated[date | None, BeforeValidator(_as_day)] = None
    promised_by: Text | None = None

    @property
    def period(self) -> str:
        """The months as people write them."""
        return f"{self.first_month:%Y-%m} to {self.last_month:%Y-%m}"

    @model_validator(mode="after")
    def _period_runs_forward(self) -> Self:
        first, last = self.first_month, self.last_month
        if first > last:
            raise ValueError(f"from {first:%Y-%m} lies after to {last:%Y-%m}; mend the period.")
        if self.made_on is not None and (self.made_on.year, self.made_on.month) > (last.year, last.month):
            raise ValueError(f"made_on {self.made_on} lies after the period's last month {last:%Y-%m}.")
        if self.measure == "net_nps_points" and _quarter_ends_within(first, last) == 0:
            raise ValueError(
                f"scores are compared by calendar quarter, but none ends between {first:%Y-%m} and {last:%Y-%m}; let "
                "the period reach to March, June, September or December."
            )
        return self

    @model_validator(mode="after")
    def _unit_and_range_fit(self) -> Self:
        unit = UNITS.get(MEASURES[self.measure].unit)
        if unit is not None and self.unit != unit:
            raise ValueError(f"unit must be '{unit}' for {self.measure}; it is given as '{self.unit}'.")
        if unit is None and not _CURRENCY.fullmatch(self.unit):
            raise ValueError(f"unit must be a currency, such as EUR, for {self.measure}; it is given as '{self.unit}'.")
        least, most = RANGES[self.measure]
        if not least <= self.promised <= most:
            raise ValueError(
                f"promised must lie between {least:f} and {most:f} for {self.measure}; it is given as {self.promised}."
            )
        return self


def _quarter_ends_within(first: date, last: date) -> int:
    """How many calendar quarters end in the months from first to last."""
    return (12 * last.year + last.month) // 3 - (12 * first.year + first.month - 1) // 3


def _fit_together(promises: tuple[Promise, ...], info: ValidationInfo) -> tuple[Promise, ...]:
    """Each measure is promised once for a period, and money in the currency of the case."""
    seen: dict[tuple[str, str], int] = {}
    for place, promise in enumerate(promises):
        currency = info.data.get("currency")
        if currency and promise.unit != currency and MEASURES[promise.measure].unit == "money":
            raise ValueError(
                f"promises[{place}].unit is {promise.unit}, but the case is in {currency}; state what was promised in "
                f"{currency}."
            )
        earlier = seen.setdefault((promise.measure, promise.period), place)
        if earlier != place:
            raise ValueError(
                f"promises[{place}] is about {promise.measure} from {promise.period}, as promises[{earlier}] is; keep "
                "one of the two."
            )
    return promises


Promises = Annotated[tuple[Promise, ...], AfterValidator(_fit_together)]
