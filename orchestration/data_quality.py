"""What the marts say about the data that went in: buckets, rejections, flags, the tie to the ledger, what is absent.

Belongs here: counts and shares for the verdict and the report.
Does not belong here: the rules that reject or flag a row (dbt), how bad a share is (`roi_models/verdicts`).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from orchestration.run import Run

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
    suspect_answers_pct: float | None
    absent: tuple[str, ...]


def read_data_quality(run: Run) -> DataQuality:
    """What the marts say about the data."""
    accounting = run.warehouse.read(
        "select * exclude (source_name), source_name as source from marts.agg_row_accounting "
        "order by table_name, source_file"
    )
    answers = run.warehouse.read(
        "select count(*) as n, count(case when is_matched then 1 end) as matched from marts.fct_survey_responses "
        # Our own people belong to no account.
        "where audience = 'customer'"
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
        rejected_share_pct=worst_rejected_pct(accounting),
        match_rate_pct=float(100 * answers.matched / answers.n) if answers.n else None,
        unreconciled_revenue_pct=unreconciled,
        unplaced_churn_pct=_unplaced_churn_pct(run),
        suspect_answers_pct=_suspect_answers_pct(run),
        absent=tuple(text for table, text in ABSENT_TABLES.items() if table not in filled),
    )


def _unplaced_churn_pct(run: Run) -> float | None:
    """Share of departures that no month at risk holds: events without activity, and activity ended without event."""
    flags = run.warehouse.read("select flag, count_rows from marts.agg_quality_flags").set_index("flag")["count_rows"]
    events = run.warehouse.read("select count(*) as events from intermediate.int_churn__events")["events"].iloc[0]
    departures = events + flags["activity_ended_without_event"]
    unplaced = flags["churn_not_at_risk"] + flags["activity_ended_without_event"]
    return float(100 * unplaced / departures) if departures else None


def _suspect_answers_pct(run: Run) -> float | None:
    """Share of the primary metric's answers whose owner's customers nearly all answer alike; None without owners.

    An owner far from the others is no sign by itself: of many owners a few are, by chance.
    """
    owners = run.warehouse.read(
        "select count_answers, is_flagged from marts.agg_gaming_signals "
        "where metric_id = $1 and signal = 'digit_heaping' order by entity",
        [run.metrics.primary_metric],
    )
    total = owners["count_answers"].sum()
    return float(100 * owners.loc[owners["is_flagged"], "count_answers"].sum() / total) if total else None


def worst_rejected_pct(accounting: pd.DataFrame) -> float | None:
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
