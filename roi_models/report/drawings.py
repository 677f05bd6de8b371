"""Which charts a case file has data for, drawn.

Belongs here: the choice of charts, by the name under which templates place them.
Does not belong here: drawing (`charts*.py`), choosing rows (`rows*.py`), placing and captions (`templates/`).
"""

from __future__ import annotations

from markupsafe import Markup

from roi_models.report import (
    charts,
    charts_case,
    charts_effect,
    charts_follow_up,
    charts_measures,
    charts_waterfall,
    rows,
    rows_follow_up,
    rows_measures,
    rows_waterfall,
)
from roi_models.results import CaseFile


def drawings(case_file: CaseFile) -> dict[str, Markup]:
    """The charts that the case file has data for; the template prints those it finds."""
    drawn = _of_the_case(case_file) | _of_the_models(case_file) | _of_measures(case_file)
    # Drawn by us from frames, with every label escaped by matplotlib: safe to place unescaped.
    return {name: Markup(svg) for name, svg in drawn.items()}


def _of_the_case(case_file: CaseFile) -> dict[str, str]:
    if not rows.shows_case(case_file):
        return {}
    case, currency = case_file.case, case_file.context.currency
    drawn = {
        "cash": charts.cash_flow_chart(case.years, currency),
        "waterfall": charts_waterfall.npv_waterfall_chart(rows_waterfall.npv_steps(case), currency),
    }
    if not case.draws["npv"].dropna().empty:
        drawn["npv"] = charts.npv_chart(case.draws, currency)
    ranges = getattr(case, "tornado", None)
    if ranges is not None and (ranges["npv_low"] != ranges["npv_high"]).any():
        drawn["tornado"] = charts_case.tornado_chart(ranges, case.base.npv, currency)
    return drawn


def _of_the_models(case_file: CaseFile) -> dict[str, str]:
    drawn, retention = {}, case_file.retention
    if not retention.lag_profile.empty:
        drawn["lags"] = charts.lag_profile_chart(retention.lag_profile, retention.headline_lag)
    if not retention.by_score.empty and retention.by_score["score_mean"].notna().any():
        drawn["dose"] = charts_effect.dose_response_chart(retention.by_score)
    if not retention.calibration.empty:
        drawn["calibration"] = charts_effect.calibration_chart(retention.calibration)
    if not case_file.survival.curves.empty:
        drawn["survival"] = charts.survival_chart(case_file.survival.curves)
    if rows_follow_up.is_extrapolated(case_file):
        drawn["beyond"] = charts_follow_up.beyond_chart(rows_follow_up.beyond_curve(case_file))
    return drawn


def _of_measures(case_file: CaseFile) -> dict[str, str]:
    drawn, periods = {}, rows_measures.primary_periods(case_file)
    if any(not row.data["is_suppressed"] for row in periods):
        drawn["score"] = charts_measures.score_chart(periods)
    lines = rows_measures.bridge_rows(case_file)
    if lines:
        drawn["bridge"] = charts_waterfall.bridge_chart(lines, case_file.context.currency)
    return drawn
