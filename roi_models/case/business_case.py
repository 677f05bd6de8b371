"""The business case: what lifting the metric keeps in revenue, what it costs, and how sure that is.

Belongs here: the active accounts as one world, and putting the parts of the case together.
Does not belong here: each part (the other modules of this folder), whether the case may be claimed (`verdicts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.case import sensitivity
from roi_models.case.appraisal import appraise_inputs, payback_by_month
from roi_models.case.assumptions import Assumptions
from roi_models.case.break_even import break_even_uplift
from roi_models.case.case_results import BusinessCase
from roi_models.case.finance import evpi, to_cents
from roi_models.case.flows import present_values, tables
from roi_models.case.information import information
from roi_models.case.initiatives import Initiative, farthest_uplift, value_initiatives, value_portfolios
from roi_models.case.inputs import INPUTS
from roi_models.case.projection import DEFAULT_RENEWAL_INTERVAL_MONTHS, RevenueKept, ramp_weights, revenue_kept
from roi_models.case.respond import carry, interpolation_error_pct, knots, respond
from roi_models.case.response import Response, read_at
from roi_models.case.sample import Sample, draw_sample
from roi_models.case.splits import lines_of, views_of
from roi_models.case.uncertainty import coefficient_draws, draws_table, simulate
from roi_models.case.uplift import HIGHEST_DETRACTOR, answer_mix, uplift_problem
from roi_models.case.world import World, make_world
from roi_models.results import RetentionEffect
from roi_models.revenue.expansion import NOT_ASKED, ExpansionEvidence


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
    low_max: float = HIGHEST_DETRACTOR,
    expansion: ExpansionEvidence = NOT_ASKED,
    initiatives: Sequence[Initiative] = (),
    budget: float | None = None,
) -> BusinessCase | None:
    """Standardise the fitted hazard over all active accounts (g-formula) and appraise what the uplift keeps.

    `accounts`: account_id, segment, mrr_amount, score, score_state, tenure_months, months_to_renewal,
    control_key, and owner where known; `answers`: account_id, score per contact, on `scale` (lowest, highest). Silent
    accounts count in full but get no shift. `low_max`: highest answer that counts as low. `expansion` is a benefit line
    where it is evidenced. `budget`: most that the costs of a portfolio of initiatives may be worth today. None when no
    case can be computed: `case_problem` says why.
    """
    if case_problem(retention, accounts, answers, assumptions, scale=scale) is not None:
        return None
    world = make_world(
        retention,
        accounts,
        answers,
        assumptions,
        scale=scale,
        renewal_interval_months=renewal_interval_months,
        low_max=low_max,
        expansion=expansion,
    )
    farthest = farthest_uplift(initiatives, world.segments)
    uplifts = knots(assumptions, world.mix, farthest=farthest)
    coefs, reliability = coefficient_draws(
        retention.fit, retention.latent, count=assumptions.n_draws, seed=assumptions.seed
    )
    response = respond(
        world,
        assumptions,
        uplifts=uplifts,
        coef=retention.fit.coef,
        reliability=retention.latent.reliability,
        coef_draws=coefs,
        reliability_draws=reliability,
    )
    sample = draw_sample(
        assumptions.n_draws,
        count_replicates=len(coefs),
        seed=assumptions.seed,
        expansion_error=expansion.relative_error if expansion.is_evidenced else 0.0,
    )
    parts = _Parts(
        retention=retention,
        assumptions=assumptions,
        world=world,
        response=response,
        sample=sample,
        coefs=coefs,
        reliability=reliability,
        expansion=expansion,
    )
    return _assemble(parts, initiatives, budget)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What the case is put together from. `coefs`, `reliability`: draws of the model."""

    retention: RetentionEffect
    assumptions: Assumptions
    world: World
    response: Response
    sample: Sample
    coefs: np.ndarray
    reliability: np.ndarray
    expansion: ExpansionEvidence

    def kept(self, reliability: float) -> RevenueKept:
        """By account, at the base uplift and the best estimate; accounts outside the programme's segments stay."""
        terms, world = self.assumptions, self.world
        reached = self.response.chosen(terms.segments)[world.segment]
        ramp = ramp_weights(terms.horizon_months, terms.ramp_months, terms.monthly_decay)
        shift = self.shift / reliability * reached
        return revenue_kept(world.projection, self.retention.fit.coef, shift, ramp=ramp, mrr=world.mrr)

    @property
    def shift(self) -> np.ndarray:
        """Points by which each account's score moves at the base uplift."""
        return self.world.shift(self.assumptions, self.assumptions.uplift_base)

    @property
    def gains_pp(self) -> np.ndarray:
        """Δ(H) of each draw of the model at the base uplift, percentage points of revenue."""
        at_base = read_at(self.response.kept_draws, self.response.uplifts, self.assumptions.uplift_base)
        return self._gains_pp(at_base[..., -1])

    @property
    def observed_gains_pp(self) -> np.ndarray:
        """The same with the slope as it was observed, uncorrected for the noise of answers."""
        if (self.reliability == 1).all():
            return self.gains_pp
        terms = self.assumptions
        base, ones = np.array([terms.uplift_base]), np.ones_like(self.reliability)
        kept = carry(self.world, terms, base, self.coefs, ones, months=terms.horizon_months)
        return self._gains_pp(kept[:, :, 0, -1])

    @property
    def observed_npv(self) -> float:
        """The base case with the slope as it was observed."""
        terms, coef = self.assumptions, self.retention.fit.coef
        response = respond(
            self.world,
            terms,
            uplifts=np.array([terms.uplift_base]),
            coef=coef,
            reliability=1.0,
            coef_draws=np.empty((0, len(coef))),
            reliability_draws=np.empty(0),
            months=terms.horizon_months,
        )
        return appraise_inputs(response, terms, terms.inputs()).result.npv

    def _gains_pp(self, kept_at_end: np.ndarray) -> np.ndarray:
        chosen = self.response.chosen(self.assumptions.segments)
        return 100 * kept_at_end[:, chosen].sum(axis=1) / self.world.mrr.sum()


def _assemble(parts: _Parts, initiatives: Sequence[Initiative], budget: float | None) -> BusinessCase:
    """Put the parts into the result, rounding money to the cent."""
    terms, response, mrr = parts.assumptions, parts.response, parts.world.mrr
    inputs = terms.inputs()
    base = appraise_inputs(response, terms, inputs)
    other = "month_end" if terms.discounting == "year_end" else "year_end"
    kept, observed = parts.kept(parts.retention.latent.reliability), parts.kept(1.0)
    gains, observed_gains = parts.gains_pp, parts.observed_gains_pp
    outcomes = simulate(tables(response, terms, with_draws=True), terms, parts.sample)
    slope = parts.coefs[:, parts.world.projection.score_position] / parts.reliability
    p5, p50, p95 = np.percentile(outcomes.npv, [5, 50, 95])
    low, high = np.percentile(gains, [2.5, 97.5])
    observed_low, observed_high = np.percentile(observed_gains, [2.5, 97.5])
    return BusinessCase(
        horizon_months=terms.horizon_months,
        metric=parts.retention.metric,
        uplift_unit=terms.uplift_unit,
        uplift=terms.uplift_base,
        mean_shift_points=float(parts.shift.mean()),
        gain_pp=_gain_pp(kept, mrr),
        gain_low_pp=float(low),
        gain_high_pp=float(high),
        retention_base=float(mrr @ kept.survival_base / mrr.sum()),
        retention_programme=float(mrr @ kept.survival_lifted / mrr.sum()),
        base=base.result,
        npv_p5=to_cents(p5),
        npv_p50=to_cents(p50),
        npv_p95=to_cents(p95),
        prob_npv_positive=float((outcomes.npv > 0).mean()),
        break_even_uplift=break_even_uplift(parts.world, terms, response, parts.retention),
        years=base.years,
        scenarios=sensitivity.scenarios(response, terms),
        by_segment=_by_segment(parts.world.accounts, mrr, kept),
        draws=draws_table(parts.sample, terms, outcomes, slope, gains),
        count_accounts=len(parts.world.accounts),
        count_silent_accounts=int((parts.world.accounts["score_state"] == "silent").sum()),
        mrr_amount=to_cents(mrr.sum()),
        evpi_amount=to_cents(evpi(outcomes.npv)),
        largest_account_pct=100 * float(mrr.max() / mrr.sum()),
        effective_accounts=float(mrr.sum() ** 2 / (mrr**2).sum()),
        reliability=parts.retention.latent.reliability,
        observed_gain_pp=_gain_pp(observed, mrr),
        observed_npv=parts.observed_npv,
        observed_gain_low_pp=float(observed_low),
        observed_gain_high_pp=float(observed_high),
        assumptions=terms,
        response=response,
        sample=parts.sample,
        other_basis=appraise_inputs(response, terms, inputs, discounting=other).result,
        payback_by_month=payback_by_month(response, terms, inputs),
        lines=lines_of(response, terms, base.result, why_not=_not_counted(parts)),
        views=views_of(response, terms, base, parts.world.accounts, kept),
        horizons=sensitivity.horizons(response, terms),
        tornado=sensitivity.tornado(response, terms),
        information=_information(parts, outcomes.npv),
        initiatives=value_initiatives(initiatives, response, terms, parts.sample),
        portfolio=value_portfolios(initiatives, response, terms, budget=budget),
        interpolation_error_pct=interpolation_error_pct(
            parts.world, terms, response, parts.retention.fit.coef, parts.retention.latent.reliability
        ),
    )


def _gain_pp(kept: RevenueKept, mrr: np.ndarray) -> float:
    return 100 * float(mrr @ kept.survival_lifted / mrr.sum() - mrr @ kept.survival_base / mrr.sum())


def _not_counted(parts: _Parts) -> dict[str, str]:
    """Why lines that this case could have are left out of it."""
    terms, left_out = parts.assumptions, {}
    if not parts.expansion.is_evidenced:
        left_out["expansion"] = parts.expansion.why_not
    if terms.range("contact_reduction")[2] == 0 or terms.contacts_per_year == 0:
        left_out["service"] = "No saving of service contacts is assumed."
    return left_out


def _information(parts: _Parts, npv: np.ndarray) -> pd.DataFrame:
    """What knowing each uncertain input, or the model's coefficients, would be worth."""
    terms, values = parts.assumptions, parts.sample.inputs(parts.assumptions)
    known = {name: values[name] for name in terms.uncertain}
    labels = {name: INPUTS[name].label for name in known} | {sensitivity.COEFFICIENTS: sensitivity.COEFFICIENTS_LABEL}
    given, inputs = tables(parts.response, terms, with_draws=True), terms.inputs()
    pv_benefits, pv_costs = present_values(
        given, inputs, kept=read_at(given.kept_draws, given.knots, terms.uplift_base)
    )
    known[sensitivity.COEFFICIENTS] = (pv_benefits - pv_costs)[parts.sample.replicate]
    return information(npv, known, labels)


def _by_segment(accounts: pd.DataFrame, mrr: np.ndarray, kept: RevenueKept) -> pd.DataFrame:
    """Retention and revenue kept over the horizon (before margin) per segment; the parts add up to the
    whole."""
    frame = pd.DataFrame(
        {
            "segment": accounts["segment"],
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
