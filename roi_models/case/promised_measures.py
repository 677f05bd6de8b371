"""What a promise may be about: the measures, their names for readers, their units, and which side keeps the promise.

Belongs here: the list. Does not belong here: what came about (`realised.py`), the keys of business_case.yml
(`orchestration`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedMeasure:
    """A measure that can be promised. `unit`: money, points or share_pct. `is_ceiling`: kept by at most so much."""

    label: str
    unit: str
    is_ceiling: bool = False

    @property
    def difference_unit(self) -> str:
        """Unit of a difference of two such values."""
        return "pct_points" if self.unit == "share_pct" else self.unit


MEASURES: dict[str, PromisedMeasure] = {
    "programme_cost": PromisedMeasure(label="Programme cost", unit="money", is_ceiling=True),
    "net_nps_points": PromisedMeasure(label="Change of net NPS", unit="points"),
    "gross_revenue_retention_pct": PromisedMeasure(label="Gross revenue retention", unit="share_pct"),
    "net_revenue_retention_pct": PromisedMeasure(label="Net revenue retention", unit="share_pct"),
    "response_rate_pct": PromisedMeasure(label="Response rate", unit="share_pct"),
    "churned_mrr_amount": PromisedMeasure(label="Monthly revenue lost to departures", unit="money", is_ceiling=True),
}
