"""The checks as a card: each under the question that it answers, in the order in which a referee asks.

Belongs here: questions and which check answers which. Does not belong here: checks, thresholds, markup.
"""

from __future__ import annotations

from collections.abc import Sequence

from roi_models.verdicts.judgement import Check

QUESTIONS: dict[str, tuple[str, ...]] = {
    "Can an effect be estimated at all?": ("estimable", "separation", "events_per_term", "clusters", "cox_agreement"),
    "Is there an effect, and could it be chance?": ("effect_found", "multiplicity"),
    "Does the score know what it foretells?": ("leakage", "lead", "lag_agreement"),
    "Could something else explain it?": ("placebo", "controls", "e_value", "non_response"),
    "Would it hold in another year?": ("calibration", "rolling_origin", "calibration_slope", "stability"),
    "Can the case be computed, and on whom does it hang?": ("case_computable", "concentration", "cost_assumption"),
}
DATA = "Are the data sound?"
BESIDE = "Does what stands beside the headline hold?"
DATA_CHECKS = ("churn_placed", "rejected_rows", "match_rate", "suspect_answers", "revenue_reconciled")


def worst_first(card: Sequence[tuple[str, list[Check]]]) -> list[tuple[str, list[Check]]]:
    """The same card with what failed or calls for review on top: questions by their worst check, checks by level.

    Equal levels keep the referee's order.
    """
    sorted_checks = [
        (question, sorted(checks, key=lambda check: check.level, reverse=True)) for question, checks in card
    ]
    return sorted(sorted_checks, key=lambda asked: asked[1][0].level, reverse=True)


def by_question(checks: Sequence[Check]) -> list[tuple[str, list[Check]]]:
    """The checks under their questions, none left out; questions without a check are not asked.

    Within a question in the order above; a check that no question names stands beside the headline, as it came.
    """
    asked = {DATA: DATA_CHECKS, **QUESTIONS, BESIDE: ()}
    known = {check_id: question for question, ids in asked.items() for check_id in ids}
    rank = {check_id: place for ids in asked.values() for place, check_id in enumerate(ids)}
    grouped: dict[str, list[Check]] = {question: [] for question in asked}
    for check in checks:
        grouped[known.get(check.id, BESIDE)].append(check)
    return [
        (question, sorted(found, key=lambda check: rank.get(check.id, 0)))
        for question, found in grouped.items()
        if found
    ]
