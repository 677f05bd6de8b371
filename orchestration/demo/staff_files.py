"""What the demo's own people and its accountants add: employees' answers, and what each customer costs to serve.

Belongs here: files about customers that no customer wrote; nothing of the truth depends on them.
Does not belong here: what customers answer (`survey_files.py`), what they pay (`billing_files.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.demo.roster import Roster
from orchestration.demo.texts import CosmeticDraws, cents_text, cosmetic_generator, csv_bytes, iso_date, utc_text
from roi_models.simulate import Simulation

EMPLOYEES = 24
_DEPARTMENTS = np.array(["Sales", "Support", "Product", "Finance"])
_QUARTER = 3
_ANSWERING = 0.7
# Staff believe that customers are happier than they are: the perception gap.
_BELIEVED_MEAN, _BELIEVED_SD = 8.8, 0.9
COST_MONTHS = 12
_USUAL_COST = (0.15, 0.50)
# A few accounts cost more than they pay.
UNPROFITABLE_SHARE = 0.03
_DEAR_COST = (1.10, 1.60)


def employees_file(simulation: Simulation, _roster: Roster) -> bytes:
    """employee_survey.csv: each quarter staff say how likely customers are to recommend us, from 0 to 10."""
    generator = cosmetic_generator(simulation.seed, "employees")
    # The month before history ends has none: its answers would come after the export.
    quarters = simulation.month_starts[:-1:_QUARTER].astype("datetime64[s]")
    quarter = np.repeat(np.arange(len(quarters)), EMPLOYEES)
    employee = np.tile(np.arange(EMPLOYEES), len(quarters))
    size = len(quarter)
    second = (generator.random(size) * 20 * 86_400).astype(np.int64)
    score = np.clip(np.rint(_BELIEVED_MEAN + _BELIEVED_SD * generator.standard_normal(size)), 0, 10).astype(np.int64)
    table = pd.DataFrame(
        {
            "answer_id": [f"EMP-{place + 1:05d}" for place in range(size)],
            "employee": [f"employee{number + 1:02d}@example.example" for number in employee],
            "department": _DEPARTMENTS[employee % len(_DEPARTMENTS)],
            "answered_at": utc_text(quarters[quarter] + second),
            "customers_would_recommend": score,
        }
    )
    return csv_bytes(table[generator.random(size) < _ANSWERING])


def account_costs_file(simulation: Simulation, roster: Roster) -> bytes:
    """account_costs.csv: cost to serve by account and month, of the last twelve months, in the account's currency."""
    generator = CosmeticDraws(simulation, "account_costs", "accounts")
    accounts = len(simulation.accounts)
    least, most = _USUAL_COST
    share = least + (most - least) * generator.random(accounts)
    least, most = _DEAR_COST
    share = np.where(generator.random(accounts) < UNPROFITABLE_SHARE, least + (most - least) * share, share)
    panel = simulation.account_months
    recent = panel[panel["month"] >= len(simulation.month_starts) - 1 - COST_MONTHS]
    account = recent["account"].to_numpy()
    cents = np.rint(recent["mrr_cents"].to_numpy() * share[account]).astype(np.int64)
    return csv_bytes(
        pd.DataFrame(
            {
                "month": iso_date(simulation.month_starts[recent["month"]]),
                "account_code": roster.account_ids[account],
                "cost_to_serve": cents_text(cents),
                "currency": simulation.accounts["currency_code"].to_numpy()[account],
            }
        )
    )
