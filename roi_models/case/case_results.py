"""The shapes in which a business case comes out.

Belongs here: results that the report, the workbook and the tables read. Does not belong here: computing them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from roi_models.case.assumptions import Assumptions
from roi_models.case.response import Response
from roi_models.case.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class CashFlowResult:
    """Appraisal of yearly flows (Forrester TEI conventions; money in the reporting currency, rounded to the
    cent).

    `roi_pct`, `payback_months`, `irr` are None where undefined: costs of nothing, never paid back, more than
    one root.
    """

    pv_costs: float
    pv_benefits: float
    npv: float
    roi_pct: float | None
    payback_months: float | None
    irr: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessCase:
    """What a programme that lifts the metric is worth, with its uncertainty.

    `gain_pp`: Δ(H), the revenue-weighted change of retention over the horizon in percentage points, with its
    95% interval at the base uplift (`gain_low_pp`, `gain_high_pp`): from the bootstrap of the whole pipeline where
    the slope is corrected for noise (`reliability`, 1 where it is not), else from the coefficients' joint uncertainty.
    `observed_gain_pp`, …, `observed_npv`: the same and the NPV without the correction. `years`: year (0…N), benefit,
    cost, net, cumulative_net, discount_factor, pv_benefit, pv_cost. `scenarios`: scenario (low, base, high), uplift,
    npv, roi_pct, payback_months.
    `by_segment`: segment, count_accounts, mrr_amount, retention_base, retention_programme,
    retained_revenue_amount. `draws`: one row per Monte Carlo draw: uplift, slope, npv, roi_pct.
    `break_even_uplift`: uplift at which NPV is 0 in the base case, None when none below the search limit.
    `mean_shift_points`: mean expected rise of the accounts' scores at the base uplift, over all active
    accounts (silent: 0). `evpi_amount`: expected value of perfect information, E[max(NPV, 0)] − max(E[NPV],
    0), over the draws. `payback_by_month`: months until the base case's cumulative net turns positive, by monthly
    flows; `base.payback_months` is by yearly ones. `largest_account_pct`: share of the monthly revenue that one
    account pays (0…100); `effective_accounts`: how many accounts of equal size would make revenue as concentrated,
    1/Σ share² (Kish 1965).
    """

    horizon_months: int
    metric: str
    uplift_unit: str
    uplift: float
    mean_shift_points: float
    gain_pp: float
    gain_low_pp: float
    gain_high_pp: float
    retention_base: float
    retention_programme: float
    base: CashFlowResult
    npv_p5: float
    npv_p50: float
    npv_p95: float
    prob_npv_positive: float
    break_even_uplift: float | None
    years: pd.DataFrame
    scenarios: pd.DataFrame
    by_segment: pd.DataFrame
    draws: pd.DataFrame
    count_accounts: int
    count_silent_accounts: int
    mrr_amount: float
    evpi_amount: float | None = None
    largest_account_pct: float | None = None
    effective_accounts: float | None = None
    reliability: float = 1.0
    observed_gain_pp: float | None = None
    observed_npv: float | None = None
    observed_gain_low_pp: float | None = None
    observed_gain_high_pp: float | None = None
    assumptions: Assumptions | None = None
    response: Response | None = None
    sample: Sample | None = None
    other_basis: CashFlowResult | None = None
    payback_by_month: float | None = None
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    views: pd.DataFrame = field(default_factory=pd.DataFrame)
    horizons: pd.DataFrame = field(default_factory=pd.DataFrame)
    tornado: pd.DataFrame = field(default_factory=pd.DataFrame)
    information: pd.DataFrame = field(default_factory=pd.DataFrame)
    initiatives: pd.DataFrame = field(default_factory=pd.DataFrame)
    portfolio: pd.DataFrame = field(default_factory=pd.DataFrame)
    interpolation_error_pct: float | None = None
