"""Charts: what they draw follows the frames, and odd frames are drawn as well."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from roi_models.report.chart_base import short_money
from roi_models.report.charts_case import SHOWN_INPUTS, tornado_chart
from roi_models.report.charts_effect import calibration_chart, dose_response_chart
from roi_models.report.charts_waterfall import npv_waterfall_chart
from roi_models.report.drawings import drawings
from roi_models.report.figures import build_figures
from roi_models.report.rows_waterfall import npv_steps
from tests.unit.sample_business_case import business_case
from tests.unit.sample_case import ALL_CASES, conditional_case
from tests.unit.sample_models import by_score, hazard_fit, retention_effect


def texts(svg):
    """What the chart says, its title and description aside, in drawing order."""
    drawn = svg[svg.index("</desc>") :]
    return [text.strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", drawn)]


def tornado():
    rows = [
        ("uplift", "Rise of the metric that the programme brings", 4, 12, -100.0, 900.0),
        ("rate", "Discount rate", 0.08, 0.12, 480.0, 430.0),
        ("horizon", "Horizon", 36, 36, 455.0, 455.0),
        ("slope", "Slope of the score", -0.8, -0.3, 1_500.0, -700.0),
    ]
    columns = ["input", "label", "low_value", "high_value", "npv_low", "npv_high"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize(
    ("value", "options", "text"),
    [
        (999_999, {"digits": 3}, "1m"),
        (999.6, {}, "1,000"),
        (-26_338, {"signed": True, "digits": 3}, "−26.3k"),
        (182_747, {"signed": True, "digits": 3}, "+183k"),
        (0, {"signed": True}, "0"),
        (2.5e9, {}, "2.5bn"),
    ],
)
def test_money_is_short_and_carries_its_sign(value, options, text):
    assert short_money(value, **options) == text


@pytest.mark.parametrize("scale", [1.0, 0.2])
def test_the_steps_of_the_waterfall_sum_to_the_net_present_value(scale):
    case = business_case(scale=scale)
    steps = npv_steps(case).set_index("step")
    parts = steps[steps["kind"] != "total"]["amount"]
    assert round(parts.sum(), 2) == steps.loc["npv", "amount"] == case.base.npv
    assert steps.loc["outlay", "amount"] < 0 and steps.loc["running_costs", "amount"] < 0


def test_a_step_of_nothing_is_left_out():
    case = business_case()
    years = case.years.assign(pv_cost=case.years["pv_cost"].where(case.years["year"] > 0, 0.0))
    base = replace(case.base, pv_costs=round(years["pv_cost"].sum(), 2))
    assert "outlay" not in set(npv_steps(replace(case, years=years, base=base))["step"])


def test_the_waterfall_labels_every_step_with_its_signed_amount():
    lines = pd.DataFrame(
        [("Benefits", 780_582.0, "benefit"), ("Costs", -343_817.0, "cost"), ("Net", 436_765.0, "total")],
        columns=["label", "amount", "kind"],
    )
    said = texts(npv_waterfall_chart(lines, "USD"))
    assert [text for text in said if text in ("+781k", "−344k", "437k")] == ["+781k", "−344k", "437k"]
    assert {"Benefits", "Costs", "Net", "present value, USD"} <= set(said)


def test_figures_of_the_waterfall_are_its_amounts():
    case_file = conditional_case()
    book = build_figures(case_file)
    assert book["waterfall.npv.amount"].value == book["headline.npv"].value
    counted = [figure.value for figure in book if figure.id.startswith("waterfall.line_")]
    assert round(sum(counted), 2) == book["headline.pv_benefits"].value


def test_the_tornado_shows_the_widest_first_and_leaves_out_what_moves_nothing():
    said = texts(tornado_chart(tornado(), 455.0, "USD"))
    labels = [text for text in said if text.startswith(("Slope", "Rise", "Discount", "Horizon"))]
    assert [label.split()[0] for label in labels] == ["Slope", "Rise", "Discount"]
    assert said.count("low") == said.count("high") == 3


def test_the_tornado_draws_ten_inputs_at_most():
    many = pd.concat([tornado().iloc[:1].assign(input=f"i{n}", label=f"Input {n}") for n in range(14)])
    assert texts(tornado_chart(many, 0.0, "USD")).count("high") == SHOWN_INPUTS


def test_the_tornado_is_drawn_where_the_case_has_one():
    case_file = conditional_case()
    case = case_file.case
    fields = {field.name: getattr(case, field.name) for field in dataclasses.fields(case)}
    with_ranges = SimpleNamespace(**(fields | {"tornado": tornado()}))
    assert "tornado" in drawings(replace(case_file, case=with_ranges))
    for nothing in (tornado().iloc[:0], tornado().query("input == 'horizon'")):
        without = SimpleNamespace(**(fields | {"tornado": nothing}))
        assert "tornado" not in drawings(replace(case_file, case=without))


def test_dose_response_shows_scores_and_sets_silence_apart():
    assert {"seen", "model", "leave within 12 months, %"} <= set(texts(dose_response_chart(by_score())))
    with_silence, without = (
        texts(dose_response_chart(frame)) for frame in (by_score(), by_score().query("band != 'silent'"))
    )
    assert "answer" in " ".join(with_silence) and "answer" not in " ".join(without)


def test_odd_bands_are_drawn():
    one = by_score().iloc[:1]
    flat = one.assign(score_low=7.0, score_high=7.0, score_mean=7.0)
    wide = by_score().assign(score_low=lambda f: f["score_low"] * 10, score_high=lambda f: f["score_high"] * 10)
    for frame in (one, flat, wide.assign(score_mean=by_score()["score_mean"] * 10)):
        assert dose_response_chart(frame).endswith("</svg>")


def test_a_group_off_the_line_by_more_than_chance_is_hollow():
    groups = retention_effect(hazard_fit(), None).calibration
    off = groups.assign(predicted_events=[300.0, 260.2, 499.4])
    assert _hollow(calibration_chart(off)) == _hollow(calibration_chart(groups)) + 1


def _hollow(svg):
    return len(re.findall(r'<use[^>]*style="[^"]*fill-opacity: 0', svg))


@pytest.mark.parametrize("name", ["conditional", "sparse"])
def test_every_chart_is_the_same_twice_named_and_uses_the_page_s_colours(name):
    first, second = drawings(ALL_CASES[name]()), drawings(ALL_CASES[name]())
    assert first == second
    for svg in first.values():
        assert "<title" in svg and "<desc" in svg
        assert not re.search(r"#[0-9a-fA-F]{6}\b", svg)


def test_a_failed_verdict_draws_no_return():
    assert not {"cash", "npv", "waterfall", "tornado"} & set(drawings(ALL_CASES["failed_with_flows"]()))


def test_limits_without_a_number_do_not_break_the_dose_chart():
    frame = by_score().assign(observed_low_pct=np.nan)
    assert "nan" not in dose_response_chart(frame).lower().split("</desc>")[1]
