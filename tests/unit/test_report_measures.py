"""What the warehouse measured, on page, in figures and workbook: what stands out, is withheld, or is absent."""

from __future__ import annotations

import re
from dataclasses import fields, replace

import pandas as pd
import pytest
from xlsx_reader import read_cells

from roi_models.measures import COLUMNS, Measures, empty_frame, empty_measures
from roi_models.report import page as page_module
from roi_models.report import render_report, render_workbook, rows_measures
from roi_models.report.charts_measures import score_chart
from roi_models.report.charts_waterfall import bridge_chart
from roi_models.report.format import format_value
from roi_models.report.page import drawings
from tests.unit.sample_case import conditional_case
from tests.unit.sample_figures import figures_of
from tests.unit.sample_measures import HOSTILE_OWNER, measures, score_slices
from tests.unit.test_report_page import Page

# What the page says where a frame is empty.
ABSENCES = {
    "score_periods": "There is no complete quarter with answers to the primary metric yet.",
    "score_slices": "No slice of the latest quarter stands out",
    "bridge": "There is no month with recurring revenue to build a bridge from.",
    "retention": "",
    "ledger": "No general ledger covers these months",
    "ledger_months": "",
    "leavers": "There is no month at risk in which anybody could have left.",
    "accounts": "No active account asks for attention.",
    "attention": "There is no active account to list.",
    "margins": "No cost to serve is known",
    "response_rates": "No invitations were supplied",
    "match_rates": "No answer of a customer was supplied",
    "closed_loop": "No follow-ups were supplied",
    "coverage": "",
    "instruments": "No questionnaires were supplied",
    "signals": "Nothing could be tested for steered answers",
    "flagged_signals": "",
    "competition": "",
    "repertoire": "No respondent’s set of brands breaks a rule.",
}
# Read from the same mart, so they are absent together.
TOGETHER = {
    "ledger": ("ledger", "ledger_months"),
    "ledger_months": ("ledger", "ledger_months"),
    "attention": ("attention", "accounts", "margins"),
}
FRAMES = sorted(ABSENCES)


@pytest.fixture(autouse=True)
def pages_without_charts(monkeypatch):
    """Drawing takes most of a page's time, and no test of texts and tables looks at it."""
    monkeypatch.setattr(page_module, "drawings", lambda case_file: {})


def case_with(**changes):
    return replace(conditional_case(), measures=replace(measures(), **changes))


def page_of(case_file):
    return render_report(case_file, figures_of(case_file))


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.split("<body>")[1]))


def value(case_file, figure_id):
    return figures_of(case_file)[figure_id].value


def test_every_frame_has_its_columns_and_an_absence():
    names = {field.name for field in fields(Measures)} - {"definitions"}
    assert names == set(COLUMNS) == set(ABSENCES)
    for name in COLUMNS:
        assert tuple(getattr(measures(), name).columns) == tuple(getattr(empty_measures(), name).columns)


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_without_rows_is_a_sentence_and_never_an_empty_table(name):
    absent = {frame: empty_frame(frame) for frame in TOGETHER.get(name, (name,))}
    page = page_of(case_with(**absent))
    assert ABSENCES[name] in text_of(page)
    assert not re.search(r"<tbody>\s*</tbody>", page)
    assert Page(page).untraced == []


def test_nothing_measured_at_all_still_renders():
    case_file = replace(conditional_case(), measures=empty_measures())
    page = page_of(case_file)
    assert not re.search(r"<tbody>\s*</tbody>", page)
    prefixes = ("movement.", "slice", "bridge.", "revenue.", "ledger.", "leavers.", "account.", "attention.", "loop.")
    assert [figure.id for figure in figures_of(case_file) if figure.id.startswith(prefixes)] == []


def test_bridge_and_retention_hold_the_warehouses_numbers():
    book = figures_of(conditional_case())
    sums = [
        row.data["sign"] * book[f"bridge.{row.data['column']}"].value
        for row in rows_measures.bridge_rows(conditional_case())
    ]
    opening, closing = (book[f"bridge.{name}_amount"].value for name in ("opening", "closing"))
    assert opening + sum(sums) == pytest.approx(closing, abs=0.005)
    assert book["bridge.residual_amount"].value == 0
    assert book["revenue.grr_pct"].source == "marts.agg_revenue_retention.grr_pct"
    assert book["ledger.unexplained"].value == -412.07
    assert (book["leavers.count_silent"].value, book["leavers.count_voiced"].value) == (4, 10)


def test_definitions_of_the_warehouse_stand_behind_the_figure_and_are_escaped():
    page = page_of(conditional_case())
    assert "Gross revenue retention (GRR): kept &lt; opening." in page
    definition = figures_of(conditional_case())["revenue.grr_pct"].definition
    assert definition.endswith("kept < opening.")


def test_a_movement_has_an_interval_and_says_whether_it_is_real():
    movement = figures_of(conditional_case())["movement.nps.2024-q4.change_score"]
    assert (movement.low, movement.high) == (round(-13.5625 - 1.959964 * 5, 4), round(-13.5625 + 1.959964 * 5, 4))
    assert "is more than the sample explains" in text_of(page_of(conditional_case()))
    periods = measures().score_periods
    still = case_with(score_periods=periods.assign(is_real=False))
    assert "read it as no news" in text_of(page_of(still))
    alone = case_with(score_periods=periods[periods["period"] == "2024-Q3"])
    assert "There is no quarter before it to compare with." in text_of(page_of(alone))
    small = case_with(score_periods=periods[periods["period"] == "2024-Q2"])
    page = text_of(page_of(small))
    assert "too few for a score" in page
    assert "movement.nps.2024-q2.headline_score" not in figures_of(small)
    assert "score" not in drawings(small)


def test_a_withheld_score_is_no_figure_but_its_count_is():
    book = figures_of(conditional_case())
    assert book["movement.ces.2024-q4.count_answers"].value == 7
    assert [figure.id for figure in book if figure.id.startswith("movement.ces.2024-q4.")] == [
        "movement.ces.2024-q4.count_answers"
    ]


def test_slices_stand_out_by_level_or_movement_and_never_when_withheld_unnamed_or_whole():
    rows = {row.data["slice_value"]: row.data["is_apart"] for row in rows_measures.standing_out(conditional_case())}
    assert rows == {"<i>EMEA</i>": True, "AMER": False}
    assert value(conditional_case(), "slices.tested") == 3
    assert value(conditional_case(), "slices.withheld") == 1
    alike = case_with(score_slices=score_slices().iloc[2:3])
    assert rows_measures.standing_out(alike) == ()


def test_a_slice_that_moved_along_with_the_company_does_not_stand_out():
    along = score_slices().iloc[1:2].assign(change_score=-12.0)
    assert rows_measures.standing_out(case_with(score_slices=along)) == ()
    periods = measures().score_periods
    first = periods.assign(change_score=periods["change_score"].where(~periods["is_primary"]))
    shown = rows_measures.standing_out(case_with(score_slices=along, score_periods=first))
    assert [row.data["slice_value"] for row in shown] == ["AMER"]


def test_no_more_slices_than_fit():
    slices = pd.concat([score_slices().iloc[:1].assign(slice_value=f"s{number:02d}") for number in range(30)])
    assert len(rows_measures.standing_out(case_with(score_slices=slices))) == rows_measures.SHOWN_SLICES


def test_the_list_of_accounts_says_what_it_leaves_out():
    case_file = conditional_case()
    assert value(case_file, "account.listed.count") == 3
    assert value(case_file, "account.unlisted.count") == 1 + 1 + 21 - 3
    assert value(case_file, "account.unlisted.mrr_amount") == 3_300.0
    assert "Another 20 accounts with USD 3,300 a month" in text_of(page_of(case_file))
    everyone = case_with(attention=measures().attention.assign(count_accounts=1, mrr_amount=7_266.9166666666667))
    assert "All 3 accounts that ask for attention are on the list" in text_of(page_of(everyone))


def test_numbers_in_a_reason_are_figures():
    page = Page(page_of(conditional_case()))
    book = figures_of(conditional_case())
    assert "400" in page.traced["stated.account.top03.reason.1"]
    assert book["stated.account.top03.reason.1"].source == "marts.fct_account_360.reason"


def test_other_metrics_are_shown_in_their_latest_quarter():
    shown = rows_measures.latest_metrics(conditional_case())
    assert [(row.data["metric"], row.data["period"]) for row in shown] == [("ces", "2024-Q4"), ("csat", "2024-Q4")]


def test_states_nobody_is_in_are_shown_as_zero():
    assert value(conditional_case(), "attention.steady.count_accounts") == 0


def test_names_that_users_typed_are_escaped():
    page = page_of(conditional_case())
    for hostile in (HOSTILE_OWNER, "<img src=x", "<u>Exit</u>", "<i>EMEA</i>", "Satisfaction <support>"):
        assert hostile not in page
        assert hostile.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in page


def test_columns_of_optional_tables_are_left_out_without_them():
    bare = measures().accounts.assign(count_open_cases=None, owner=None, months_to_renewal=None)
    for head in ("Open cases</th>", 'Owner</th><th scope="col">Renewal in, months</th>'):
        assert head in page_of(conditional_case())
        assert head not in page_of(case_with(accounts=bare))


def test_earned_growth_is_not_known_where_nobody_says_how_customers_were_won():
    page = text_of(page_of(case_with(retention=measures().retention.assign(earned_growth_pct=None))))
    assert "so earned growth is not known" in page
    assert "at least what is shown" in text_of(page_of(conditional_case()))


def test_a_ledger_that_agrees_names_no_month():
    months = measures().ledger_months.assign(count_unexplained_months=0)
    case_file = case_with(ledger_months=months)
    assert "ledger.largest_amount" not in figures_of(case_file)
    assert "It differs from what was billed in 0 of them." in text_of(page_of(case_file))


def test_brands_that_were_only_ranked_are_shares():
    ranked = measures().competition.assign(score_basis="war_share", mean_score=[0.5, 0.3, None])
    book = figures_of(case_with(competition=ranked))
    assert (book["brand.us_co.mean_score"].value, book["brand.us_co.mean_score"].unit) == (50, "share_pct")
    assert book["brand.us_co.absolute_change"].unit == "pct_points"
    assert "brand.fabrikam.mean_score" not in book


def test_one_survey_is_not_listed_beside_the_sum_of_all():
    rates = measures().response_rates
    one = case_with(response_rates=rates[rates["survey"] != "<u>Exit</u>"])
    assert [row.data["slice_name"] for row in rows_measures.response_rows(one)] == ["total"]
    assert len(rows_measures.response_rows(conditional_case())) == 3


def test_a_questionnaire_that_states_nothing_breaks_nothing():
    assert [row.data["survey"] for row in rows_measures.broken_instruments(conditional_case())] == ["Brands"]
    # As the warehouse hands over a column of yes, no and unknown.
    flags = pd.array([True, False, pd.NA], dtype="boolean")
    unknown = measures().instruments.assign(is_too_long=flags, is_closed_only=flags[::-1])
    page = text_of(page_of(case_with(instruments=unknown)))
    assert "0 of them open: it is too long." in page
    assert "– of them open: nobody can say why" in page


def test_workbook_sheets_hold_the_figures_and_inert_text():
    case_file = conditional_case()
    book = figures_of(case_file)
    cells = read_cells(render_workbook(case_file, book))
    bridge = cells["Revenue bridge"]
    named = {cell: content for cell, (_, content) in bridge.items() if cell[0] == "D" and "." in str(content)}
    assert len(named) == 11 + 5
    for cell, figure_id in named.items():
        assert bridge["B" + cell[1:]][1] == book[figure_id].value
    words = [content for _, content in cells["Accounts"].values()]
    assert "'=1+1" in words and HOSTILE_OWNER in words
    assert words.count("A-3") == 2, "an account without a name goes by its id"
    assert words.index("A-1") < words.index("A-2") < words.index("A-3")


def test_workbook_sheets_say_what_is_absent():
    cells = read_cells(render_workbook(*_with_book(replace(conditional_case(), measures=empty_measures()))))
    bridge = [content for _, content in cells["Revenue bridge"].values()]
    assert any("no month with recurring revenue" in str(content) for content in bridge)
    assert "No active account asks for attention." in [content for _, content in cells["Accounts"].values()]


def _with_book(case_file):
    return case_file, figures_of(case_file)


def test_charts_survive_odd_data():
    flat = measures().bridge.assign(**dict.fromkeys(measures().bridge.columns[3:], 0.0))
    lines = rows_measures.bridge_rows(case_with(bridge=flat))
    one = rows_measures.primary_periods(conditional_case())[:1]
    for svg in (bridge_chart(lines, "USD"), score_chart(one)):
        assert not re.search(r"#[0-9a-fA-F]{6}\b", svg)
        assert svg.startswith("<svg") and svg.endswith("</svg>")


@pytest.mark.parametrize(("number", "text"), [(1.5, "+1.50"), (-1.5, "\u22121.50"), (0, "0.00")])
def test_a_movement_is_written_with_its_sign(number, text):
    assert format_value(number, "score", signed=True) == text
