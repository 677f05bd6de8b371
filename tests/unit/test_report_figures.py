"""The figures book: complete, traceable to published tables, plain JSON, and silent about returns on FAIL."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from decimal import Decimal

import pytest

from roi_models.report.figures import UnknownFigureError, build_figures
from roi_models.report.format import format_value, round_for_unit, to_number
from roi_models.report.rows import keyed
from roi_models.report.sentences import match_number, stated_texts, tokenise
from roi_models.report.tables import model_tables
from roi_models.results import Figure
from tests.unit.sample_case import ALL_CASES, conditional_case, failed_case_with_flows


@pytest.fixture(params=sorted(ALL_CASES))
def case_file(request):
    return ALL_CASES[request.param]()


def test_document_is_plain_json_and_equal_for_equal_case_files(case_file):
    def text(one):
        return json.dumps(build_figures(one).as_document(one), allow_nan=False, ensure_ascii=False)

    shuffled = replace(
        case_file,
        account_predictions=case_file.account_predictions.sample(frac=1, random_state=1),
        row_accounting=case_file.row_accounting.iloc[::-1],
        rejections=case_file.rejections.iloc[::-1],
    )
    assert text(case_file) == text(case_file) == text(shuffled)
    document = json.loads(text(case_file))
    assert set(document["headline"]) == {"sentence", "verdict", "claim"}
    assert {"figures", "checks", "absent"} <= set(document)
    keys = {"id", "value", "low", "high", "unit", "definition", "source"}
    assert all(set(entry) == keys for entry in document["figures"])


def test_every_source_is_a_column_of_a_published_table(case_file):
    tables = model_tables(case_file)
    for figure in build_figures(case_file):
        schema, table, column = figure.source.split(".")
        if schema == "roi":
            assert column in tables[f"{schema}.{table}"].columns, figure.source


def test_a_failed_verdict_leaves_no_figure_of_the_case():
    book = build_figures(failed_case_with_flows())
    prefixes = ("headline.", "cash.", "scenario.", "segment.")
    assert [figure.id for figure in book if figure.id.startswith(prefixes)] == []


def test_figures_hold_the_case_files_numbers():
    case_file = conditional_case()
    book, case = build_figures(case_file), case_file.case
    assert book["headline.npv"].value == case.base.npv
    assert (book["headline.npv"].low, book["headline.npv"].high) == (
        round(case.npv_p5, 2),
        round(case.npv_p95, 2),
    )
    assert book["survival.promoter.m12"].value == round(100 * math.exp(-0.006 * 12), 4)
    assert "survival.silent.m24" not in book  # followed for 22 months only
    assert book["quality.zendesk_tickets.csv.survey_responses.rejected"].value == 3
    assert book["quality.total.read"].value == 21_040 + 10_520 + 32_111
    assert book["assumption.margin"].value == 75.0
    assert "assumption.path" not in book  # a method's name is no number
    stake = case_file.account_predictions["revenue_at_risk_amount"]
    assert book["stake.top01.revenue_at_risk_amount"].value == stake.max()
    total = sum((Decimal(repr(value)) for value in stake), Decimal(0))
    assert book["stake.total.revenue_at_risk_amount"].value == float(total)
    segments = [figure.value for figure in book if figure.id.startswith("stake.segment.") and "risk" in figure.id]
    assert round(sum(segments), 2) == float(total)


def test_figures_of_the_follow_up_are_those_of_its_tables():
    case_file = conditional_case()
    book, followed = build_figures(case_file), case_file.follow_up
    means = followed.restricted_means.set_index("group").loc["promoter"]
    assert book["stay.promoter.mean_months"].value == round(means["mean_months"], 4)
    assert book["stay.promoter.difference_months"].low == round(means["difference_low"], 4)
    causes = followed.incidence.query("group == 'all' and cause == 'voluntary' and month == 12").iloc[0]
    assert book["cause.voluntary.m12.incidence"].value == round(100 * causes["incidence"], 4)
    end = followed.curves.query("group == 'all' and month == 36").iloc[0]
    assert end["basis"] == "extrapolated" and book["beyond.month"].value == 36
    assert book["beyond.retention"].value == round(100 * end["retention"], 4)
    assert book["beyond.retention"].high == round(100 * end["ci_high"], 4)
    slope = followed.slopes.set_index("time_scale").loc["tenure, delayed entry"]
    assert book["slope.tenure.difference"].value == round_for_unit(float(slope["difference"]), "ratio")


def test_a_follow_up_that_is_refused_has_no_figures():
    book = build_figures(ALL_CASES["sparse"]())
    assert not [figure.id for figure in book if figure.id.startswith(("stay.", "cause.", "slope.", "beyond."))]


def test_a_sum_of_nothing_is_missing_and_not_zero():
    assert build_figures(ALL_CASES["failed"]())["stake.total.revenue_at_risk_amount"].value is None


def test_an_unknown_figure_is_refused_with_its_nearest_names():
    with pytest.raises(UnknownFigureError, match=r"headline\.roi_pct"):
        build_figures(conditional_case())["headline.roi_pc"]


def test_names_that_slug_alike_keep_figures_of_their_own():
    case_file = conditional_case()
    frame = case_file.case.by_segment.assign(segment=["A b", "A-b", "A_b"])
    keys = [row.key for row in keyed(frame, ["segment"])]
    assert keys == ["a_b", "a-b", "a_b~2"]
    build_figures(replace(case_file, case=replace(case_file.case, by_segment=frame)))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1_234_567.5, "money", "EUR\u00a01,234,568"),
        (-0.5, "money", "EUR\u00a00"),
        (-1_500, "money", "EUR\u00a0\u22121,500"),
        (12.345, "share_pct", "12.3%"),
        (75.0, "share_pct", "75%"),
        (0.995, "probability", "99.5%"),
        (1.2149, "pct_points", "+1.21\u00a0pp"),
        (0.8869, "ratio", "0.887"),
        (3.2e-9, "ratio", "3.2e\u22129"),
        (1, "months", "1\u00a0month"),
        (15.6, "months", "15.6\u00a0months"),
        (None, "money", "\u2013"),
    ],
)
def test_values_are_written_for_people(value, unit, text):
    written = format_value(value, unit, currency="EUR")
    assert written.replace("e-09", "e-9").replace("e\u221209", "e\u22129") == text


@pytest.mark.parametrize(("value", "rounded"), [(0.125, 0.12), (0.375, 0.38), (2.675, 2.68), (-0.001, 0.0)])
def test_money_is_rounded_half_even_to_the_cent(value, rounded):
    found = round_for_unit(value, "money")
    assert (found, math.copysign(1, found)) == (rounded, 1.0)


@pytest.mark.parametrize("missing", [None, float("nan"), float("inf"), "tilt"])
def test_missing_values_become_none(missing):
    assert to_number(missing) is None


def _book(**values):
    units = {"money": "money", "pct": "share_pct", "lag": "months", "ratio": "ratio", "prob": "probability"}
    return [
        Figure(id=f"a.{name}", value=value, unit=units[name.rstrip("2")], definition="", source="t.c")
        for name, value in values.items()
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("falls by 9%", "a.pct"),
        ("USD 1.2 million", "a.money"),
        ("−USD 1,234,567 lost", "a.money"),
        ("ratio 0.89,", "a.ratio"),
        ("a chance of 81%", "a.prob"),
        ("3 months before", "a.lag"),
        ("3 of them", "a.lag"),
        ("2 months before", None),
        ("0.88 or so", None),
        ("9 accounts", None),
    ],
)
def test_numbers_in_sentences_are_traced_by_value_and_unit(text, found):
    book = _book(pct=-9.3, money=1_234_567.0, ratio=0.887, prob=0.813, lag=3)
    (number,) = [token for token in tokenise(text) if token.kind == "number"]
    match = match_number(number, book, ("a.",))
    assert (match[0] if match else None) == found


@pytest.mark.parametrize(
    "text",
    [
        "as of 2024-12-31",
        "P95 and lag1",
        "the 0–10 score",
        "lag-3 slope",
        "raw value '31/02/2024'",
        "file_2.csv",
    ],
)
def test_names_dates_and_quotes_are_no_numbers(text):
    tokens = list(tokenise(text))
    assert "".join(token.text for token in tokens) == text
    assert "number" not in {token.kind for token in tokens}


def test_a_number_only_a_sentence_states_becomes_a_figure_with_that_sentence():
    figure = build_figures(failed_case_with_flows())["stated.check.estimable.sentence.2"]
    assert figure.value == 37
    assert "37 account groups" in figure.definition
    assert figure.source == "roi.verdict_checks.sentence"


@pytest.mark.parametrize(
    ("text", "traced"),
    [
        ("No effect (95% interval 0.9 to 1.1)", {"95": "method.interval_level_pct"}),
        (
            "5th to 95th percentile of outcomes",
            {"5": "method.draw_low_pct", "95": "method.draw_high_pct"},
        ),
        ("The interval holds 1", {"1": "method.no_effect_ratio"}),
    ],
)
def test_constants_of_the_method_are_not_mistaken_for_estimates(text, traced):
    plain = conditional_case()
    # Estimates as large as the constants lie in wait, nearer in scope.
    case = replace(plain.case, prob_npv_positive=0.95, mean_shift_points=1.0, break_even_uplift=5.0)
    case_file = replace(plain, case=case, verdict=replace(plain.verdict, sentence=text))
    book = build_figures(case_file)
    scope = next(stated.scope for stated in stated_texts(case_file) if stated.place == "headline")
    numbers = {token.text: token for token in tokenise(text) if token.kind == "number"}
    assert {number: match_number(numbers[number], book, scope)[0] for number in traced} == traced


def test_a_threshold_is_never_traced_to_an_estimate():
    check = replace(conditional_case().verdict.checks[0], threshold="REVIEW above 3, FAIL above 861")
    plain = conditional_case()
    book = build_figures(replace(plain, verdict=replace(plain.verdict, checks=(check,))))
    assert book["stated.check.placebo.threshold.1"].value == 3
    assert book["stated.check.placebo.threshold.2"].value == 861
