"""The workbook: formulas with cached values that tie to the figures, inert text, nothing on FAIL."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from xlsx_reader import defined_names, read_cells, sheet_names

from roi_models.report.figures import build_figures
from roi_models.report.workbook import SHEETS, render_workbook
from roi_models.report.workbook_model import INPUTS, WorkbookError, calculate
from tests.unit.sample_case import ALL_CASES, conditional_case
from tests.unit.sample_models import ANNUAL, payback_of, yearly_flows


def rendered(case_file):
    return render_workbook(case_file, build_figures(case_file))


@pytest.fixture(scope="module")
def books():
    return {name: rendered(build()) for name, build in ALL_CASES.items()}


def by_label(cells, label_column="A", value_column="B"):
    """Values (formula, value) beside each label of a sheet."""
    found = {}
    for reference, (_, label) in cells.items():
        if reference[0] == label_column and isinstance(label, str) and label:
            found[label] = cells.get(value_column + reference[1:], (None, None))
    return found


@pytest.mark.parametrize("name", sorted(ALL_CASES))
def test_sheets_are_always_the_same_and_content_is_deterministic(books, name):
    assert sheet_names(books[name]) == list(SHEETS)
    assert rendered(ALL_CASES[name]()) == books[name]
    with zipfile.ZipFile(BytesIO(books[name])) as archive:
        assert not [item for item in archive.namelist() if "vba" in item.lower()]


@pytest.mark.parametrize("name", ["conditional", "null", "sparse"])
def test_outputs_are_formulas_whose_cached_values_tie_to_the_figures(books, name):
    case = ALL_CASES[name]().case
    cells = read_cells(books[name])
    outputs = by_label(cells["Outputs"])
    for label, expected in (
        ("Present value of benefits", case.base.pv_benefits),
        ("Present value of costs", case.base.pv_costs),
        ("Net present value", case.base.npv),
        ("Return on investment", case.base.roi_pct / 100),
    ):
        formula, value = outputs[label]
        assert formula and value == pytest.approx(expected, abs=0.005)
    checks = by_label(cells["Checks"], value_column="E")
    ties = {label: value for label, (formula, value) in checks.items() if formula}
    assert len(ties) == 1 + 5 + 2 * len(case.years)
    assert set(ties.values()) == {True}
    assert by_label(cells["Summary"])["Ties to the published figures"][1] is True


def test_every_input_is_named_and_used_by_a_formula(books):
    names = defined_names(books["conditional"])
    assert set(names) == set(INPUTS)
    formulas = " ".join(formula or "" for formula, _ in read_cells(books["conditional"])["Calculations"].values())
    assert [name for name in INPUTS if name not in formulas] == []


@pytest.mark.parametrize("name", ["failed", "failed_with_flows"])
def test_a_failed_run_has_marked_sheets_and_no_calculation(books, name):
    cells = read_cells(books[name])
    for sheet in SHEETS:
        assert str(cells[sheet]["A2"][1]).startswith("NOT EVIDENCE")
    for sheet in ("Inputs", "Calculations", "Outputs", "Checks"):
        assert set(cells[sheet]) == {"A1", "A2", "A3"}
    words = " ".join(str(value) for _, value in cells["Summary"].values())
    assert "Return on investment" not in words and "Net present value" not in words


def test_text_that_looks_like_a_formula_is_neutralised(books):
    formulas = {}
    for sheet in read_cells(books["conditional"]).values():
        for formula, value in sheet.values():
            assert not (isinstance(value, str) and value.startswith(("=", "+", "-", "@")))
            formulas[formula] = value
    assert not [formula for formula in formulas if formula and ("HYPERLINK" in formula or "cmd" in formula)]


@pytest.mark.parametrize("name", sorted(ALL_CASES))
def test_the_row_equation_stands_as_a_formula_and_holds(books, name):
    cells = read_cells(books[name])["Data quality"]
    equations = [value for formula, value in cells.values() if formula and "SUM(D" in formula]
    assert equations == [True] * 3


def test_a_row_lost_shows_as_false():
    plain = conditional_case()
    case_file = replace(plain, row_accounting=plain.row_accounting.assign(count_empty=0))
    cells = read_cells(rendered(case_file))["Data quality"]
    assert False in [value for formula, value in cells.values() if formula]


@pytest.mark.parametrize(("scale", "expected"), [(1.0, payback_of(yearly_flows())), (0.2, "never"), (-0.1, "never")])
def test_payback_follows_the_running_sum(scale, expected):
    from tests.unit.sample_models import business_case

    case_file = replace(conditional_case(), case=business_case(scale=scale))
    found = calculate(case_file).payback
    assert found == (expected if isinstance(expected, str) else pytest.approx(expected))


def test_percentages_and_fractions_mean_the_same():
    plain = conditional_case()
    frame = plain.assumptions.copy()
    row = frame["name"] == "discount_rate"
    frame.loc[row, ["unit", "base"]] = ["%", 10.0]
    assert calculate(replace(plain, assumptions=frame)).npv == calculate(plain).npv


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame[frame["name"] != "margin"], "lack margin"),
        (
            lambda frame: frame.assign(base=[ANNUAL + 1 if v == ANNUAL else v for v in frame["base"]]),
            "hand over the assumptions",
        ),
    ],
)
def test_assumptions_that_do_not_give_the_published_result_are_refused(change, words):
    plain = conditional_case()
    with pytest.raises(WorkbookError, match=words):
        rendered(replace(plain, assumptions=change(plain.assumptions)))


def test_a_case_without_yearly_revenue_is_refused_by_name():
    plain = conditional_case()
    case = replace(plain.case, years=plain.case.years.drop(columns="retained_revenue_amount"))
    with pytest.raises(WorkbookError, match="retained_revenue_amount"):
        rendered(replace(plain, case=case))
