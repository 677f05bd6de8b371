"""From marts to the frames that the models take, and from their results to the case file that reports are made of.

Belongs here: queries that select and rename, and handing over.
Does not belong here: statistics (`roi_models`), rules (dbt).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from orchestration.profiles import BusinessCaseConfig
from orchestration.run import Run
from roi_models.assumptions import Assumptions
from roi_models.business_case import case_problem
from roi_models.results import (
    BusinessCase,
    CaseFile,
    RetentionEffect,
    RunContext,
    SurvivalByGroup,
    WalletSummary,
)
from roi_models.verdict import absent_checks, judge

# What the report says of a canonical table without any row. Tables that a profile may do without.
ABSENT_TABLES = {
    "account_costs": "cost to serve: no account costs supplied",
    "attribute_ratings": "drivers of the score: no attribute ratings supplied",
    "brand_ratings": "wallet share: no brand ratings supplied",
    "churn_events": "stated causes of churn: no churn events supplied",
    "contacts": "roles of respondents: no contacts supplied",
    "contracts": "renewals: no contracts supplied",
    "follow_ups": "closed loop: no follow-ups supplied",
    "fx_rates": "conversion of currencies: no rates of exchange supplied",
    "ledger_revenue": "reconciliation to the general ledger: no ledger supplied",
    "programme_costs": "booked cost of the programme: no programme costs supplied",
    "questionnaires": "instrument checks: no questionnaires supplied",
    "revenue": "booked revenue: no revenue supplied, recurring revenue is taken from contracts",
    "support_cases": "support volume: no support cases supplied",
    "survey_invitations": "response rates: no invitations supplied",
}


# Canonical tables that no model reads yet.
UNUSED_TABLES = frozenset(
    {
        "account_costs",
        "attribute_ratings",
        "follow_ups",
        "programme_costs",
        "questionnaires",
        "support_cases",
        "survey_invitations",
    }
)


def read_cells(run: Run) -> pd.DataFrame:
    """The hazard cells of all lags."""
    return run.warehouse.read("select * from marts.agg_hazard_cells order by all")


def read_control_levels(run: Run) -> pd.DataFrame:
    """Levels of the controls with the means of their bins."""
    return run.warehouse.read("select * from marts.agg_control_levels order by all")


def read_landmark(run: Run) -> pd.DataFrame:
    """Accounts at the landmark (its month as YYYY-MM); `is_churned` is the same outcome that the hazard model has."""
    voluntary_only = churn_outcome(run) == "voluntary"
    return run.warehouse.read(
        "select * replace (strftime(landmark_month, '%Y-%m') as landmark_month, "
        "is_churned and (churn_kind = 'voluntary' or not $1) as is_churned) "
        "from marts.fct_landmark_survival order by account_id",
        [voluntary_only],
    )


def read_active_accounts(run: Run) -> pd.DataFrame:
    """Accounts that are active at as-of: the base over which the business case is standardised."""
    return run.warehouse.read("select * from marts.dim_accounts where is_active order by account_id")


def read_current_answers(run: Run) -> pd.DataFrame:
    """Each person's counting answer of the primary metric."""
    return run.warehouse.read(
        "select account_id, contact_key, score from marts.fct_survey_responses "
        "where is_current and metric_id = $1 order by all",
        [run.metrics.primary_metric],
    )


def read_brand_ratings(run: Run) -> pd.DataFrame:
    """Wallet shares of matched respondents."""
    return run.warehouse.read(
        "select * rename (count_brands as n_brands) from marts.fct_wallet_share where is_matched "
        "order by response_id, brand"
    )


def churn_outcome(run: Run) -> str:
    """Voluntary churn where the cause of every departure is known, else churn of any cause."""
    unknown = run.warehouse.read(
        "select sum(count_churned - count_voluntary - count_involuntary) as unknown "
        "from marts.agg_hazard_cells where lag = 1"
    )["unknown"].iloc[0]
    return "voluntary" if unknown == 0 else "all_causes"


def as_of_month(run: Run) -> str:
    """The as-of month, YYYY-MM."""
    frame = run.warehouse.read("select strftime(as_of_month, '%Y-%m') as as_of from intermediate.int_calendar__as_of")
    return frame["as_of"].iloc[0]


def assumptions_of(config: BusinessCaseConfig) -> Assumptions:
    """business_case.yml as the models take it."""
    uplift_low, uplift_high = config.uplift.range
    return Assumptions(
        margin=float(config.margin.base),
        discount_rate=float(config.discount_rate.base),
        horizon_months=config.horizon_months,
        ramp_months=config.uplift.ramp_months,
        uplift_low=float(uplift_low),
        uplift_base=float(config.uplift.base),
        uplift_high=float(uplift_high),
        uplift_unit=config.uplift.unit,
        initial_cost=float(config.initial_cost.base),
        annual_cost=float(config.annual_cost.base),
        realisation=float(config.realisation.base),
        benefit_risk_adjustment=float(config.benefit_risk_adjustment.base),
        cost_risk_adjustment=float(config.cost_risk_adjustment.base),
        n_draws=config.draws,
        seed=config.seed,
        min_prob_npv_positive=float(config.minimum_probability),
    )


def assumption_rows(config: BusinessCaseConfig) -> pd.DataFrame:
    """The assumptions as the report lists them: name, label, unit, low, base, high, source."""
    uplift, unit = config.uplift, {"net_nps_points": "net NPS points", "answer_points": "points on each answer"}
    low, high = (None if value is None else float(value) for value in (uplift.low, uplift.high))
    stated = {
        "margin": ("Margin on revenue kept", "fraction", config.margin),
        "discount_rate": ("Discount rate a year, at year end", "fraction", config.discount_rate),
        "initial_cost": ("Outlay at the start", config.currency, config.initial_cost),
        "annual_cost": ("Running cost a year", config.currency, config.annual_cost),
        "realisation": ("Share of the benefit that turns into cash", "fraction", config.realisation),
        "benefit_risk_adjustment": ("Factor on benefits for risk", "fraction", config.benefit_risk_adjustment),
        "cost_risk_adjustment": ("Factor on costs for risk", "factor", config.cost_risk_adjustment),
    }
    label = "Rise of the metric that the programme brings"
    profile = "business_case.yml"
    rows = [
        ("uplift", label, unit[uplift.unit], low, float(uplift.base), high, uplift.source),
        *(
            (name, label, unit, None, float(item.base), None, item.source)
            for name, (label, unit, item) in stated.items()
        ),
        ("horizon_months", "Horizon", "months", None, float(config.horizon_months), None, profile),
        ("ramp_months", "Months until the rise is reached", "months", None, float(uplift.ramp_months), None, profile),
    ]
    return pd.DataFrame(rows, columns=["name", "label", "unit", "low", "base", "high", "source"])


@dataclass(frozen=True, slots=True, kw_only=True)
class DataQuality:
    """Counts and frames about the data themselves, for the verdict and for the report."""

    row_accounting: pd.DataFrame
    rejections: pd.DataFrame
    flags: pd.DataFrame
    reconciliation: pd.DataFrame
    rejected_share_pct: float | None
    match_rate_pct: float | None
    unreconciled_revenue_pct: float | None
    unplaced_churn_pct: float | None
    absent: tuple[str, ...]


def read_data_quality(run: Run) -> DataQuality:
    """What the marts say about the data."""
    accounting = run.warehouse.read(
        "select * exclude (source_name), source_name as source from marts.agg_row_accounting "
        "order by table_name, source_file"
    )
    answers = run.warehouse.read(
        "select count(*) as n, count(case when is_matched then 1 end) as matched from marts.fct_survey_responses"
    ).iloc[0]
    reconciliation, unreconciled = _reconciliation(run)
    filled = set(accounting["table_name"])
    return DataQuality(
        row_accounting=accounting,
        rejections=run.warehouse.read(
            "select table_name, rule, column_name, count(*) as count_rows, "
            "min_by(raw_value, (source_file, source_row)) as example_raw_value, "
            "min_by(source_file, (source_file, source_row)) as example_file, "
            "min_by(source_row, (source_file, source_row)) as example_row from marts.fct_rejected_rows "
            "group by table_name, rule, column_name order by table_name, rule, column_name"
        ),
        flags=run.warehouse.read("select flag, label, count_rows from marts.agg_quality_flags order by flag"),
        reconciliation=reconciliation,
        rejected_share_pct=_worst_rejected_pct(accounting),
        match_rate_pct=float(100 * answers.matched / answers.n) if answers.n else None,
        unreconciled_revenue_pct=unreconciled,
        unplaced_churn_pct=_unplaced_churn_pct(run),
        absent=tuple(text for table, text in ABSENT_TABLES.items() if table not in filled),
    )


def _unplaced_churn_pct(run: Run) -> float | None:
    """Share of departures that no month at risk holds: events without activity, and activity ended without event."""
    flags = run.warehouse.read("select flag, count_rows from marts.agg_quality_flags").set_index("flag")["count_rows"]
    events = run.warehouse.read("select count(*) as events from intermediate.int_churn__events")["events"].iloc[0]
    departures = events + flags["activity_ended_without_event"]
    unplaced = flags["churn_not_at_risk"] + flags["activity_ended_without_event"]
    return float(100 * unplaced / departures) if departures else None


def _worst_rejected_pct(accounting: pd.DataFrame) -> float | None:
    """Rejected share of the canonical table that has most of it: pooled, large tables would hide a ruined small one."""
    totals = accounting.groupby("table_name")[["count_read", "count_rejected"]].sum()
    shares = 100 * totals["count_rejected"] / totals["count_read"]
    return float(shares.max()) if len(shares) else None


def _reconciliation(run: Run) -> tuple[pd.DataFrame, float | None]:
    """Revenue beside the ledger, over the months the ledger covers; nothing where there is no ledger."""
    totals = run.warehouse.read(
        "select count(*) as months, sum(revenue_amount) as billed, sum(unmatched_amount) as unmatched, "
        "sum(ledger_amount) as ledger, sum(unexplained_amount) as unexplained "
        "from marts.agg_revenue_reconciliation where ledger_amount is not null"
    ).iloc[0]
    if not totals.months:
        return pd.DataFrame(columns=["item", "amount"]), None
    rows = [
        ("billing_revenue", totals.billed),
        ("of_which_unmatched_accounts", totals.unmatched),
        ("ledger_revenue", totals.ledger),
        ("difference", totals.unexplained),
    ]
    share = 100 * abs(totals.unexplained) / abs(totals.ledger) if totals.ledger else None
    return pd.DataFrame(rows, columns=["item", "amount"]), share


def read_scores(run: Run) -> pd.DataFrame:
    """Scores of every metric over all answers, as the report names them."""
    return run.warehouse.read(
        "select metric_id as metric, metric_label, count_answers as n, mean_score, nps_score, "
        "case when metric_kind = 'nps' then high_pct end as promoter_pct, "
        "case when metric_kind = 'nps' then 100 - high_pct - low_pct end as passive_pct, "
        "case when metric_kind = 'nps' then low_pct end as detractor_pct, "
        "case when metric_kind = 'csat' then high_pct end as top2_box_pct, is_suppressed "
        "from marts.agg_metric_scores where period = 'all' and slice_name = 'total' order by metric_id"
    )


def _unused_note(quality: DataQuality) -> dict[str, str]:
    """What was supplied and has no part in this report: a reader would else take it as used."""
    names = sorted(set(quality.row_accounting["table_name"]) & UNUSED_TABLES)
    listed = ", ".join(name.replace("_", " ") for name in names)
    return {"supplied_but_not_used": f"Loaded and checked, but no figure is made from them: {listed}."} if names else {}


def _model_notes(retention: RetentionEffect) -> dict[str, str]:
    """What the model merged or left out for want of events."""
    encoding = retention.fit.encoding
    return {"model": " ".join(encoding.notes)} if encoding is not None and encoding.notes else {}


def assemble_case_file(
    run: Run,
    *,
    run_id: str,
    as_of: str,
    retention: RetentionEffect,
    survival: SurvivalByGroup,
    wallet: WalletSummary,
    case: BusinessCase | None,
    value_at_stake: pd.DataFrame,
) -> CaseFile:
    """Judge the results and gather everything a report says."""
    quality = read_data_quality(run)
    assumptions = assumptions_of(run.case)
    scale = (float(run.metrics.primary.scale_min), float(run.metrics.primary.scale_max))
    problem = case_problem(retention, read_active_accounts(run), read_current_answers(run), assumptions, scale=scale)
    verdict = judge(
        retention=retention,
        survival=survival,
        case=case,
        case_problem=problem,
        currency=run.case.currency,
        metric_label=run.metrics.primary.label,
        min_prob_npv_positive=assumptions.min_prob_npv_positive,
        rejected_share_pct=quality.rejected_share_pct,
        match_rate_pct=quality.match_rate_pct,
        unreconciled_revenue_pct=quality.unreconciled_revenue_pct,
        unplaced_churn_pct=quality.unplaced_churn_pct,
    )
    return CaseFile(
        context=RunContext(
            company=run.sources.company,
            run_id=run_id,
            as_of=as_of,
            currency=run.case.currency,
            churn_policy=run.metrics.churn.sentence,
            metric_label=run.metrics.primary.label,
            absent=(*quality.absent, *absent_checks(retention, survival)),
        ),
        verdict=verdict,
        retention=retention,
        survival=survival,
        wallet=wallet,
        case=case,
        row_accounting=quality.row_accounting,
        rejections=quality.rejections,
        flags=quality.flags,
        scores=read_scores(run),
        value_at_stake=value_at_stake,
        reconciliation=quality.reconciliation,
        assumptions=assumption_rows(run.case),
        notes={"programme": run.case.programme} | _model_notes(retention) | _unused_note(quality),
    )
