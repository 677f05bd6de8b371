"""The headline sentence, in its variants: no case, no claim, a conditional claim, an evidenced claim.

Belongs here: wording with the figures' values.
Does not belong here: deciding which variant holds (`verdict.py`), computing any figure.
"""

from __future__ import annotations

from collections.abc import Sequence

from roi_models.results import BusinessCase, RetentionEffect
from roi_models.verdicts.judgement import Check, Claim, Level


def headline_sentence(
    *,
    level: Level,
    claim: Claim,
    checks: Sequence[Check],
    retention: RetentionEffect,
    case: BusinessCase | None,
    currency: str,
    metric_label: str,
    min_prob_npv_positive: float,
) -> str:
    """One or two sentences that say what may be said; a failed verdict or a missing case shows no return."""
    if level == Level.FAIL or case is None:
        return _no_case(checks)
    if claim == Claim.NONE:
        return _no_claim(case, retention, metric_label, min_prob_npv_positive)
    caveats = sum(check.level == Level.REVIEW for check in checks)
    note = f" {caveats} check{'s ask' if caveats > 1 else ' asks'} for a review." if caveats else ""
    if claim == Claim.EVIDENCED:
        return (
            f"The programme, whose measured effect is that {uplift_words(case, metric_label)}, raises "
            f"{_gain(case)}, "
            f"and {_return(case, currency)}.{note}"
        )
    return (
        f"If {uplift_words(case, metric_label)}, then {_gain(case, verb='rises')}, and "
        f"{_return(case, currency)}. "
        "The uplift is an assumption that nobody has measured for all customers, and that retention follows the score "
        f"is an association in past data.{note}"
    )


def uplift_words(case: BusinessCase, metric_label: str) -> str:
    """Name unit and path of the uplift, since "one point" alone is ambiguous."""
    if case.assumptions is not None and case.assumptions.uplift_path == "low_answers":
        return f"every low {metric_label} answer rises by {_points(round(case.uplift, 3))}"
    if case.uplift_unit == "net_nps_points":
        on_scale = f"{case.mean_shift_points:.3f} on the average account's 0–10 score"
        return f"net NPS rises by {_points(case.uplift)} ({on_scale})"
    return f"every {metric_label} answer rises by {_points(case.uplift)}, as far as the scale allows"


def money(amount: float, currency: str) -> str:
    """Money without cents, for reading aloud: EUR 1,234,567 or −EUR 1,234,567."""
    return f"{'−' if round(amount) < 0 else ''}{currency} {abs(amount):,.0f}"


def _points(uplift: float) -> str:
    """The uplift with its noun, singular for exactly one."""
    return f"{uplift:g} point{'' if uplift == 1 else 's'}"


def _no_case(checks: Sequence[Check]) -> str:
    """The first failed check says why."""
    reason = next((check.sentence for check in checks if check.level == Level.FAIL), "no case was computed.")
    return f"No business case can be made from these data: {reason}"


def _no_claim(case: BusinessCase, retention: RetentionEffect, metric_label: str, min_prob_npv_positive: float) -> str:
    """Say which of the two conditions for a claim is missing."""
    if case.gain_low_pp > 0:
        return (
            f"No return is claimed: if {uplift_words(case, metric_label)}, {_gain(case, verb='rises')}, but "
            "the chance that "
            f"this pays for the programme is {100 * case.prob_npv_positive:.1f}%, below the "
            f"{100 * min_prob_npv_positive:.0f}% "
            "that was asked for."
        )
    row = retention.fit.table.set_index("term").loc["score"]
    what = "more churn, not less" if row.ci_low > 1 else "neither less nor more churn that could be told from chance"
    return (
        f"No return is claimed: a higher {metric_label} score goes with {what} (hazard ratio per point "
        f"{row.hazard_ratio:.3f}, "
        f"95% interval {row.ci_low:.3f} to {row.ci_high:.3f})."
        f"{' That it goes with expansion is not enough for a claim.' if _counts_expansion(case) else ''}"
    )


def _gain(case: BusinessCase, verb: str = "") -> str:
    """The retention gain with its interval."""
    subject = f"revenue retention over {case.horizon_months} months"
    return (
        f"{subject} {verb + ' ' if verb else ''}by {case.gain_pp:.2f} percentage points "
        f"(95% interval {case.gain_low_pp:.2f} to {case.gain_high_pp:.2f})"
    )


def _return(case: BusinessCase, currency: str) -> str:
    """NPV with its range and what that rests on, and ROI where costs allow one."""
    roi = "" if case.base.roi_pct is None else f", an ROI of {case.base.roi_pct:.1f}%"
    low, _, high = case.assumptions.uplifts
    within = f"With uplifts drawn from {low:.4g} to {high:.4g} points nine" if low < high else "Nine"
    return (
        f"the net present value is {money(case.base.npv, currency)}{roi}.{_expansion(case)} {within} in ten simulated "
        f"outcomes lie between {money(case.npv_p5, currency)} and {money(case.npv_p95, currency)} (5th to 95th "
        f"percentile), and {100 * case.prob_npv_positive:.1f}% of all are a gain"
    )


def _expansion(case: BusinessCase) -> str:
    """How much of the benefit is not the retention that the sentence speaks of."""
    if not _counts_expansion(case):
        return ""
    lines = case.lines.set_index("line")
    share = 100 * float(lines.loc["expansion", "pv_benefit"]) / float(lines["pv_benefit"].sum())
    return f" Of the benefit {share:.1f}% is what accounts that stay buy more."


def _counts_expansion(case: BusinessCase) -> bool:
    lines = case.lines
    return not lines.empty and bool(lines.loc[lines["line"] == "expansion", "is_counted"].any())
