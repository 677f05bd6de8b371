"""What became of the accounts that were at risk at the landmark: everything survival analysis says, with sentences.

Belongs here: putting the estimators side by side, each standing or refused on its own, and the words for both.
Does not belong here: estimators (`competing_risks.py`, `restricted_mean.py`, `tenure_survival.py`, `cox_check.py`,
`extrapolation.py`), Kaplan–Meier by group (`survival.py`), layout (`report/`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from roi_models.durations import competing_risks, restricted_mean, tenure_survival
from roi_models.durations.cox_check import month_rows, proportionality, slopes_on
from roi_models.durations.extrapolation import Extrapolation, extrapolate
from roi_models.durations.followed import NOTE_COLUMNS, SLOPE_COLUMNS, FollowUp, Proportionality, empty_follow_up
from roi_models.durations.grouped_months import EVERYBODY
from roi_models.durations.survival import landmark_covariates
from roi_models.hazards.design import NotEstimableError

SINCE_LANDMARK, TENURE = "since landmark", "tenure, delayed entry"
# Less than this between two AICs and the data do not tell the shapes apart.
AIC_TIE = 2.0
# Up to this monthly hazard ties are few enough for Efron's Cox and the grouped model to agree to 1e-4.
FEW_TIES_HAZARD = 0.03
NOTABLE_P_VALUE = 0.05


def follow_up(
    landmark: pd.DataFrame, control_levels: pd.DataFrame | None = None, *, horizon_months: int, outcome: str
) -> FollowUp:
    """Follow the landmark's accounts in every way that their number allows.

    `landmark` as for `survival_by_group`, with tenure_months (at the landmark) and churn_kind (null where the account
    stayed). `horizon_months` is the business case's; `outcome` what `is_churned` means: voluntary or all_causes.
    """
    landmark = landmark.sort_values("account_id", kind="stable").reset_index(drop=True)
    if landmark.empty:
        return empty_follow_up()
    incidence, no_causes = competing_risks.incidence_by_cause(landmark)
    means, no_means = restricted_mean.restricted_means(landmark)
    tenure, no_tenure = tenure_survival.survival_by_tenure(landmark)
    further = extrapolate(landmark, horizon_months)
    slopes, refused = _slopes(landmark, control_levels)
    changing, no_change = _proportionality(landmark, control_levels)
    notes = [
        ("restricted_mean", no_means or _difference_words(means)),
        ("causes", no_causes or _cause_words(incidence)),
        ("slopes", _slope_words(slopes)),
        *(("slopes", sentence) for sentence in refused),
        ("proportionality", no_change or _change_words(changing, outcome)),
        ("tenure", no_tenure),
        *(("extrapolation", sentence) for sentence in (*_model_words(further), *further.notes)),
    ]
    return FollowUp(
        incidence=incidence,
        restricted_means=means,
        by_tenure=tenure,
        slopes=slopes,
        proportionality=changing,
        models=further.models,
        curves=further.curves,
        notes=pd.DataFrame([note for note in notes if note[1]], columns=NOTE_COLUMNS),
    )


def _slopes(landmark: pd.DataFrame, control_levels: pd.DataFrame | None) -> tuple[pd.DataFrame, list[str]]:
    """Cox and the grouped model on both time scales, and why one of them is missing."""
    months, event = landmark["duration_months"].to_numpy(int), landmark["is_churned"].to_numpy(bool)
    entry = landmark["tenure_months"].to_numpy(int)
    rows, refused = [], []
    try:
        covariates = landmark_covariates(landmark, control_levels)
    except NotEstimableError as reason:
        return pd.DataFrame(columns=SLOPE_COLUMNS), [str(reason)]
    for time_scale, left, entered in ((SINCE_LANDMARK, months, None), (TENURE, entry + months, entry)):
        try:
            rows.append(slopes_on(time_scale, covariates, left, event, entered))
        except NotEstimableError as reason:
            refused.append(f"No cross-check on the time scale {time_scale}. {reason}")
    return pd.DataFrame(rows, columns=SLOPE_COLUMNS), refused


def _proportionality(
    landmark: pd.DataFrame, control_levels: pd.DataFrame | None
) -> tuple[Proportionality | None, str | None]:
    months, event = landmark["duration_months"].to_numpy(int), landmark["is_churned"].to_numpy(bool)
    try:
        return proportionality(month_rows(landmark_covariates(landmark, control_levels), months, event)), None
    except NotEstimableError as reason:
        # The slopes' own note already says why there is no slope at all.
        return None, f"Whether the slope changes with time is not tested. {reason}"


def _difference_words(means: pd.DataFrame) -> str:
    compared = means[means["difference_months"].notna()]
    row = compared.sort_values("difference_months", key=abs, kind="stable").iloc[-1]
    clear = row["difference_low"] > 0 or row["difference_high"] < 0
    longer = "longer" if row["difference_months"] > 0 else "less long"
    return (
        f"Of the first {int(row['horizon_months'])} months after the landmark the group {row['group']} stays "
        f"{abs(row['difference_months']):.1f} months {longer} than the group {row['compared_with']}"
        + (
            ", and the interval of the difference leaves out zero."
            if clear
            else ", but the interval of the difference holds zero: the groups cannot be told apart."
        )
        + " The month of leaving counts; departures of any cause end a stay."
    )


def _cause_words(incidence: pd.DataFrame) -> str:
    last = incidence[incidence["group"] == EVERYBODY].groupby("cause").last()
    return (
        f"Within {int(last['month'].max())} months {100 * last.loc['voluntary', 'incidence']:.1f}% of the accounts "
        f"left of their own will and {100 * last.loc['involuntary', 'incidence']:.1f}% for other reasons; the rest "
        "stayed. Each cause is counted among those whom the other had not yet taken."
    )


def _slope_words(slopes: pd.DataFrame) -> str | None:
    if slopes.empty:
        return None
    parts = [
        f"{abs(row.difference):.4f} apart ({abs(row.difference_in_std_errors):.3f} standard errors) on the time scale "
        f"{row.time_scale}"
        for row in slopes.itertuples()
    ]
    text = f"The slopes of Cox regression and of the grouped model are {' and '.join(parts)}."
    if slopes["monthly_hazard"].max() > FEW_TIES_HAZARD:
        text += " So many leave in the same months that the two need not agree closely."
    return text


def _change_words(found: Proportionality, outcome: str) -> str:
    of = "churn" if outcome == "all_causes" else f"{outcome} churn"
    test = f"likelihood ratio {found.statistic:.2f}, p = {found.p_value:.3f}"
    if found.p_value >= NOTABLE_P_VALUE:
        return f"The slope of {of} on the landmark's score does not change noticeably with time since then ({test})."
    return (
        f"The slope of {of} on the landmark's score changes with time since then ({test}): {found.slope_first:.2f} per "
        f"point in month {found.first_month}, {found.slope_last:.2f} in month {found.last_month}. One ratio for the "
        "whole time is an average; a score that ages says less."
    )


def _model_words(further: Extrapolation) -> Iterator[str]:
    """What was chosen and why, and how far to trust what lies beyond the data."""
    models = further.models[further.models["scope"] == EVERYBODY]
    curve = further.curves[further.curves["group"] == EVERYBODY]
    if models.empty or not (curve["basis"] == "extrapolated").any():
        return
    chosen, other = (models[models["is_chosen"] == flag].iloc[0] for flag in (True, False))
    names = {"weibull": "Weibull", "log_normal": "log-normal"}
    observed = int(curve.loc[curve["basis"] == "observed", "month"].max())
    end = curve.iloc[-1]
    apart = other["aic_difference"]
    yield (
        f"Observed are {observed} months; retention after {int(end['month'])} months, "
        f"{100 * end['retention']:.1f}% of the accounts, is extrapolated with a {names[chosen['model']]} model "
        f"(AIC {apart:.1f} below the {names[other['model']]} one"
        + (", too little to tell them apart" if apart < AIC_TIE else "")
        + "). It assumes that departures go on as they did; no data speak to it, and the business case does not use it."
    )
