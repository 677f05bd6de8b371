"""Cases whose sliders are tried in a browser: each has something else for the page to compute.

Belongs here: cases. Does not belong here: expectations (`test_what_if_browser.py`).
"""

from __future__ import annotations

from dataclasses import replace

from roi_models.case.sample import draw_sample
from tests.unit.sample_business_case import business_case
from tests.unit.sample_case import conditional_case, sparse_case


def growing_case():
    """Expansion counts, with an error of its own."""
    case = business_case()
    sample = draw_sample(600, count_replicates=len(case.response.kept_draws), seed=4, expansion_error=0.3)
    return replace(case, response=replace(case.response, expanded=0.4 * case.response.kept), sample=sample)


def monthly_case():
    """Months are discounted one by one: the page has room for a part of the coefficients' draws."""
    case = growing_case()
    return replace(case, assumptions=replace(case.assumptions, discounting="month_end"))


def ranged_case():
    """Every input that a slider moves has a range, the programme works on two segments, and draws abound."""
    case = business_case()
    terms = replace(
        case.assumptions,
        segments=("ENT", "SMB"),
        tax_rate=0.2,
        ranges=case.assumptions.ranges
        | {"discount_rate": (0.06, 0.15), "initial_cost": (90_000.0, 170_000.0), "realisation": (0.8, 1.0)},
    )
    sample = draw_sample(3_000, count_replicates=len(case.response.kept_draws), seed=9)
    return replace(case, assumptions=terms, sample=sample)


def case_file_of(build):
    """The conditional case file with another case in it."""
    return lambda: replace(conditional_case(), case=build())


FILES = {
    "as it is": case_file_of(business_case),
    "growing": case_file_of(growing_case),
    "monthly": case_file_of(monthly_case),
    "ranged": case_file_of(ranged_case),
    "never paid back": sparse_case,
}
