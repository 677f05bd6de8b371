"""The base case's benefit split by line, segment, year and owner.

Belongs here: the weights of each split. Does not belong here: sharing out to the cent (`views.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.case.appraisal import Appraised
from roi_models.case.assumptions import Assumptions
from roi_models.case.case_results import CashFlowResult
from roi_models.case.flows import benefits, factors, tables
from roi_models.case.projection import RevenueKept
from roi_models.case.response import Response, read_at
from roi_models.case.views import LABELS, benefit_lines, view

OWNERS_SHOWN = 10
NO_OWNER, OTHER_OWNERS, EVERYBODY = "no owner known", "all other owners", "not by customer"


def lines_of(
    response: Response, assumptions: Assumptions, result: CashFlowResult, *, why_not: dict[str, str]
) -> pd.DataFrame:
    """Every benefit line with its present value, or with the reason why it is not counted."""
    return benefit_lines(_pv_by_line(response, assumptions, None), result.pv_benefits, why_not)


def views_of(
    response: Response, assumptions: Assumptions, base: Appraised, accounts: pd.DataFrame, kept: RevenueKept
) -> pd.DataFrame:
    """view, part, pv_benefit, share_pct. An owner's part of a segment's benefit is his accounts' part of the revenue
    that is kept there."""
    total = base.result.pv_benefits
    by_line = _pv_by_line(response, assumptions, None)
    service = by_line.pop("service")
    by_segment = pd.Series(
        {
            segment: sum(
                value for line, value in _pv_by_line(response, assumptions, (segment,)).items() if line != "service"
            )
            for segment, is_chosen in zip(response.segments, response.chosen(assumptions.segments), strict=True)
            if is_chosen
        }
    )
    shared = pd.Series({EVERYBODY: service} if service else {}, dtype="float64")
    lines = pd.Series({LABELS[line][0]: value for line, value in (by_line | {"service": service}).items() if value})
    years = base.years[base.years["year"] > 0]
    return pd.concat(
        [
            view("answers for it", _by_function(by_line | {"service": service}), total),
            view("benefit line", lines, total),
            view("segment", pd.concat([by_segment, shared]), total),
            view("account owner", pd.concat([_by_owner(accounts, kept, by_segment), shared]), total),
            view(
                "year",
                pd.Series(years["pv_benefit"].to_numpy(), index=[f"year {year}" for year in years["year"]]),
                total,
            ),
        ],
        ignore_index=True,
    )


def _pv_by_line(response: Response, assumptions: Assumptions, segments: tuple[str, ...] | None) -> dict[str, float]:
    given, inputs = tables(response, assumptions, segments=segments), assumptions.inputs()
    flows = benefits(given, inputs, kept=read_at(given.kept, given.knots, inputs["uplift"]))
    factor = factors(given, inputs)
    return {line: float((by_period * factor).sum()) for line, by_period in flows.items()}


def _by_function(by_line: dict[str, float]) -> pd.Series:
    """Benefit by the function of the company that answers for it."""
    named = pd.Series({line: value for line, value in by_line.items() if value})
    return named.groupby([LABELS[line][1] for line in named.index]).sum() if len(named) else named


def _by_owner(accounts: pd.DataFrame, kept: RevenueKept, by_segment: pd.Series) -> pd.Series:
    """Benefit by the account's owner: the largest by name, all others together."""
    owner = accounts["owner"] if "owner" in accounts else pd.Series([None] * len(accounts))
    frame = pd.DataFrame(
        {
            "owner": owner.fillna(NO_OWNER).astype(str).to_numpy(),
            "segment": accounts["segment"].to_numpy(),
            "kept": kept.by_account,
        }
    )
    in_segment = frame.groupby("segment")["kept"].transform("sum").to_numpy()
    share = np.divide(frame["kept"].to_numpy(), in_segment, out=np.zeros(len(frame)), where=in_segment != 0)
    benefit = share * frame["segment"].map(by_segment).fillna(0.0).to_numpy()
    by_owner = pd.Series(benefit).groupby(frame["owner"]).sum().sort_index().sort_values(ascending=False, kind="stable")
    if len(by_owner) <= OWNERS_SHOWN:
        return by_owner
    rest = pd.Series({OTHER_OWNERS: by_owner.iloc[OWNERS_SHOWN:].sum()})
    return pd.concat([by_owner.head(OWNERS_SHOWN), rest])
