"""The case section: lines with their reasons, views of one total, what is worth knowing, initiatives beside it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import pytest

from roi_models.report.page import render_report
from tests.unit.sample_case import conditional_case, null_case
from tests.unit.sample_figures import figures_of
from tests.unit.test_report_page import Page

NUMBERED_REASON = (
    "One answer point more goes with +0.31 percentage points of revenue from expansion and contraction over 12 months "
    "(95% interval -0.24 to 0.86), which is not shown to be a gain."
)


def rendered(case_file):
    return render_report(case_file, figures_of(case_file))


def with_case(**changes):
    case_file = conditional_case()
    return replace(case_file, case=replace(case_file.case, **changes))


def words(html):
    """The text of the case's two sections, with spaces as they are seen."""
    parts = [html.split(f'<section aria-labelledby="{name}">')[1].split("</section>")[0] for name in ("case", "detail")]
    section = "".join(parts)
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", "", section, flags=re.DOTALL)
    return re.sub(r"\s+", " ", text.replace("\u00a0", " "))


@pytest.fixture(scope="module")
def page():
    return rendered(conditional_case())


def test_every_line_states_its_value_or_why_it_has_none(page):
    lines = conditional_case().case.lines
    assert set(lines["is_counted"]) == {True, False}
    text = words(page)
    for line in lines.itertuples():
        assert line.label in text
        if not line.is_counted:
            assert line.reason in text
    assert "nothing is counted twice" in text


def test_numbers_in_a_reason_are_traced():
    lines = conditional_case().case.lines
    numbered = lines.assign(reason=lines["reason"].where(lines["line"] != "expansion", NUMBERED_REASON))
    case_file = with_case(lines=numbered)
    html = rendered(case_file)
    assert "+0.31 percentage points" in words(html)
    found = Page(html)
    assert found.untraced == []
    stated = {figure.id: figure for figure in figures_of(case_file) if figure.id.startswith("stated.line.expansion")}
    assert {figure.value for figure in stated.values()} >= {0.31, 0.86}
    assert all(figure.source == "roi.business_case_lines.reason" for figure in stated.values())


def test_lines_stand_in_the_yearly_flows_where_there_are_several(page):
    head = re.search(r'<table id="cash-table">.*?</thead>', page, re.DOTALL).group()
    assert "Margin on revenue kept" in head and "Service contacts saved" in head
    assert "Margin on revenue grown" not in head, "it is not counted"
    lines = conditional_case().case.lines
    alone = rendered(with_case(lines=lines.assign(is_counted=lines["line"] == "retention")))
    assert "Margin on revenue kept" not in re.search(r'<table id="cash-table">.*?</thead>', alone, re.DOTALL).group()


def test_every_view_adds_up_to_the_one_total():
    figures = figures_of(conditional_case())
    totals = defaultdict(Decimal)
    for figure in figures:
        if figure.id.startswith("view.") and figure.id.endswith(".pv_benefit"):
            totals[figure.id.split(".")[1]] += Decimal(repr(figure.value))
    assert len(totals) == 5
    assert set(totals.values()) == {Decimal(repr(figures["headline.pv_benefits"].value))}


def test_both_bases_of_discounting_are_named_rightly(page):
    assert "With each month’s discounted by itself, the net present value is USD" in words(page)
    terms = conditional_case().case.assumptions
    monthly = words(rendered(with_case(assumptions=replace(terms, discounting="month_end"))))
    assert "As if each year’s fell at its end, the net present value is USD" in monthly


def test_what_is_most_worth_knowing_is_named_and_led_to():
    case_file = conditional_case()
    assert case_file.case.information["input"].iloc[0] == "uplift" and case_file.programme.holdout_sentence
    html = rendered(case_file)
    assert "Most worth knowing is how far the programme raises the metric" in words(html)
    assert 'href="#holdout"' in html and 'id="holdout"' in html
    known = case_file.case.information
    others = known.set_index("input").loc[["margin", *known["input"][known["input"] != "margin"]]].reset_index()
    other = rendered(with_case(information=others.assign(evppi_amount=[9.0] + [0.0] * (len(others) - 1))))
    assert "Most worth knowing is this input: Margin on revenue kept" in words(other)
    assert 'href="#holdout"' not in other
    nothing = words(rendered(with_case(information=known.assign(evppi_amount=0.0))))
    assert "No single input is worth finding out" in nothing


def test_nothing_is_worth_knowing_where_every_outcome_decides_alike():
    assert null_case().case.evpi_amount == 0
    text = words(rendered(null_case()))
    assert "Every simulated outcome leads to the same decision" in text and "Most worth knowing" not in text


def test_initiatives_stand_beside_the_case(page):
    text = words(page)
    assert "None of this is part of the case above" in text
    for said in ("Calls after onboarding", "Ana Ruiz", "approved by Board", "all segments", "SMB"):
        assert said in text
    assert "the one that leaves most is =Executive sponsors, with a net present value of USD" in text
    assert "to start none of them is best" in words(rendered(null_case()))
    register = conditional_case().case
    bare = rendered(with_case(initiatives=register.initiatives.iloc[:0], portfolio=register.portfolio.iloc[:0]))
    assert 'id="initiatives"' not in bare
