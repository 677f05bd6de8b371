"""What a business case is computed from: the names, words and limits of its inputs.

Belongs here: one declaration per input, shared by engine, page, workbook and configuration.
Does not belong here: their values (`assumptions.py`), reading business_case.yml (`orchestration`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input. `kind`: points, share (0…1), rate (a year), money, factor or count.

    `least`, `most`: values outside make no sense. `lowers_value`: more of it is worse for the case. `neutral`: the
    value that leaves the case as it is, where the input need not be given.
    """

    name: str
    label: str
    kind: str
    least: float
    most: float
    lowers_value: bool = False
    neutral: float | None = None


_DECLARED = (
    Input(name="uplift", label="Rise of the metric that the programme brings", kind="points", least=-200, most=200),
    Input(name="margin", label="Margin on revenue kept", kind="share", least=0.01, most=1),
    Input(
        name="realisation", label="Share of the benefit that turns into cash", kind="share", least=0, most=1, neutral=1
    ),
    Input(
        name="benefit_risk_adjustment", label="Factor on benefits for risk", kind="share", least=0, most=1, neutral=1
    ),
    Input(name="discount_rate", label="Discount rate a year", kind="rate", least=0, most=0.99, lowers_value=True),
    Input(name="initial_cost", label="Outlay at the start", kind="money", least=0, most=1e12, lowers_value=True),
    Input(name="annual_cost", label="Running cost a year", kind="money", least=0, most=1e12, lowers_value=True),
    Input(
        name="cost_risk_adjustment",
        label="Factor on costs for risk",
        kind="factor",
        least=1,
        most=10,
        lowers_value=True,
        neutral=1,
    ),
    Input(
        name="tax_rate", label="Tax on the net benefit", kind="share", least=0, most=0.9, lowers_value=True, neutral=0
    ),
    Input(name="contacts_per_year", label="Service contacts a year", kind="count", least=0, most=1e10, neutral=0),
    Input(
        name="contact_reduction",
        label="Share of service contacts that the programme saves",
        kind="share",
        least=0,
        most=1,
        neutral=0,
    ),
    Input(name="cost_per_contact", label="Cost of a service contact", kind="money", least=0, most=1e7, neutral=0),
    Input(
        name="cashable_share",
        label="Share of the saved contacts' cost that leaves the books",
        kind="share",
        least=0,
        most=1,
        neutral=1,
    ),
)
INPUTS: Mapping[str, Input] = {declared.name: declared for declared in _DECLARED}
