"""From business_case.yml to what the models and the report take.

Belongs here: conversion, what the data have to say to it (a pilot's effect, segments that exist), words for the report.
Does not belong here: the file's grammar (`case_config.py`), appraising (`roi_models/case`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from orchestration.case_config import BusinessCaseConfig
from orchestration.errors import SourceError, did_you_mean
from roi_models.case.assumptions import Assumptions
from roi_models.case.initiatives import Initiative
from roi_models.case.inputs import INPUTS
from roi_models.case.pilot import with_pilot
from roi_models.programmes.programme_results import ProgrammeEvidence

_UPLIFT_UNITS = {"net_nps_points": "net NPS points", "answer_points": "points on each answer"}
_UNITS = {"share": "fraction", "rate": "fraction", "factor": "factor", "count": "count"}
_DISCOUNTING = {"year_end": "at year end", "month_end": "at month end"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What finance assumes, and whether the uplift was seen in a pilot."""

    assumptions: Assumptions
    is_pilot: bool = False


def assumptions_of(config: BusinessCaseConfig) -> Assumptions:
    """business_case.yml as the models take it."""
    given = config.given
    low, high = config.uplift.range
    return Assumptions(
        horizon_months=config.horizon_months,
        ramp_months=config.uplift.ramp_months,
        monthly_decay=float(config.uplift.monthly_decay),
        uplift_low=float(low),
        uplift_base=float(config.uplift.base),
        uplift_high=float(high),
        uplift_unit=config.uplift.unit,
        uplift_path=config.uplift.path,
        segments=config.uplift.segments,
        discounting=config.discounting,
        ranges={
            name: tuple(float(end) for end in assumption.range)
            for name, assumption in given.items()
            if name != "uplift" and assumption.range[0] < assumption.range[1]
        },
        n_draws=config.draws,
        seed=config.seed,
        min_prob_npv_positive=float(config.minimum_probability),
        **{name: float(assumption.base) for name, assumption in given.items() if name != "uplift"},
    )


def terms_of(config: BusinessCaseConfig, programme: ProgrammeEvidence) -> Terms:
    """The assumptions, with the pilot's effect where business_case.yml asks for it and the data show one."""
    assumptions = assumptions_of(config)
    if config.uplift.pilot is None:
        return Terms(assumptions=assumptions)
    seen, is_pilot = with_pilot(assumptions, programme)
    return Terms(assumptions=seen, is_pilot=is_pilot)


def initiatives_of(config: BusinessCaseConfig) -> tuple[Initiative, ...]:
    """The register as the models take it."""
    return tuple(
        Initiative(
            id=one.id,
            name=one.name,
            owner=one.owner,
            approver=one.approver,
            status=one.status,
            segments=one.segments,
            uplift_low=float(one.uplift.range[0]),
            uplift_base=float(one.uplift.base),
            uplift_high=float(one.uplift.range[1]),
            initial_cost=float(one.initial_cost),
            annual_cost=float(one.annual_cost),
            source=one.source,
        )
        for one in config.initiatives
    )


def require_segments(config: BusinessCaseConfig, known: Iterable[str]) -> None:
    """Raise SourceError for a segment that no active account is in."""
    known = sorted(set(known))
    named = {"uplift": config.uplift.segments} | {f"initiatives.{one.id}": one.segments for one in config.initiatives}
    problems = [
        f"business_case.yml: {key}.segments names '{segment}', and no active account is in it"
        f"{did_you_mean(segment, known)}"
        for key, segments in named.items()
        for segment in segments
        if segment not in known
    ]
    if problems:
        raise SourceError(problems)


def assumption_rows(config: BusinessCaseConfig, terms: Terms) -> pd.DataFrame:
    """The assumptions as the report lists them: name, label, unit, low, base, high, source."""
    rows = []
    for name, assumption in config.given.items():
        low, base, high = terms.assumptions.range(name)
        ends = (low, high) if low < high else (None, None)
        source = assumption.source
        if name == "uplift" and config.uplift.pilot:
            source = "Seen in the closed loop's hold-out" if terms.is_pilot else f"{source} (no pilot shows an effect)"
        rows.append((name, _label(name, config), _unit(name, config), ends[0], base, ends[1], source))
    if "tax_rate" not in config.given:
        rows.append(("tax_rate", INPUTS["tax_rate"].label, "fraction", None, 0.0, None, "not set: before tax"))
    return pd.DataFrame(
        [*rows, *_rules(config)], columns=["name", "label", "unit", "low", "base", "high", "source"]
    ).reset_index(drop=True)


def _rules(config: BusinessCaseConfig) -> Iterator[tuple]:
    """What is set for the case as a whole; business_case.yml names no source for it."""
    given = {
        "horizon_months": ("Horizon", "months", config.horizon_months),
        "ramp_months": ("Months until the rise is reached", "months", config.uplift.ramp_months),
        "monthly_decay": ("Part of the rise lost each month after that", "fraction", config.uplift.monthly_decay),
        "minimum_probability": (
            "Chance of a gain without which none is claimed",
            "fraction",
            config.minimum_probability,
        ),
    }
    if config.budget is not None:
        given["budget"] = ("Most that the initiatives together may cost, today's money", config.currency, config.budget)
    for name, (label, unit, value) in given.items():
        yield name, label, unit, None, float(value), None, "Set for the case as a whole"


def _label(name: str, config: BusinessCaseConfig) -> str:
    words: Mapping[str, str] = {"discount_rate": f"Discount rate a year, {_DISCOUNTING[config.discounting]}"}
    return words.get(name, INPUTS[name].label)


def _unit(name: str, config: BusinessCaseConfig) -> str:
    if name == "uplift":
        return _UPLIFT_UNITS[config.uplift.unit]
    kind = INPUTS[name].kind
    return config.currency if kind == "money" else _UNITS[kind]
