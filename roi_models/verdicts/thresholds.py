"""The one table of thresholds that the verdict is judged by.

Belongs here: numbers. A loosened threshold carries the date, the old value and the reason beside it.
Does not belong here: the checks that use them (`checks.py`), the claim (`verdict.py`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where a check turns to REVIEW and to FAIL. Units as the names say; z scores are of clustered errors."""

    events_per_term_review: float = 10.0
    events_per_term_fail: float = 5.0
    dummy_std_error_review: float = 3.0
    clusters_review: int = 50
    clusters_fail: int = 20
    placebo_z_review: float = 1.96
    lag_ratio_review: float = 0.75
    lag_difference_z: float = 1.96
    cox_difference_se_review: float = 0.25
    calibration_z_review: float = 3.0
    straight_line_p_review: float = 0.01
    proportional_hazards_p_review: float = 0.01
    leaked_months_fail: int = 0
    lead_z_review: float = 1.96
    e_value_sd_review: float = 1.5
    control_shift_review: float = 0.5
    holm_p_review: float = 0.05
    calibration_slope_review: float = 0.8
    stability_p_review: float = 0.01
    effective_accounts_review: float = 30.0
    effective_accounts_fail: float = 5.0
    rejected_share_pct_review: float = 5.0
    rejected_share_pct_fail: float = 20.0
    match_rate_pct_review: float = 80.0
    match_rate_pct_fail: float = 50.0
    unplaced_churn_pct_review: float = 5.0
    suspect_answers_pct_review: float = 0.0
    unreconciled_revenue_pct_review: float = 1.0
    unreconciled_revenue_pct_fail: float = 5.0
    cost_difference_pct_review: float = 20.0
    # 1% and not 5%: one of several analyses beside the headline must not doubt it by chance.
    share_lead_z_review: float = 2.58
    share_lead_ratio_review: float = 0.1


THRESHOLDS = Thresholds()
