"""The checks of the data that went in: rows rejected, answers matched, revenue reconciled, departures placed.

Belongs here: one check per share. Does not belong here: counting (`orchestration/data_quality.py`), the thresholds.
"""

from __future__ import annotations

from collections.abc import Iterator

from roi_models.verdicts.grading import graded
from roi_models.verdicts.judgement import Check
from roi_models.verdicts.thresholds import THRESHOLDS


def data_checks(
    *,
    rejected_share_pct: float | None,
    match_rate_pct: float | None,
    unreconciled_revenue_pct: float | None,
    unplaced_churn_pct: float | None,
    suspect_answers_pct: float | None,
) -> Iterator[Check]:
    """Checks of the data that went in (percentages, 0…100); an unknown number is no check."""
    if unplaced_churn_pct is not None:
        yield graded(
            "churn_placed",
            "Departures fit the activity",
            unplaced_churn_pct,
            bounds=(THRESHOLDS.unplaced_churn_pct_review, None),
            sentence=(
                f"{unplaced_churn_pct:.1f}% of the departures are churn events of accounts that were not active then, "
                "or ends of activity without a churn event; the model sees none of them."
            ),
            recommendation="Hold churn events against contracts or billing, or choose another churn policy.",
            unit="%",
        )
    if rejected_share_pct is not None:
        yield graded(
            "rejected_rows",
            "Rows rejected",
            rejected_share_pct,
            bounds=(THRESHOLDS.rejected_share_pct_review, THRESHOLDS.rejected_share_pct_fail),
            sentence=(f"Where most were, {rejected_share_pct:.1f}% of a table's rows were rejected for a broken rule."),
            recommendation="Read the table of rejected rows and repair the export or its mapping.",
            unit="%",
        )
    if match_rate_pct is not None:
        yield graded(
            "match_rate",
            "Answers matched to accounts",
            match_rate_pct,
            bounds=(THRESHOLDS.match_rate_pct_review, THRESHOLDS.match_rate_pct_fail),
            sentence=f"{match_rate_pct:.1f}% of the answers belong to a known account.",
            recommendation="Map the survey's account or contact identifiers; unmatched answers take no part.",
            higher_is_better=True,
            unit="%",
        )
    if suspect_answers_pct is not None:
        yield graded(
            "suspect_answers",
            "No owner's answers look steered",
            suspect_answers_pct,
            bounds=(THRESHOLDS.suspect_answers_pct_review, None),
            sentence=(
                f"{suspect_answers_pct:.1f}% of the answers belong to owners whose customers nearly all give the "
                "same answer."
            ),
            recommendation="Find out whether those answers were steered or made up; what to mend names the owners.",
            unit="%",
        )
    if unreconciled_revenue_pct is not None:
        share = abs(unreconciled_revenue_pct)
        yield graded(
            "revenue_reconciled",
            "Revenue ties to the ledger",
            share,
            bounds=(THRESHOLDS.unreconciled_revenue_pct_review, THRESHOLDS.unreconciled_revenue_pct_fail),
            sentence=f"{share:.2f}% of the ledger's revenue is not explained by the accounts' revenue.",
            recommendation="Reconcile the billing export with the general ledger before using amounts.",
            unit="%",
        )
