"""The years of a case: which columns they have, and the engine's value of each.

Belongs here: names and heads of the columns, values that stand beside the formulas.
Does not belong here: the formulas (`workbook_calculations.py`), asking the engine (`workbook_cases.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.case.assumptions import MONTHS_PER_YEAR
from roi_models.case.finance import to_cents
from roi_models.case.flows import LINES
from roi_models.report.workbook_cases import CaseValues

# The columns of a year, in their order: name and head.
YEAR_COLUMNS = {
    "year": "Year",
    "counts": "Counts",
    "retained_revenue_amount": "Revenue kept",
    "expanded_revenue_amount": "Revenue grown",
    "full": "Months at full effect",
    "retention_exact": "Retention, exact",
    "expansion_exact": "Expansion, exact",
    "service_exact": "Service, exact",
    "benefit_retention": "Retention",
    "benefit_expansion": "Expansion",
    "benefit_service": "Service",
    "benefit": "Benefit",
    "cost": "Cost",
    "net": "Net",
    "cumulative_net": "Running sum",
    "discount_factor": "Factor",
    "pv_benefit": "Benefit today",
    "pv_cost": "Cost today",
    "crossing": "Crosses zero, month",
    "sign": "Sign",
}
PLACES = {name: place for place, name in enumerate(YEAR_COLUMNS)}


def year_table(values: CaseValues, weights: np.ndarray) -> pd.DataFrame:
    """The engine's values of every column and year; beyond the horizon nothing comes in and sums stand still."""
    years = values.appraised.years
    last = len(weights) // MONTHS_PER_YEAR
    table = years.set_index("year").reindex(range(last + 1), fill_value=0.0)
    counts = np.arange(last + 1) < len(years)
    table["cumulative_net"] = table["cumulative_net"].where(counts, years["cumulative_net"].iloc[-1])
    table["discount_factor"] = (1.0 + values.inputs["discount_rate"]) ** -np.arange(last + 1, dtype=float)
    full = np.where(counts[1:], weights.reshape(-1, MONTHS_PER_YEAR).sum(axis=1), 0.0)
    columns = {
        "year": np.arange(last + 1),
        "counts": counts.astype(int),
        "full": np.concatenate([[0.0], full]),
        "pv_benefit": _padded(values.pv_benefit, 0.0, last),
        "pv_cost": _padded(values.pv_cost, years["cost"].iloc[0], last),
        "crossing": _crossings(table["net"].to_numpy(), table["cumulative_net"].to_numpy()),
        "sign": _signs(table["net"].to_numpy()),
    }
    columns |= {f"{line}_exact": _padded(values.exact[line], 0.0, last) for line in LINES}
    return table.assign(**columns)[list(YEAR_COLUMNS)]


def _padded(amounts: np.ndarray, at_start: float, last: int) -> np.ndarray:
    """Amounts of the horizon's years between that of time 0 and the nil of the years beyond."""
    return np.concatenate([[at_start], amounts, np.zeros(last - len(amounts))])


def _crossings(net: np.ndarray, running: np.ndarray) -> list[float]:
    """Months after which the running sum crosses zero within each year, 0 where it does not."""
    found = [0.0]
    for year in range(1, len(net)):
        crosses = running[year - 1] < 0 <= running[year]
        found.append(MONTHS_PER_YEAR * (year - 1 - running[year - 1] / net[year]) if crosses else 0.0)
    return found


def _signs(net: np.ndarray) -> list[int]:
    """Sign of each year's net; a year without any keeps that of the year before."""
    signs: list[int] = []
    for amount in net:
        signs.append(int(np.sign(to_cents(amount))) or (signs[-1] if signs else 0))
    return signs
