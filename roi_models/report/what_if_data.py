"""What the page's sliders work with: which inputs move and how far, and the draws that are shipped.

Belongs here: choosing sliders, packing draws so that none of their bits is lost, JSON that cannot leave its element.
Does not belong here: the arithmetic (`roi_models/case` and, the same again, `templates/whatif.js`), markup
(`templates/whatif.html.j2`).
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import numpy as np
from markupsafe import Markup

from roi_models.case.assumptions import Assumptions
from roi_models.case.case_results import BusinessCase
from roi_models.case.flows import tables
from roi_models.case.inputs import INPUTS, Input
from roi_models.case.what_if import shipped, ships_all
from roi_models.report.rows import shows_case
from roi_models.results import CaseFile

MOST_SLIDERS = 8
# On every page that has a case, whether taken as certain or not.
ALWAYS = ("uplift", "margin", "discount_rate", "initial_cost", "annual_cost", "realisation")
# A rate of nothing would leave a slider without room.
HIGHEST_RATE_AT_LEAST = Decimal("0.2")
FEWEST_STEPS, MOST_STEPS = 40, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfBlock:
    """What `whatif.html.j2` prints: the sliders, the data as JSON, and whether they are all the draws there are."""

    sliders: tuple[Slider, ...]
    data: Markup
    ships_all: bool
    count_draws: int
    count_replicates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider:
    """One input as a range control. `least`, `most`, `step`, `base`: decimal text; `base` lies on the grid of steps."""

    name: str
    label: str
    kind: str
    least: str
    most: str
    step: str
    base: str


def what_if_block(case_file: CaseFile) -> WhatIfBlock | None:
    """The block of the page; None where no case is shown, or one without a table of revenue by uplift."""
    case = case_file.case
    if not shows_case(case_file) or case.response is None:
        return None
    part = shipped(case)
    return WhatIfBlock(
        sliders=sliders(case),
        data=json_for_page(page_data(part, case_file.context.currency)),
        ships_all=ships_all(case),
        count_draws=len(part.sample),
        count_replicates=len(part.response.kept_draws),
    )


def sliders(case: BusinessCase) -> tuple[Slider, ...]:
    """The inputs that a reader can move: the main ones, then uncertain ones, then others that are at work."""
    terms = case.assumptions
    further = sorted(
        (name for name in INPUTS if name not in ALWAYS and _is_at_work(terms, name)),
        key=lambda name: name not in terms.uncertain,
    )
    drawn = (_slider(case, INPUTS[name]) for name in (*ALWAYS, *further))
    return tuple(slider for slider in drawn if slider is not None)[:MOST_SLIDERS]


def _is_at_work(terms: Assumptions, name: str) -> bool:
    low, base, high = terms.range(name)
    return low < high or base != INPUTS[name].neutral


def _slider(case: BusinessCase, declared: Input) -> Slider | None:
    """The slider of one input; None where it would have no room to move."""
    low, base, high = (Decimal(repr(value)) for value in case.assumptions.range(declared.name))
    if declared.kind == "points":
        least, most = (Decimal(repr(end)) for end in case.response.reach)
    else:
        floor = HIGHEST_RATE_AT_LEAST if declared.kind == "rate" else Decimal(0)
        least = max(Decimal(repr(float(declared.least))), min(Decimal(0), low))
        most = min(Decimal(repr(float(declared.most))), max(2 * base, high, floor))
    if most <= least:
        return None
    step = _step(least, most, base)
    first, last = (least / step).to_integral_value(ROUND_CEILING), (most / step).to_integral_value(ROUND_FLOOR)
    return Slider(
        name=declared.name,
        label=declared.label,
        kind=declared.kind,
        least=_plain(first * step),
        most=_plain(last * step),
        step=_plain(step),
        base=_plain(base),
    )


def _step(least: Decimal, most: Decimal, base: Decimal) -> Decimal:
    """The widest round step that gives enough positions, with the base on one; else a hundredth of the base."""
    power = (most - least).adjusted()
    for exponent in range(power, power - 4, -1):
        for factor in (5, 2, 1):
            step = Decimal(factor).scaleb(exponent)
            count = (most - least) / step
            if FEWEST_STEPS <= count <= MOST_STEPS and base % step == 0:
                return step
    return abs(base) / 100


def _plain(value: Decimal) -> str:
    """Without an exponent and without needless zeros."""
    return f"{value.normalize():f}"


def page_data(case: BusinessCase, currency: str) -> dict[str, Any]:
    """What the script reads of a case as it is shipped: inputs, revenue by uplift, draws; arrays as base64."""
    terms, sample = case.assumptions, case.sample
    given = tables(case.response, terms, with_draws=True)
    has_growth = bool(given.expanded.any())
    return {
        "currency": currency,
        "minProbability": terms.min_prob_npv_positive,
        "years": terms.years,
        "period": given.years,
        "ramp": given.ramp.tolist(),
        "knots": given.knots.tolist(),
        "kept": given.kept.tolist(),
        "expanded": given.expanded.tolist() if has_growth else None,
        "keptDraws": _packed(given.kept_draws, "<f8"),
        "replicate": _packed(sample.replicate, "<u4"),
        "growth": _packed(sample.expansion_factor, "<f8") if has_growth else None,
        "countRanks": sample.count_ranks or len(sample),
        "ranks": {name: _packed(sample.ranks[name], "<u4") for name in terms.uncertain},
        "inputs": {
            name: dict(zip(("low", "base", "high"), terms.range(name), strict=True))
            | {"least": declared.least, "most": declared.most}
            for name, declared in INPUTS.items()
        },
    }


def _packed(values: np.ndarray, kind: str) -> str:
    """The numbers as bytes, little-endian whatever machine this is, in base64."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode("ascii")


def json_for_page(data: object) -> Markup:
    """JSON that may stand inside a script element: no character in it can open or close a tag or a comment."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    # Only strings hold these three, and in strings JSON allows them to be escaped.
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)
