"""The steps from what a programme brings to its net present value, as the page draws and prints them.

Belongs here: choosing and naming the steps. Does not belong here: drawing (`charts_waterfall.py`), computing present
values (`case/`), what a step's figure means (`catalogue_case.py`).
"""

from __future__ import annotations

import pandas as pd

from roi_models.report.rows import Row, keyed, shows_case
from roi_models.results import BusinessCase, CaseFile

COLUMNS = ["step", "label", "amount", "kind"]
BENEFIT, COST, TOTAL = "benefit", "cost", "total"


def npv_steps(case: BusinessCase) -> pd.DataFrame:
    """One row per step: step, label, amount (present value to the cent; costs below zero), kind (benefit, cost, total).

    Amounts of benefits and costs sum to the total exactly: what is rounded is each cost, never the sum.
    """
    outlay = round(float(case.years.loc[case.years["year"] == 0, "pv_cost"].sum()), 2)
    running = round(case.base.pv_costs - outlay, 2)
    counted = case.lines[case.lines["is_counted"].astype(bool)] if len(case.lines) else case.lines
    steps = [
        *((f"line_{row.line}", row.label, float(row.pv_benefit), BENEFIT) for row in counted.itertuples()),
        ("outlay", "Outlay at the start", -outlay, COST),
        ("running_costs", "Running costs", -running, COST),
        ("npv", "Net present value", case.base.npv, TOTAL),
    ]
    shown = [step for step in steps if step[2] or step[3] == TOTAL]
    return pd.DataFrame(shown, columns=COLUMNS)


def npv_step_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per step; none where no case is shown."""
    return keyed(npv_steps(case_file.case), ["step"], named_by="label") if shows_case(case_file) else ()
