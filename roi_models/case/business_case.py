"""The business case: what lifting the metric keeps in revenue, what it costs, and how sure that is.

Belongs here: finance's assumptions, the case at its best estimate, scenarios, break-even.
Does not belong here: the Monte Carlo draws (`uncertainty.py`), survival paths (`projection.py`), answer
shifts (`uplift.py`), discounting rules (`finance.py`), whether the case may be claimed (`verdict.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from roi_models.case.assumptions import Assumptions
from roi_models.case.finance import appraise, discount_factors, evpi, present_value, to_cents
from roi_models.case.projection import (
    DEFAULT_RENEWAL_INTERVAL_MONTHS,
    Projection,
    RevenueKept,
    project,
    ramp_weights,
    revenue_kept,
)
from roi_models.case.uncertainty import Draws, simulate
from roi_models.case.uplift import AnswerMix, answer_mix, attainable_net_nps_points, shift_accounts, uplift_problem
from roi_models.results import BusinessCase, CashFlowResult, RetentionEffect

# The search for the break-even stops this much short of the end of what NPS can reach, where the tilt
# degenerates.
BREAK_EVEN_MARGIN = 1e-6


def case_problem(
    retention: RetentionEffect,
    accounts: pd.DataFrame,
    answers: pd.DataFrame,
    assumptions: Assumptions,
    *,
    scale: tuple[float, float],
) -> str | None:
    """Say why no business case can be computed, or None. `build_case` returns None exactly when this is a
    sentence."""
    if not retention.fit.is_estimable:
        return retention.fit.problem
    if accounts.empty:
        return "No account is active at the as-of month, so there is no revenue that a programme could keep."
    if accounts["mrr_amount"].astype(float).sum() <= 0:
        return "The active accounts have no recurring revenue, so there is none that a programme could keep."
    mix = answer_mix(answers, accounts["account_id"])
    return uplift_problem(mix, assumptions.uplifts, unit=assumptions.uplift_unit, scale=scale)


def build_case(
    retention: RetentionEffect,
    accounts: pd.DataFrame,
    answers: pd.DataFrame,
    assumptions: Assumptions,
    *,
    scale: tuple[float, float],
    renewal_interval_months: int = DEFAULT_RENEWAL_INTERVAL_MONTHS,
) -> BusinessCase | None:
    """Standardise the fitted hazard over all active accounts (g-formula) and appraise what the uplift keeps.

    `accounts`: account_id, segment, mrr_amount, score, score_state, tenure_months, months_to_renewal,
    control_key; `answers`: account_id, score per contact, on `scale` (lowest, highest). Silent accounts count
    in full but get no shift. None when no case can be computed: `case_problem` says why.
    """
    if case_problem(retention, accounts, answers, assumptions, scale=scale) is not None:
        return None
    # Sorted so that neither sums nor draws hang on the order in which accounts arrive.
    accounts = accounts.sort_values("account_id", kind="stable").reset_index(drop=True)
    months = assumptions.horizon_months
    model = _Model(
        coef=retention.fit.coef,
        projection=project(
            retention.fit.encoding,
            accounts,
            months=months,
            renewal_interval_months=renewal_interval_months,
            background_hazard=retention.background_hazard,
        ),
        mix=answer_mix(answers, accounts["account_id"]),
        mrr=accounts["mrr_amount"].astype(float).to_numpy(),
        ramp=ramp_weights(months, assumptions.ramp_months),
        scale=scale,
        assumptions=assumptions,
        reliability=retention.latent.reliability,
    )
    kept = model.keep(assumptions.uplift_base)
    draws = simulate(
        retention.fit, model.projection, model.mix, assumptions, mrr=model.mrr, scale=scale, latent=retention.latent
    )
    return _assemble(retention, accounts, model, kept, draws)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """The case as a function of the uplift at the best estimate of the coefficients."""

    coef: np.ndarray
    projection: Projection
    mix: AnswerMix
    mrr: np.ndarray
    ramp: np.ndarray
    scale: tuple[float, float]
    assumptions: Assumptions
    reliability: float

    def shift(self, uplift: float) -> np.ndarray:
        """Points by which each account's score moves."""
        return shift_accounts(self.mix, uplift, unit=self.assumptions.uplift_unit, scale=self.scale)

    def keep(self, uplift: float) -> RevenueKept:
        """Revenue kept by this uplift; answers are real only in part, so a point of them stands for more."""
        return self._keep(self.shift(uplift) / self.reliability)

    def keep_observed(self, uplift: float) -> RevenueKept:
        """The same with the slope as it was observed."""
        return self._keep(self.shift(uplift))

    def _keep(self, shift: np.ndarray) -> RevenueKept:
        return revenue_kept(self.projection, self.coef, shift, ramp=self.ramp, mrr=self.mrr)

    def yearly_revenue(self, kept: RevenueKept) -> list[float]:
        """Revenue kept per year before any margin, unrounded: rounding twice would move benefits by a cent."""
        return self.assumptions.by_year(kept.by_month).tolist()

    def benefits(self, kept: RevenueKept) -> list[float]:
        """Yearly margin on the revenue kept, to the cent: what the tables show is what is appraised."""
        return [to_cents(value * self.assumptions.benefit_factor) for value in self.yearly_revenue(kept)]

    def appraise(self, kept: RevenueKept) -> CashFlowResult:
        """Appraisal of the yearly benefits against the programme's costs."""
        terms = self.assumptions
        return appraise(terms.outlay, terms.yearly_costs, self.benefits(kept), terms.discount_rate)

    def break_even(self) -> float | None:
        """Uplift at which NPV is nil, None when no attainable uplift pays (or a higher score keeps
        nothing)."""
        terms = self.assumptions
        cost = terms.discounted_cost

        def value(uplift: float) -> float:
            benefits = terms.yearly_benefits(self.keep(uplift).by_month)
            return present_value(benefits, terms.discount_rate) - cost

        limit = self.scale[1] - self.scale[0]
        if terms.uplift_unit == "net_nps_points":
            limit = attainable_net_nps_points(self.mix.levels, self.mix.counts)[1] - BREAK_EVEN_MARGIN
        if cost <= 0:
            return 0.0
        if limit <= 0 or value(limit) < 0:
            return None
        return round(float(brentq(value, 0.0, limit, xtol=1e-12, rtol=1e-13)), 9)


def _assemble(
    retention: RetentionEffect, accounts: pd.DataFrame, model: _Model, kept: RevenueKept, draws: Draws
) -> BusinessCase:
    """Put the parts into the result, rounding money to the cent."""
    terms, mrr = model.assumptions, model.mrr
    base = model.appraise(kept)
    retention_base = float(mrr @ kept.survival_base / mrr.sum())
    retention_programme = float(mrr @ kept.survival_lifted / mrr.sum())
    gain_low, gain_high = np.percentile(draws.gain_pp, [2.5, 97.5])
    observed = model.keep_observed(terms.uplift_base)
    observed_low, observed_high = np.percentile(draws.observed_gain_pp, [2.5, 97.5])
    p5, p50, p95 = np.percentile(draws.npv, [5, 50, 95])
    return BusinessCase(
        horizon_months=terms.horizon_months,
        metric=retention.metric,
        uplift_unit=terms.uplift_unit,
        uplift=terms.uplift_base,
        mean_shift_points=float(model.shift(terms.uplift_base).mean()),
        gain_pp=100 * (retention_programme - retention_base),
        gain_low_pp=float(gain_low),
        gain_high_pp=float(gain_high),
        retention_base=retention_base,
        retention_programme=retention_programme,
        base=base,
        npv_p5=to_cents(p5),
        npv_p50=to_cents(p50),
        npv_p95=to_cents(p95),
        prob_npv_positive=float((draws.npv > 0).mean()),
        break_even_uplift=model.break_even(),
        years=_years(terms, model.yearly_revenue(kept), model.benefits(kept)),
        scenarios=_scenarios(model),
        by_segment=_by_segment(accounts, mrr, kept),
        draws=draws.table(),
        count_accounts=len(accounts),
        count_silent_accounts=int((accounts["score_state"] == "silent").sum()),
        mrr_amount=to_cents(mrr.sum()),
        evpi_amount=to_cents(evpi(draws.npv)),
        largest_account_pct=100 * float(mrr.max() / mrr.sum()),
        effective_accounts=float(mrr.sum() ** 2 / (mrr**2).sum()),
        reliability=model.reliability,
        observed_gain_pp=100 * float(mrr @ (observed.survival_lifted - observed.survival_base) / mrr.sum()),
        observed_gain_low_pp=float(observed_low),
        observed_gain_high_pp=float(observed_high),
    )


def _years(terms: Assumptions, revenue: list[float], benefits: list[float]) -> pd.DataFrame:
    """The yearly lines of the case, year 0 holding the outlay."""
    years = pd.DataFrame({"year": range(terms.years + 1), "retained_revenue_amount": [0.0, *revenue]})
    years["benefit"] = [0.0, *benefits]
    years["cost"] = [to_cents(terms.outlay), *(to_cents(cost) for cost in terms.yearly_costs)]
    years["net"] = [to_cents(net) for net in years["benefit"] - years["cost"]]
    years["cumulative_net"] = [to_cents(total) for total in years["net"].cumsum()]
    years["discount_factor"] = discount_factors(terms.discount_rate, terms.years + 1, first_period=0)
    for column in ("benefit", "cost"):
        years[f"pv_{column}"] = [to_cents(value) for value in years[column] * years["discount_factor"]]
    return years


def _scenarios(model: _Model) -> pd.DataFrame:
    """The case at the low, base and high uplift, coefficients at their best estimate."""
    rows = []
    for name, uplift in zip(("low", "base", "high"), model.assumptions.uplifts, strict=True):
        result = model.appraise(model.keep(uplift))
        rows.append((name, uplift, result.npv, result.roi_pct, result.payback_months))
    return pd.DataFrame(rows, columns=["scenario", "uplift", "npv", "roi_pct", "payback_months"])


def _by_segment(accounts: pd.DataFrame, mrr: np.ndarray, kept: RevenueKept) -> pd.DataFrame:
    """Retention and revenue kept over the horizon (before margin) per segment; the parts add up to the
    whole."""
    frame = pd.DataFrame(
        {
            "segment": accounts["segment"].fillna("unknown").astype(str),
            "mrr_amount": mrr,
            "retention_base": mrr * kept.survival_base,
            "retention_programme": mrr * kept.survival_lifted,
            "retained_revenue_amount": kept.by_account,
        }
    )
    grouped = frame.groupby("segment", sort=True)
    table = grouped.sum()
    for column in ("retention_base", "retention_programme"):
        table[column] = (table[column] / table["mrr_amount"]).where(table["mrr_amount"] > 0)
    for column in ("mrr_amount", "retained_revenue_amount"):
        table[column] = [to_cents(value) for value in table[column]]
    table.insert(0, "count_accounts", grouped.size())
    return table.reset_index()
