"""The workbook recalculated by LibreOffice: as published, with changed inputs, and on the reference vectors.

All copies are converted by one call: starting the program takes longer than computing a workbook.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from roi_models.case.appraisal import appraise_inputs
from roi_models.case.what_if import what_if
from roi_models.report.figures import build_figures
from roi_models.report.workbook import render_workbook
from tests.unit.sample_case import ALL_CASES, conditional_case
from tests.unit.sample_vectors import VECTORS, answers, case_file_of, every_feature, half_cents
from tests.unit.xlsx_reader import defined_names, edit_cells, read_cells

SOFFICE = shutil.which("soffice")
pytestmark = pytest.mark.skipif(SOFFICE is None, reason="no soffice (LibreOffice) on this machine's PATH")
CENT = 0.005
FIELDS = ("pv_costs", "pv_benefits", "npv", "roi_pct", "payback_months", "irr")
LABELS = (
    *("Present value of costs", "Present value of benefits", "Net present value"),
    *(
        "Return on investment",
        "Paid back after, months (each year's net spread evenly)",
        "Internal rate of return a year",
    ),
)
# Inputs moved one by one; the engine's answer is the what-if's.
MOVED = {"discount_rate": 0.2, "uplift": 5.3, "annual_cost": 150_000.0, "margin": 0.5, "initial_cost": 1e6}
HORIZONS = (12, 60)
AS_PUBLISHED = {
    "conditional": conditional_case,
    "sparse": ALL_CASES["sparse"],
    "every_feature": lambda: case_file_of(every_feature()),
    "half_cents": lambda: case_file_of(half_cents()),
    **{name: lambda build=build: case_file_of(build()) for name, build in VECTORS.items()},
}


def rendered(case_file) -> bytes:
    return render_workbook(case_file, build_figures(case_file))


def place(data: bytes, name: str, column: str = "B") -> tuple[str, str]:
    """Sheet and cell of a named input: its live value, or another column of its row."""
    sheet, _, cell = defined_names(data)[name].rpartition("!")
    return sheet, column + re.sub(r"\D", "", cell)


def changed_copies(data: bytes) -> dict[str, bytes]:
    """Copies of the conditional case's workbook with some inputs changed, as a person would change them."""
    changes = {name: {place(data, name, "E"): value} for name, value in MOVED.items()}
    changes |= {f"horizon_{months}": {place(data, "horizon_years"): months // 12} for months in HORIZONS}
    changes |= {scenario: {place(data, "scenario"): scenario} for scenario in ("low", "high")}
    changes["month_end"] = {place(data, "discounting"): "month_end"}
    flags = {label: cell for cell, (_, label) in read_cells(data)["Inputs"].items() if cell[0] == "A"}
    changes["without_ent"] = {("Inputs", f"B{flags['ENT'][1:]}"): 0}
    register = column_of(read_cells(data)["Initiatives"])
    changes["initiative"] = {
        ("Initiatives", register["Uplift"] + "5"): 2.2,
        ("Initiatives", register["Works on MID"] + "5"): 1,
    }
    return {name: edit_cells(data, edits) for name, edits in changes.items()}


def column_of(cells) -> dict[str, str]:
    """Column of each head of the register of initiatives."""
    return {label: cell[:-1] for cell, (_, label) in cells.items() if re.fullmatch(r"[A-Z]+4", cell)}


@pytest.fixture(scope="module")
def published() -> dict[str, bytes]:
    return {name: rendered(build()) for name, build in AS_PUBLISHED.items()}


@pytest.fixture(scope="module")
def recalculated(published, tmp_path_factory):
    """Every copy's cells as LibreOffice computes them."""
    folder = tmp_path_factory.mktemp("sheets")
    copies = {name: edit_cells(data, {}) for name, data in published.items()}
    copies |= changed_copies(published["conditional"])
    for name, data in copies.items():
        (folder / f"{name}.xlsx").write_bytes(data)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [SOFFICE, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder / "out")]
    subprocess.run([*command, *(str(folder / f"{name}.xlsx") for name in copies)], check=True, timeout=240)
    return {name: read_cells((folder / "out" / f"{name}.xlsx").read_bytes()) for name in copies}


def beside(cells, label: str, column: str = "B"):
    return next(cells[column + cell[1:]][1] for cell, (_, text) in cells.items() if cell[0] == "A" and text == label)


def assert_result(cells, expected) -> None:
    """The results on the sheet Outputs are those of the engine: money to the cent, the rest to its last digit shown."""
    found = [beside(cells["Outputs"], label) for label in LABELS]
    for field, value in zip(FIELDS, found, strict=True):
        want = getattr(expected, field)
        if want is None:
            assert value in ("never", "undefined"), field
        elif field == "roi_pct":
            assert 100 * value == pytest.approx(want, abs=1e-4)
        elif field == "irr":
            assert value == pytest.approx(want, abs=1e-8)
        else:
            assert value == pytest.approx(want, abs=CENT if field.startswith(("pv", "npv")) else 1e-4)


@pytest.mark.parametrize("name", sorted(AS_PUBLISHED))
def test_every_formula_gives_the_value_that_was_published_with_it(published, recalculated, name):
    compared = 0
    for sheet, cells in read_cells(published[name]).items():
        for cell, (formula, value) in cells.items():
            if formula is not None:
                found = recalculated[name][sheet].get(cell, (None, None))[1]
                where = f"{sheet}!{cell} ={formula[:80]}"
                if isinstance(value, float):
                    assert found == pytest.approx(value, rel=1e-11, abs=1e-6), where
                else:
                    assert (found or "") == (value or ""), where
                compared += 1
    assert compared > 500


@pytest.mark.parametrize("name", sorted(AS_PUBLISHED))
def test_a_recalculation_gives_the_published_results(recalculated, name):
    cells = recalculated[name]
    assert_result(cells, AS_PUBLISHED[name]().case.base)
    # LibreOffice saves a truth in this number format as 1.
    assert beside(cells["Checks"], "Everything ties to the published figures", "E") == 1
    assert beside(cells["Checks"], "Every rule holds", "E") == 1
    assert not [
        value for sheet in cells.values() for _, value in sheet.values() if str(value).startswith(("#", "Err:"))
    ]


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_reference_vectors_to_the_cent(recalculated, name):
    stated = answers()[name]
    assert_result(recalculated[name], replace(VECTORS[name]().base, **stated_exactly(stated)))


def stated_exactly(stated):
    """What a vector states to fewer digits than the engine keeps is compared by a test of the engine."""
    return {field: value for field, value in stated.items() if field.startswith(("pv", "npv")) or value is None}


@pytest.mark.parametrize("name", sorted(MOVED))
def test_a_changed_input_follows_through(recalculated, name):
    case = conditional_case().case
    assert_result(recalculated[name], what_if(case, {name: MOVED[name]}).result)
    assert beside(recalculated[name]["Checks"], "Everything ties to the published figures", "E") == 0
    # A base beyond the range that was given for it is said to be so; nothing else breaks.
    least, _, most = case.assumptions.range(name)
    is_ordered = least == most or least <= MOVED[name] <= most
    assert beside(recalculated[name]["Checks"], "Inputs whose low, base and high are out of order", "E") == is_ordered
    assert beside(recalculated[name]["Checks"], "Benefit lines add up to the benefit", "E") == 1
    assert beside(recalculated[name]["Checks"], "Every rule holds", "E") == is_ordered
    assert any("Inputs were changed" in str(value) for _, value in recalculated[name]["Summary"].values())


@pytest.mark.parametrize("months", HORIZONS)
def test_a_changed_horizon_follows_through(recalculated, months):
    case = conditional_case().case
    expected = appraise_inputs(case.response, case.assumptions, case.assumptions.inputs(), months=months)
    assert_result(recalculated[f"horizon_{months}"], expected.result)
    kept = sum(float(amount) for amount in expected.years["retained_revenue_amount"])
    shown = beside(recalculated[f"horizon_{months}"]["Checks"], "Revenue kept: the segments add up to the total")
    assert shown == pytest.approx(kept, abs=CENT)


@pytest.mark.parametrize("scenario", ["low", "high"])
def test_the_scenario_switch_follows_through(recalculated, scenario):
    case = conditional_case().case
    expected = appraise_inputs(case.response, case.assumptions, case.assumptions.inputs(scenario))
    assert_result(recalculated[scenario], expected.result)


def test_the_basis_of_discounting_follows_through(recalculated):
    case = conditional_case().case
    assert case.other_basis.npv != case.base.npv
    assert_result(recalculated["month_end"], case.other_basis)


def test_segments_that_are_switched_off_take_no_part(recalculated):
    case = conditional_case().case
    inputs = case.assumptions.inputs()
    expected = appraise_inputs(case.response, case.assumptions, inputs, segments=("MID", "SMB"))
    assert_result(recalculated["without_ent"], expected.result)


def test_a_changed_initiative_follows_through(recalculated):
    case = conditional_case().case
    row = case.initiatives.iloc[0]
    own = {name: float(row[name]) for name in ("initial_cost", "annual_cost")}
    inputs = case.assumptions.inputs() | own | {"uplift": 2.2, "contact_reduction": 0.0}
    expected = appraise_inputs(case.response, case.assumptions, inputs, segments=("SMB", "MID")).result
    cells = recalculated["initiative"]["Initiatives"]
    head = next(int(cell[1:]) for cell, (_, text) in cells.items() if cell[0] == "B" and text == "Net present value")
    assert row["segments"] == "SMB"
    assert cells[f"B{head + 1}"][1] == pytest.approx(expected.npv, abs=CENT)
    assert 100 * cells[f"C{head + 1}"][1] == pytest.approx(expected.roi_pct, abs=1e-4)
    assert cells[f"B{head + 2}"][1] == pytest.approx(case.initiatives.iloc[1]["npv"], abs=CENT)
    assert_result(recalculated["initiative"], case.base)
