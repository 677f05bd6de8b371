"""Realised versus promised: values worked out by hand, what is judged and what is not, and refusals in sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from roi_models.case.promised_measures import MEASURES
from roi_models.case.promises_study import PROMISE_TYPES, TABLES, promises_study
from roi_models.case.realised import realised
from roi_models.report import build_figures, model_tables, render_report
from roi_models.report.format import KEPT_DECIMALS
from roi_models.verdicts.judgement import Level
from tests.unit.promise_data import RULES, frames, promises
from tests.unit.sample_case import conditional_case, failed_case, null_case

YEAR = ("2023-01", "2023-12")


def study(*rows, assumed=12_000, rules=RULES, **given):
    return promises_study(promises(*rows), frames(**given), rules, assumed_annual_cost=assumed)


def judged(*row, **given):
    """The row of the table that one promise becomes."""
    (found,) = study(row, **given).tables[0].frame.to_dict("records")
    return found


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("programme_cost", 12_001.20),
        ("churned_mrr_amount", 240.0),
        ("gross_revenue_retention_pct", 100 * 0.97**12),
        ("net_revenue_retention_pct", 100 * 0.985**12),
        ("response_rate_pct", 20.0),
    ],
)
def test_a_year_is_what_its_months_make(measure, value):
    found = realised(measure, *YEAR, frames(), RULES)
    assert (found.value, found.through, found.problem) == (pytest.approx(value, rel=1e-12), "2023-12", "")
    assert found.is_complete and np.isnan(found.low)


def test_money_is_whole_cents():
    assert realised("programme_cost", "2023-01", "2023-07", frames(), RULES).value == 7000.70


def test_a_response_rate_is_of_all_invitations_not_the_mean_of_months():
    invitations = pd.DataFrame({"month": ["2023-01", "2023-02"], "count_invited": [90, 10], "count_answered": [9, 9]})
    found = realised("response_rate_pct", "2023-01", "2023-02", frames(invitations=invitations), RULES)
    assert found.value == pytest.approx(18)


@pytest.mark.parametrize(
    ("first", "last", "value", "through"),
    [
        # Quarters score 20, 30, … from 2023-01 on; the one before the period is compared with its last whole one.
        ("2023-04", "2023-12", 30, "2023-12"),
        ("2023-04", "2023-11", 20, "2023-09"),
        ("2023-06", "2023-06", 10, "2023-06"),
        ("2023-05", "2023-07", 10, "2023-06"),
        ("2024-01", "2024-12", 40, "2024-12"),
    ],
)
def test_a_change_of_score_runs_from_the_quarter_before_to_the_last_whole_one(first, last, value, through):
    found = realised("net_nps_points", first, last, frames(), RULES)
    assert (found.value, found.through, found.is_complete) == (value, through, True)


def test_a_change_of_score_has_the_error_of_both_quarters():
    """Errors 3 and 4 make 5; 1.96 times 5 is 9.8."""
    found = realised("net_nps_points", "2023-04", "2023-06", frames(), RULES)
    assert (found.low, found.high) == (pytest.approx(0.2, abs=1e-3), pytest.approx(19.8, abs=1e-3))


@pytest.mark.parametrize(
    ("measure", "promised", "judgement"),
    [
        ("programme_cost", 12_001.20, "kept"),
        ("programme_cost", 12_001.19, "not kept"),
        ("churned_mrr_amount", 241, "kept"),
        ("churned_mrr_amount", 239, "not kept"),
        ("gross_revenue_retention_pct", 69.3, "kept"),
        ("gross_revenue_retention_pct", 69.4, "not kept"),
        ("net_revenue_retention_pct", 83, "kept"),
        ("response_rate_pct", 20, "kept"),
        ("response_rate_pct", 20.5, "not kept"),
    ],
)
def test_costs_and_losses_are_ceilings_the_rest_are_floors(measure, promised, judgement):
    row = judged(measure, *YEAR, promised)
    assert (row["judgement"], row["reading"]) == (judgement, judgement)
    assert row["sentence"].endswith("The promise was kept." if judgement == "kept" else "The promise was not kept.")
    assert ("at most" if MEASURES[measure].is_ceiling else "at least") in row["sentence"]


@pytest.mark.parametrize(
    ("promised", "judgement"), [(0.1, "kept"), (5, "not told apart"), (19.7, "not told apart"), (19.9, "not kept")]
)
def test_a_score_that_chance_could_have_moved_is_not_judged(promised, judgement):
    row = judged("net_nps_points", "2023-04", "2023-06", promised)
    assert row["judgement"] == judgement
    assert "(95% interval +0.2 to +19.8)" in row["sentence"]


def test_difference_and_share_are_of_what_was_promised():
    row = judged("programme_cost", *YEAR, 10_000)
    assert (row["difference"], row["reached_share"]) == (2001.20, pytest.approx(1.20012))
    assert np.isnan(judged("net_nps_points", "2023-04", "2023-06", -4)["reached_share"])


@pytest.mark.parametrize(
    ("measure", "last", "value", "through", "why"),
    [
        ("programme_cost", "2025-06", 12_001.20, "2024-12", "the period is not over"),
        ("churned_mrr_amount", "2025-06", 240, "2024-12", "the period is not over"),
        ("response_rate_pct", "2025-06", 20, "2024-12", "the period is not over"),
        ("net_nps_points", "2025-02", 40, "2024-12", "the period is not over"),
        # Over at as-of, but the bills of the month after are not in.
        ("gross_revenue_retention_pct", "2024-12", 100 * 0.97**11, "2024-11", "later months are not known in full"),
        ("net_revenue_retention_pct", "2025-01", 100 * 0.985**11, "2024-11", "the period is not over"),
    ],
)
def test_what_is_not_complete_is_shown_so_far_and_never_judged(measure, last, value, through, why):
    row = judged(measure, "2024-01", last, 1)
    assert (row["judgement"], row["reading"]) == ("so far", f"so far, through {through}")
    assert row["realised"] == pytest.approx(value)
    assert row["sentence"].endswith(f"so far, through {through}. It is not judged, because {why}.")
    assert row["is_over"] == (last <= "2024-12")


def test_costs_that_were_not_delivered_yet_are_no_saving():
    late = frames().costs.head(21)
    row = judged("programme_cost", "2024-01", "2024-12", 100_000, costs=late)
    assert (row["judgement"], row["through_month"], row["is_over"]) == ("so far", "2024-09", True)
    assert row["realised"] == 9000.90


def test_a_period_ahead_has_not_begun():
    row = judged("response_rate_pct", "2025-01", "2025-12", 35)
    assert row["judgement"] == "not begun" and row["sentence"].endswith("promised; the period has not begun.")
    assert np.isnan(row["realised"])


EMPTY = {name: getattr(frames(), name).iloc[:0] for name in ("costs", "bridge", "invitations", "scores")}


@pytest.mark.parametrize(
    ("row", "given", "said"),
    [
        (("programme_cost", *YEAR, 1), {"costs": EMPTY["costs"]}, "no booked programme costs are supplied"),
        (("programme_cost", "2022-12", "2023-12", 1), {}, "costs are known from 2023-01 on only, after the period beg"),
        (
            ("programme_cost", "2024-06", "2024-12", 1),
            {"costs": frames().costs.head(12)},
            "costs are known up to 2023-12 only, before the period begins",
        ),
        (
            ("programme_cost", *YEAR, 1),
            {"costs": frames().costs.assign(count_unconverted=[1, 2] + [0] * 22)},
            "3 of the 24 cost lines have no rate of exchange, and the others make USD 12,001.20",
        ),
        (("churned_mrr_amount", "2022-01", "2023-12", 1), {}, "recurring revenue is known from 2023-01 on only"),
        (("gross_revenue_retention_pct", *YEAR, 1), {"bridge": EMPTY["bridge"]}, "no recurring revenue is supplied"),
        (
            ("gross_revenue_retention_pct", "2024-12", "2024-12", 1),
            {},
            "recurring revenue is known up to 2024-11 only, before the period begins",
        ),
        (
            ("net_revenue_retention_pct", *YEAR, 1),
            {"bridge": frames().bridge.assign(opening_amount=[1000.0, 0.0] + [1000.0] * 22)},
            "a month of the period began without recurring revenue",
        ),
        (("response_rate_pct", *YEAR, 1), {"invitations": EMPTY["invitations"]}, "no invitations are supplied"),
        (
            ("response_rate_pct", "2023-01", "2023-02", 1),
            {"invitations": frames().invitations.assign(count_invited=14, count_answered=2)},
            "28 invitations are too few for a rate: 30 are needed",
        ),
        (("net_nps_points", *YEAR, 1), {}, "nobody answered in the quarter from 2022-10"),
        (("net_nps_points", *YEAR, 1), {"scores": EMPTY["scores"]}, "no answers to the primary metric are supplied"),
        (
            ("net_nps_points", "2023-04", "2023-12", 1),
            {"scores": frames().scores.assign(score=[20.0, 1, 1, None, 1, 1, 1, 1], count_answers=12)},
            r"the score of the quarter from 2023-10 is withheld for too few answers \(12\)",
        ),
        (
            ("net_nps_points", "2024-11", "2025-06", 1),
            {"as_of": "2024-11"},
            "no quarter of the period was over at 2024-11",
        ),
        (("net_nps_points", *YEAR, 1), {"rules": replace(RULES, metric_kind="csat")}, "the primary metric is no NPS"),
    ],
)
def test_what_cannot_be_known_is_said_and_has_no_number(row, given, said):
    found = judged(*row, **given)
    assert found["judgement"] == "not known"
    assert np.isnan([found["realised"], found["difference"], found["reached_share"]]).all()
    assert pd.Series(found["sentence"]).str.contains(f"what came about is not known, because .*{said}.*\\.$").all()


def test_without_promises_one_sentence_says_how_to_record_them():
    found = study()
    assert found.sentences[0].startswith("No promise for a past period is recorded")
    assert "'promises' in business_case.yml" in found.sentences[0]
    assert len(found.sentences) == 2
    assert found.tables[0].frame.dtypes.astype(str).to_dict() == PROMISE_TYPES


def test_promises_are_counted_told_one_by_one_and_followed_by_the_caution():
    found = study(
        ("programme_cost", *YEAR, 20_000),
        ("response_rate_pct", *YEAR, 30),
        ("churned_mrr_amount", "2024-01", "2025-12", 500),
    )
    assert found.sentences[0] == (
        "3 promises are recorded for past or running periods: 1 kept, 1 not kept, 1 not judged before its period is "
        "complete in the data."
    )
    assert list(found.tables[0].frame["sentence"]) == list(found.sentences[1:4])
    assert found.sentences[1] == (
        "Programme cost, 2023-01 to 2023-12: at most USD 20,000 promised, USD 12,001 realised. The promise was kept."
    )
    assert "not by itself the programme's work" in found.sentences[4] and "hold-out" in found.sentences[4]


def test_where_the_promise_was_made_stands_beside_it():
    origins = [
        judged("response_rate_pct", *YEAR, 30, *further)["origin"]
        for further in (("Budget",), ("Budget", "2022-11-15", "Board"), ("Budget", "", "Board"))
    ]
    assert origins == ["Budget", "Budget; Board; 2022-11-15", "Budget; Board"]


@pytest.mark.parametrize(
    ("assumed", "level", "value"),
    [
        (12_001.20, Level.PASS, 0),
        (10_001, Level.PASS, 20.0),
        (10_000, Level.REVIEW, 20.012),
        (24_002.40, 1, 50),
        (0, 1, 100),
    ],
)
def test_cost_assumed_is_held_against_what_was_booked(assumed, level, value):
    found = study(assumed=assumed)
    (check,) = found.checks
    assert (check.id, check.level, check.value) == ("cost_assumption", level, pytest.approx(value, abs=1e-4))
    (row,) = found.tables[1].frame.to_dict("records")
    assert (row["booked_amount"], row["assumed_amount"]) == (12_001.20, assumed)
    assert row["difference_amount"] == pytest.approx(12_001.20 - assumed, abs=1e-9)
    assert found.sentences[-1].startswith("In the 12 months from 2024-01 to 2024-12, USD 12,001 of programme cost")


def test_the_advice_says_which_way_the_case_is_off():
    advice = {assumed: study(assumed=assumed).checks[0].recommendation for assumed in (6_000, 12_000, 24_000)}
    assert "raise annual_cost" in advice[6_000] and "counts more cost" in advice[24_000]
    assert advice[12_000] == ""


@pytest.mark.parametrize(
    ("costs", "said"),
    [
        (EMPTY["costs"], "No programme costs are supplied"),
        (frames().costs.tail(11), "booked from 2024-02 to 2024-12, not over the whole year up to 2024-12"),
        (frames().costs.head(23), "booked from 2023-01 to 2024-11, not over the whole year up to 2024-12"),
        (
            frames().costs.assign(count_unconverted=[0] * 23 + [4]),
            "4 lines of programme cost in the year up to 2024-12",
        ),
    ],
)
def test_costs_that_do_not_cover_the_year_are_not_compared(costs, said):
    found = study(costs=costs)
    assert said in found.sentences[-1] and found.sentences[-1].count("stands on its stated source alone") == 1
    assert found.checks == () and found.tables[1].frame.empty


def test_lines_without_a_rate_before_the_year_do_not_matter_to_it():
    costs = frames().costs.assign(count_unconverted=[4] + [0] * 23)
    assert len(study(costs=costs).checks) == 1


def test_on_the_page_each_row_has_its_own_unit():
    told = study(
        ("programme_cost", *YEAR, 20_000),
        ("net_nps_points", "2023-04", "2023-06", 5),
        ("gross_revenue_retention_pct", *YEAR, 92.5),
    )
    case_file = replace(conditional_case(), studies=(told,))
    figures = build_figures(case_file)
    units = {
        name: figures[f"promises.promises.{name}"].unit
        for name in (
            "programme_cost.2023-01.2023-12.difference",
            "net_nps_points.2023-04.2023-06.realised",
            "gross_revenue_retention_pct.2023-01.2023-12.promised",
            "gross_revenue_retention_pct.2023-01.2023-12.difference",
            "gross_revenue_retention_pct.2023-01.2023-12.reached_share",
        )
    }
    assert list(units.values()) == ["money", "points", "share_pct", "pct_points", "share_pct"]
    page = render_report(case_file, figures)
    section = page[page.index('<section aria-labelledby="promises"') :]
    assert "not told apart" in section[: section.index("</section>")]
    assert set(TABLES) <= {name.removeprefix("roi.") for name in model_tables(case_file)}


@pytest.mark.parametrize("case_file", [failed_case(), null_case()], ids=["failed", "null"])
def test_promises_are_told_without_a_case_too(case_file):
    case_file = replace(case_file, studies=(study(("programme_cost", *YEAR, 20_000)),))
    page = render_report(case_file, build_figures(case_file))
    section = page[page.index('<section aria-labelledby="promises"') :]
    assert "The promise was kept." in section[: section.index("</section>")]


def test_what_people_wrote_beside_a_promise_is_escaped():
    told = study(("programme_cost", *YEAR, 20_000, "<script>alert(1)</script>", "", '=HYPERLINK("http://x")'))
    case_file = replace(conditional_case(), studies=(told,))
    page = render_report(case_file, build_figures(case_file))
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page


def test_measures_have_units_of_figures():
    assert {unit for about in MEASURES.values() for unit in (about.unit, about.difference_unit)} <= set(KEPT_DECIMALS)
