"""The workbook recalculated by LibreOffice: formulas give the published figures and follow inputs."""

from __future__ import annotations

import csv
import shutil
import subprocess

import pytest

from roi_models.case.finance import appraise
from roi_models.report.figures import build_figures
from roi_models.report.workbook import render_workbook
from roi_models.report.workbook_model import calculate
from tests.unit.sample_case import ALL_CASES, conditional_case
from tests.unit.xlsx_reader import defined_names, edit_input

SOFFICE = shutil.which("soffice")
pytestmark = pytest.mark.skipif(SOFFICE is None, reason="no soffice (LibreOffice) on this machine's PATH")
# Every sheet to a CSV of its own, cell contents unformatted.
ALL_SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"


def recalculated(data: bytes, folder) -> dict[str, list[list[str]]]:
    """The workbook's sheets as LibreOffice computes them."""
    (folder / "case.xlsx").write_bytes(data)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [SOFFICE, profile, "--headless", "--convert-to", ALL_SHEETS, "--outdir", str(folder)]
    subprocess.run([*command, str(folder / "case.xlsx")], check=True, capture_output=True, timeout=120)
    sheets = {}
    for path in folder.glob("case-*.csv"):
        with path.open(newline="", encoding="utf-8") as handle:
            sheets[path.stem.removeprefix("case-")] = list(csv.reader(handle))
    return sheets


def beside(rows: list[list[str]], label: str, column: int = 1) -> str:
    return next(row[column] for row in rows if row and row[0] == label)


def place(data: bytes, name: str) -> str:
    """Cell of a named input on the sheet Inputs."""
    return defined_names(data)[name].rpartition("!")[2].replace("$", "")


@pytest.mark.parametrize("name", ["conditional", "sparse"])
def test_a_recalculation_gives_the_published_figures(tmp_path, name):
    case_file = ALL_CASES[name]()
    data = render_workbook(case_file, build_figures(case_file))
    margin = calculate(case_file).inputs["margin"]
    sheets = recalculated(edit_input(data, "Inputs", place(data, "margin"), margin), tmp_path)
    base = case_file.case.base
    assert float(beside(sheets["Outputs"], "Net present value")) == pytest.approx(base.npv, abs=0.005)
    payback = beside(sheets["Outputs"], "Paid back after, months")
    assert payback == "never" if base.payback_months is None else float(payback) == pytest.approx(base.payback_months)
    ties = [row[4] for row in sheets["Checks"] if len(row) > 4 and row[4] in ("TRUE", "FALSE")]
    assert len(ties) > 10 and set(ties) == {"TRUE"}
    assert "#" not in "".join(cell[:1] for rows in sheets.values() for row in rows for cell in row)


@pytest.mark.parametrize(
    ("name", "value"),
    [("discount_rate", 0.2), ("margin", 0.5), ("annual_cost", 150_000.0), ("initial_cost", 1e6)],
)
def test_a_changed_input_follows_through(tmp_path, name, value):
    case_file = conditional_case()
    data = render_workbook(case_file, build_figures(case_file))
    sheets = recalculated(edit_input(data, "Inputs", place(data, name), value), tmp_path)
    inputs = dict(calculate(case_file).inputs) | {name: value}
    revenue = case_file.case.years["retained_revenue_amount"].tolist()[1:]
    factor = inputs["margin"] * inputs["realisation"] * inputs["benefit_risk_adjustment"]
    expected = appraise(
        inputs["initial_cost"],
        [inputs["annual_cost"]] * len(revenue),
        [round(amount * factor, 2) for amount in revenue],
        inputs["discount_rate"],
    )
    outputs = sheets["Outputs"]
    assert float(beside(outputs, "Net present value")) == pytest.approx(expected.npv, abs=0.011)
    assert float(beside(outputs, "Return on investment").rstrip("%")) == pytest.approx(expected.roi_pct, abs=1e-3)
    payback = beside(outputs, "Paid back after, months")
    assert (
        payback == "never"
        if expected.payback_months is None
        else float(payback) == pytest.approx(expected.payback_months, abs=1e-3)
    )
    assert beside(sheets["Checks"], "Everything ties to the published figures", 4) == "FALSE"
