"""The workbook: live formulas with the engine's values, input cells and their limits, inert text, nothing on FAIL."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from functools import cache
from io import BytesIO

import numpy as np
import pytest
from xlsx_reader import defined_names, read_cells, sheet_names

from roi_models.case.inputs import INPUTS
from roi_models.report.workbook import CASE_SHEETS, SHEETS, render_workbook
from roi_models.report.workbook_base import WorkbookError, safe_text
from tests.unit.sample_case import ALL_CASES, conditional_case
from tests.unit.sample_figures import figures_of
from tests.unit.sample_vectors import PLAIN, VECTORS, answers, case_file_of, case_of, every_feature, monthly_response

STATING = ("Summary", "Outputs", "Scenarios", "Initiatives")


def rendered(case_file):
    return render_workbook(case_file, figures_of(case_file))


@cache
def book_of(name):
    """The workbook of a sample, a vector, or of the case that uses everything."""
    if name in ALL_CASES:
        return rendered(ALL_CASES[name]())
    return rendered(case_file_of(every_feature() if name == "every_feature" else VECTORS[name]()))


@cache
def cells_of(name):
    return read_cells(book_of(name))


def by_label(cells, label_column="A", value_column="B"):
    """Values (formula, value) beside each label of a sheet."""
    found = {}
    for reference, (_, label) in cells.items():
        if reference[0] == label_column and not reference[1].isalpha() and isinstance(label, str) and label:
            found[label] = cells.get(value_column + reference[1:], (None, None))
    return found


def xml_of(data, sheet):
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return archive.read(f"xl/worksheets/sheet{sheet_names(data).index(sheet) + 1}.xml").decode()


@pytest.mark.parametrize("name", sorted(ALL_CASES))
def test_sheets_are_always_the_same_and_content_is_deterministic(name):
    assert sheet_names(book_of(name)) == list(SHEETS)
    assert rendered(ALL_CASES[name]()) == book_of(name)
    with zipfile.ZipFile(BytesIO(book_of(name))) as archive:
        assert not [item for item in archive.namelist() if "vba" in item.lower()]
        assert not [item for item in archive.namelist() if "external" in item.lower()]


@pytest.mark.parametrize("name", ["conditional", "null", "sparse", "every_feature"])
def test_outputs_are_formulas_whose_cached_values_are_the_engines(name):
    case = every_feature() if name == "every_feature" else ALL_CASES[name]().case
    outputs = by_label(cells_of(name)["Outputs"])
    for label, expected in (
        ("Present value of benefits", case.base.pv_benefits),
        ("Present value of costs", case.base.pv_costs),
        ("Net present value", case.base.npv),
        ("Return on investment", case.base.roi_pct / 100),
        ("Paid back after, months (each year's net spread evenly)", case.base.payback_months),
        ("Internal rate of return a year", case.base.irr),
    ):
        formula, value = outputs[label]
        words = "never" if label.startswith("Paid") else "undefined"
        assert formula and value == (words if expected is None else pytest.approx(expected, abs=1e-9))


@pytest.mark.parametrize("name", ["conditional", "null", "sparse", "every_feature", *sorted(VECTORS)])
def test_every_check_is_green_as_published(name):
    checks = cells_of(name)["Checks"]
    truths = {checks["A" + cell[1:]][1]: value for cell, (_, value) in checks.items() if isinstance(value, bool)}
    assert len(truths) > 30 and [label for label, holds in truths.items() if not holds] == []
    summary = by_label(cells_of(name)["Summary"])
    assert summary["Everything ties to the published figures"][1] is True
    assert summary["Every rule holds"][1] is True


def test_checks_tie_to_the_case_the_ledger_and_the_views():
    labels = by_label(cells_of("conditional")["Checks"])
    case = conditional_case().case
    figures = [label for label in labels if "." in label and " " not in label]
    for prefix, count in (("headline", 6), ("cash", 8 * len(case.years)), ("segment", 3), ("scenario", 9)):
        assert len([one for one in figures if one.startswith(f"{prefix}.")]) == count
    assert len([one for one in figures if one.startswith("initiative.")]) == 5 * len(case.initiatives)
    for words in ("Ledger: billed", "Ledger: items", "Revenue bridge", "Reconciliation", "View by segment"):
        assert [label for label in labels if label.startswith(words)]
    formula = labels["Ledger: billed and unexplained give the ledger"][0]
    assert formula.count("'Revenue bridge'!") == 2


def test_a_ledger_that_does_not_add_up_shows_as_false():
    plain = conditional_case()
    ledger = plain.measures.ledger.copy()
    ledger.loc[ledger["item"] == "unexplained", "amount"] += 1
    changed = replace(plain, measures=replace(plain.measures, ledger=ledger))
    checks = by_label(read_cells(rendered(changed))["Checks"], value_column="E")
    assert checks["Ledger: billed and unexplained give the ledger"][1] is False
    assert checks["Every rule holds"][1] is False
    assert checks["Everything ties to the published figures"][1] is True


@pytest.mark.parametrize("name", ["T2", "T3", "T5", "with_ramp", "without_ramp", "clv_end", "clv_start"])
def test_reference_vectors_to_the_cent_in_engine_and_workbook(name):
    result, outputs = VECTORS[name]().base, by_label(cells_of(name)["Outputs"])
    digits = {"roi_pct": 2, "payback_months": 4, "irr": 9}
    for field, want in answers()[name].items():
        found = getattr(result, field)
        assert (found if found is None else round(found, digits.get(field, 2))) == (
            want if want is None else round(want, digits.get(field, 2))
        )
    assert outputs["Net present value"][1] == answers()[name]["npv"]


def test_every_input_is_named_reads_its_scenario_and_drives_a_formula():
    data, cells = book_of("conditional"), cells_of("conditional")
    names = defined_names(data)
    assert {*INPUTS, "scenario", "discounting", "horizon_years"} <= set(names)
    formulas = " ".join(formula or "" for sheet in ("Calculations", "Response") for formula, _ in cells[sheet].values())
    assert [name for name in (*INPUTS, "discounting", "horizon_years") if name not in formulas] == []
    terms = conditional_case().case.assumptions
    for name, declared in INPUTS.items():
        row = names[name].rpartition("$")[2]
        formula, value = cells["Inputs"][f"B{row}"]
        order = "FED" if declared.lowers_value else "DEF"
        assert formula == f"CHOOSE(scenario_number,{','.join(f'{column}{row}' for column in order)})"
        assert value == terms.range(name)[1]
        assert tuple(cells["Inputs"][f"{column}{row}"][1] for column in "DEF") == terms.range(name)
        assert cells["Inputs"][f"G{row}"] == (None, terms.range(name)[1])
        assert cells["Inputs"][f"H{row}"][1], f"{name} has no source"


def test_what_may_be_typed_in_has_limits_and_a_sentence():
    rules = re.findall(r"<dataValidation .*?</dataValidation>", xml_of(book_of("conditional"), "Inputs"))
    assert len(rules) >= 3 * len(INPUTS) + 3
    assert all(re.search(r'error="[A-Z][^"]+\."', rule) for rule in rules)
    least, most = conditional_case().case.response.reach
    uplift = next(rule for rule in rules if "Rise of the metric" in rule)
    limits = [float(number) for number in re.findall(r"<formula\d>([^<]*)</formula\d>", uplift)]
    assert limits == [least, most]
    rate = next(rule for rule in rules if "Discount rate" in rule)
    assert "<formula1>0</formula1><formula2>0.99</formula2>" in rate
    assert any("low,base,high" in rule for rule in rules) and any("year_end,month_end" in rule for rule in rules)


def test_revenue_by_uplift_is_stored_unrounded():
    cells, response = cells_of("every_feature")["Response"], every_feature().response
    numbers = {value for formula, value in cells.values() if formula is None and isinstance(value, float)}
    for amount in np.concatenate([response.kept.ravel(), response.expanded.ravel()]):
        # The file holds sixteen digits.
        assert float(f"{amount:.16g}") in numbers


@pytest.mark.parametrize("name", ["conditional", "null", "sparse", "every_feature"])
def test_every_number_that_is_stated_is_a_figure(name):
    case_file = ALL_CASES[name]() if name in ALL_CASES else case_file_of(every_feature())
    known = set()
    for figure in figures_of(case_file):
        for value in (figure.value, figure.low, figure.high):
            if isinstance(value, int | float):
                known |= {round(float(value), 6), round(float(value) / 100, 6)}
    inputs = input_cells(book_of(name), "Initiatives")
    for sheet in STATING:
        for cell, (_, value) in cells_of(name)[sheet].items():
            if isinstance(value, float) and (sheet, cell) not in inputs:
                assert round(value, 6) in known, f"{sheet}!{cell} states {value}, which is no figure"


def input_cells(data, sheet):
    """Cells of a sheet that may be changed: they have a rule of what may be typed in."""
    found = re.findall(r'<dataValidation [^>]*sqref="([A-Z]+\d+)"', xml_of(data, sheet))
    return {(sheet, cell) for cell in found}


@pytest.mark.parametrize("name", ["failed", "failed_with_flows"])
def test_a_failed_run_has_marked_sheets_and_no_calculation(name):
    cells = cells_of(name)
    for sheet in SHEETS:
        assert str(cells[sheet]["A1"][1]).startswith("NOT EVIDENCE: a check failed")
    for sheet in CASE_SHEETS:
        assert set(cells[sheet]) == {"A1", "A2", "A3"}
    words = " ".join(str(value) for sheet in SHEETS for _, value in cells[sheet].values())
    assert not re.search(r"Return on investment|Net present value|\bROI\b|\bNPV\b", words)


def test_a_run_without_a_case_is_marked_too():
    plain = conditional_case()
    data = rendered(replace(plain, case=None))
    cells = read_cells(data)
    assert {str(cells[sheet]["A1"][1]) for sheet in SHEETS} == {
        "NOT EVIDENCE: no business case could be made, so no return is stated."
    }
    assert set(cells["Calculations"]) == {"A1", "A2", "A3"}


def test_where_nothing_is_claimed_the_first_lines_say_so():
    assert cells_of("null")["Summary"]["A2"][1].startswith("No return is claimed")
    assert "No return is claimed" not in str(cells_of("conditional")["Summary"])


@pytest.mark.parametrize("name", ["conditional", "every_feature"])
def test_text_that_looks_like_a_formula_is_neutralised(name):
    formulas = []
    for sheet in cells_of(name).values():
        for formula, value in sheet.values():
            assert not (isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")))
            formulas += [formula] if formula else []
    assert not [formula for formula in formulas if "HYPERLINK" in formula or "cmd" in formula or "SMB" in formula]
    with zipfile.ZipFile(BytesIO(book_of(name))) as archive:
        assert not [item for item in archive.namelist() if b"<hyperlink" in archive.read(item)]


def test_hostile_names_of_accounts_and_initiatives_stand_as_text():
    plain, hostile = conditional_case(), '=HYPERLINK("http://x")'
    accounts = plain.measures.accounts.copy()
    accounts.loc[0, "name"] = hostile
    case = replace(plain.case, initiatives=plain.case.initiatives.assign(name=[hostile, "@SUM(1)"]))
    cells = read_cells(rendered(replace(plain, case=case, measures=replace(plain.measures, accounts=accounts))))
    assert (None, f"'{hostile}") in cells["Accounts"].values()
    assert (None, f"'{hostile}") in cells["Initiatives"].values()
    assert not [f for sheet in cells.values() for f, _ in sheet.values() if f and "HYPERLINK" in f]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@A1", "\t=1", "\r=1"])
def test_signs_that_begin_a_formula_get_a_quote(text):
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize("name", sorted(ALL_CASES))
def test_the_row_equation_stands_as_a_formula_and_holds(name):
    cells = cells_of(name)["Data quality"]
    equations = [value for formula, value in cells.values() if formula and "SUM(D" in formula]
    assert equations == [True] * 3


def test_a_row_lost_shows_as_false():
    plain = conditional_case()
    case_file = replace(plain, row_accounting=plain.row_accounting.assign(count_empty=0))
    cells = read_cells(rendered(case_file))["Data quality"]
    assert False in [value for formula, value in cells.values() if formula]


def test_years_beyond_the_horizon_count_for_nothing():
    cells = cells_of("conditional")["Calculations"]
    head = next(cell for cell, (_, value) in cells.items() if value == "Year" and cell[0] == "A")
    first = int(head[1:]) + 1
    counts = [cells[f"B{first + year}"][1] for year in range(6)]
    assert counts == [1, 1, 1, 1, 0, 0]
    assert [cells[f"{column}{first + 5}"][1] for column in "CDELMNQR"] == [0.0] * 8
    assert cells[f"O{first + 5}"][1] == cells[f"O{first + 3}"][1]


def test_a_programme_without_an_uplift_has_one_knot_and_a_workbook():
    response = monthly_response(np.zeros(36))
    one = replace(
        response, uplifts=np.array([0.0]), kept=response.kept[:, :1], expanded=response.expanded[:, :1],
        kept_draws=response.kept_draws[:, :, :1],
    )  # fmt: skip
    case = case_of(one, replace(PLAIN, uplift_low=0.0, uplift_base=0.0, uplift_high=0.0, annual_cost=100.0))
    checks = by_label(read_cells(rendered(case_file_of(case)))["Checks"], value_column="E")
    assert checks["Everything ties to the published figures"][1] is True


def test_a_register_without_initiatives_says_so():
    words = [value for _, value in cells_of("T2")["Initiatives"].values()]
    assert "No initiatives are registered in business_case.yml." in words


def test_a_response_of_another_case_is_refused():
    plain = conditional_case()
    other = replace(plain.case, response=replace(plain.case.response, kept=1.1 * plain.case.response.kept))
    with pytest.raises(WorkbookError, match="hand over the response and the assumptions"):
        rendered(replace(plain, case=other))


def test_a_case_without_a_response_is_refused_by_name():
    plain = conditional_case()
    with pytest.raises(WorkbookError, match="without its response"):
        rendered(replace(plain, case=replace(plain.case, response=None)))


def test_an_assumption_that_nobody_gave_says_what_is_taken():
    plain = conditional_case()
    cells = read_cells(rendered(replace(plain, assumptions=plain.assumptions.iloc[:0])))["Inputs"]
    assert "not set: taken as the value that leaves the case as it is" in [value for _, value in cells.values()]
