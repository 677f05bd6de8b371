"""What the figures of the data are: scores, value at stake, row accounting, flags, reconciliation.

Belongs here: ids, units, definitions and sources of what was counted or predicted per account.
Does not belong here: estimates (`catalogue_model.py`), the business case (`catalogue_case.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from roi_models.report import rows, tables
from roi_models.report.catalogue_base import Measure, figures_of_rows, make_figure
from roi_models.results import CaseFile, Figure

SCORE_MEASURES = (
    Measure(column="n", unit="count", definition="Answers behind {label}."),
    Measure(column="mean_score", unit="score", definition="Mean answer of {label}."),
    Measure(column="nps_score", unit="score", definition="Promoters less detractors, in points, of {label}."),
    Measure(column="promoter_pct", unit="share_pct", definition="Share of promoters among answers of {label}."),
    Measure(column="passive_pct", unit="share_pct", definition="Share of passives among answers of {label}."),
    Measure(column="detractor_pct", unit="share_pct", definition="Share of detractors among answers of {label}."),
    Measure(
        column="top2_box_pct",
        unit="share_pct",
        definition="Share of answers of {label} in the top two boxes.",
    ),
)

STAKE_MEASURES = (
    Measure(column="mrr_amount", unit="money", definition="Monthly recurring revenue of {label}."),
    Measure(column="score", unit="score", definition="Current score of {label}."),
    Measure(
        column="churn_probability_12m",
        unit="probability",
        definition="Predicted probability that {label} leaves within a year.",
        low="churn_probability_12m_low",
        high="churn_probability_12m_high",
    ),
    Measure(
        column="revenue_at_risk_amount",
        unit="money",
        definition="Recurring revenue of the next year that {label} is expected to take away.",
        low="revenue_at_risk_low_amount",
        high="revenue_at_risk_high_amount",
    ),
)

STAKE_SEGMENT_MEASURES = (
    Measure(
        column="count_accounts",
        unit="count",
        source_column="account_id",
        definition="Active accounts in segment {label}.",
    ),
    Measure(column="mrr_amount", unit="money", definition="Monthly recurring revenue of segment {label}, summed."),
    Measure(
        column="revenue_at_risk_amount",
        unit="money",
        definition="Revenue at risk within a year in segment {label}, summed over accounts.",
    ),
)

_BUCKET_WORDS = {
    "read": "read from",
    "accepted": "accepted from",
    "rejected": "rejected for a broken rule from",
    "superseded": "superseded by a newer version or duplicate in",
    "excluded": "excluded by a named rule from",
    "empty": "without an answer in",
}
ACCOUNTING_MEASURES = tuple(
    Measure(
        column=f"count_{bucket}",
        id=bucket,
        unit="count",
        definition=f"Rows {_BUCKET_WORDS[bucket]} {{label}}.",
    )
    for bucket in rows.BUCKETS
)


def score_figures(case_file: CaseFile) -> Iterator[Figure]:
    """Scores per metric; a suppressed metric shows its count of answers only."""
    for row in rows.score_rows(case_file):
        measures = SCORE_MEASURES[:1] if row.data.get("is_suppressed") else SCORE_MEASURES
        named = replace(row, label=str(row.data.get("metric_label") or row.label))
        yield from figures_of_rows("score", [named], measures, tables.SCORES)


def stake_figures(case_file: CaseFile) -> Iterator[Figure]:
    """Revenue at risk: in all, by segment, and of the accounts with most of it."""
    frame, table = case_file.account_predictions, tables.ACCOUNT_PREDICTIONS
    if frame.empty:
        return
    for column, unit, value, definition in (
        ("account_id", "count", len(frame), "Active accounts scored for risk."),
        (
            "mrr_amount",
            "money",
            rows.exact_sum(frame["mrr_amount"]),
            "Monthly recurring revenue of those accounts.",
        ),
        (
            "revenue_at_risk_amount",
            "money",
            rows.exact_sum(frame["revenue_at_risk_amount"]),
            "Recurring revenue expected to be lost to churn within a year, summed over accounts.",
        ),
    ):
        name = "count_accounts" if column == "account_id" else column
        yield make_figure(f"stake.total.{name}", value, unit, definition, f"{table}.{column}")
    yield from figures_of_rows("stake.segment", rows.stake_segments(case_file), STAKE_SEGMENT_MEASURES, table)
    yield from figures_of_rows("stake", rows.stake_accounts(case_file), STAKE_MEASURES, table)


def quality_figures(case_file: CaseFile) -> Iterator[Figure]:
    """Where every row went, which rules were broken, what was flagged, and how revenue ties out."""
    accounting = rows.accounting_rows(case_file)
    yield from figures_of_rows("quality", accounting, ACCOUNTING_MEASURES, tables.ROW_ACCOUNTING)
    for bucket in rows.BUCKETS if accounting else ():
        column = f"count_{bucket}"
        yield make_figure(
            f"quality.total.{bucket}",
            sum(row.data[column] for row in accounting),
            "count",
            f"Rows {_BUCKET_WORDS[bucket]} all files and tables together.",
            f"{tables.ROW_ACCOUNTING}.{column}",
        )
    rejected = Measure(column="count_rows", unit="count", definition="Rows rejected: {label}.")
    yield from figures_of_rows("quality.rejection", rows.rejection_rows(case_file), [rejected], tables.REJECTIONS)
    flagged = Measure(column="count_rows", unit="count", definition="Rows kept and flagged: {label}.")
    yield from figures_of_rows("quality.flag", rows.flag_rows(case_file), [flagged], tables.FLAGS)
    for row in rows.reconciliation_rows(case_file):
        yield make_figure(
            f"quality.reconciliation.{row.key}",
            row.data["amount"],
            reconciliation_unit(str(row.data["item"])),
            f"Line of the revenue reconciliation: {row.label}.",
            f"{tables.RECONCILIATION}.amount",
        )


def reconciliation_unit(item: str) -> str:
    """Counts and shares are named by prefix and suffix; every other line of the reconciliation is money."""
    if item.startswith("count_"):
        return "count"
    return "share_pct" if item.endswith("_pct") else "money"
