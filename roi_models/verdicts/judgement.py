"""The words in which results are judged: levels, claims, checks and the verdict.

Belongs here: the shapes. Does not belong here: the checks (`checks.py`), the rule (`verdict.py`), thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Level(IntEnum):
    """How far a result may be trusted. The worst level among the checks is the verdict."""

    PASS = 0
    REVIEW = 1
    FAIL = 2


class Claim(StrEnum):
    """What may be said: nothing, "if the uplift comes true, then …", or "this was seen to happen"."""

    NONE = "none"
    CONDITIONAL = "conditional"
    EVIDENCED = "evidenced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One gate of the verdict: a value held against a threshold, with a sentence and a recommendation."""

    id: str
    label: str
    value: float | None
    threshold: str
    level: Level
    sentence: str
    recommendation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The worst level among the checks, what may be claimed, and the sentence that says so."""

    level: Level
    claim: Claim
    sentence: str
    checks: tuple[Check, ...]
