"""The rules of a feedback programme (`rules` of metrics.yml): how often people are asked, how soon they are answered.

Belongs here: each rule's key, range and default. Does not belong here: holding data against them (dbt_project).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Days = Annotated[int, Field(ge=1, le=3650)]
Share = Annotated[Decimal, Field(ge=0, le=1)]


class Rules(BaseModel):
    """What a programme holds itself to. Defaults are those of the field's guides (docs/metrics.md cites them)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Invitations.
    contact_gap_days: Days = 45
    calendar_first_days: Days = 7
    calendar_second_days: Days = 30
    calendar_then_days: Days = 90
    calendar_precedence: Literal["gap", "calendar"] = "gap"
    relationship_survey_days: Days = 365
    touchpoint_invitation_minutes: Annotated[int, Field(ge=1, le=10_080)] = 15
    sample_share: Share = Decimal("0.08")
    # Instruments.
    maximum_questions: Annotated[int, Field(ge=1)] = 15
    minimum_open_questions: Annotated[int, Field(ge=0)] = 1
    minimum_brands: Annotated[int, Field(ge=2)] = 2
    maximum_brands: Annotated[int, Field(ge=2)] = 12
    # Closing the loop.
    answer_sla_days: Days = 7
    # Accounts.
    risk_metric: str = "csat"
    risk_run: Annotated[int, Field(ge=1, le=12)] = 3
    loyalty_metric: str = "nps"
    # Gaming: how far an owner, a score or a response rate may stand out.
    heaping_share: Share = Decimal("0.5")
    owner_z_score: Annotated[Decimal, Field(gt=0)] = Decimal("3")
    response_rate_fall: Share = Decimal("0.5")
    # Change tests: the chance of calling a movement real that is none.
    change_level: Annotated[Decimal, Field(gt=0, lt=1)] = Decimal("0.05")

    @model_validator(mode="after")
    def _ordered(self) -> Rules:
        if self.minimum_brands > self.maximum_brands:
            raise ValueError(
                f"minimum_brands {self.minimum_brands} must not exceed maximum_brands {self.maximum_brands}."
            )
        return self
