"""The checks of the model and of the case: each holds one value against a threshold, with a sentence and advice.

Belongs here: one function per check.
Does not belong here: checks of the data (`data_checks.py`), the thresholds (`thresholds.py`), what follows from the
checks (`verdict.py`), estimation.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from roi_models.hazards.hazard import score_effect
from roi_models.results import BusinessCase, RetentionEffect, SurvivalByGroup
from roi_models.verdicts.grading import graded
from roi_models.verdicts.judgement import Check, Level
from roi_models.verdicts.thresholds import THRESHOLDS


def model_checks(retention: RetentionEffect, survival: SurvivalByGroup) -> Iterator[Check]:
    """Checks of the statistics; where nothing was estimable that is the only one."""
    fit = retention.fit
    yield Check(
        id="estimable",
        label="The effect can be estimated",
        value=None,
        threshold="a finite estimate exists",
        level=Level.PASS if fit.is_estimable else Level.FAIL,
        sentence=fit.problem or "The retention model has a finite estimate for every term.",
        recommendation="" if fit.is_estimable else "Supply more history, or check how scores and churn are mapped.",
    )
    if not fit.is_estimable:
        return
    yield _separation(retention)
    yield _events_per_term(retention)
    yield _clusters(retention)
    yield _effect_found(retention)
    yield from _placebo(retention)
    yield from _lag_agreement(retention)
    yield from _cox_agreement(survival)
    yield from _calibration(retention)


def case_checks(retention: RetentionEffect, case: BusinessCase | None, problem: str | None) -> Iterator[Check]:
    """Whether there is a case at all; not asked when already the effect was not estimable."""
    if not retention.fit.is_estimable:
        return
    yield Check(
        id="case_computable",
        label="The business case can be computed",
        value=None,
        threshold="active accounts, revenue and answers to lift",
        level=Level.PASS if case is not None else Level.FAIL,
        sentence="The case covers all active accounts." if case is not None else problem or "No case was computed.",
        recommendation=""
        if case is not None
        else "Check business_case.yml and the accounts active at the as-of month.",
    )
    if case is not None and case.effective_accounts is not None and case.largest_account_pct is not None:
        yield graded(
            "concentration",
            "The case does not hang on a few accounts",
            case.effective_accounts,
            bounds=(THRESHOLDS.effective_accounts_review, THRESHOLDS.effective_accounts_fail),
            sentence=(
                f"The largest account pays {case.largest_account_pct:.1f}% of the revenue; in weight the "
                f"{case.count_accounts:,} accounts are {case.effective_accounts:.1f} of equal size."
            ),
            recommendation="Judge the large accounts one by one: an average over accounts says nothing about them.",
            higher_is_better=True,
        )


def _separation(retention: RetentionEffect) -> Check:
    """A dummy with a huge standard error stands on next to no events."""
    table = retention.fit.table
    names = table["term"]
    dummies = table[names.str.contains("=") | names.str.match("state_|tenure_|is_renewal")]
    worst = float(dummies["std_error"].max()) if len(dummies) else 0.0
    return graded(
        "separation",
        "No level stands on next to no events",
        worst,
        bounds=(THRESHOLDS.dummy_std_error_review, None),
        sentence=f"The widest standard error among the levels is {worst:.2f} on the log hazard.",
        recommendation="Merge rare levels of the controls in metrics.yml.",
    )


def _events_per_term(retention: RetentionEffect) -> Check:
    """Events per estimated parameter, the intercept aside."""
    fit = retention.fit
    count_terms = max(len(fit.terms) - 1, 1)
    ratio = fit.count_events / count_terms
    return graded(
        "events_per_term",
        "Churn events per model term",
        ratio,
        bounds=(THRESHOLDS.events_per_term_review, THRESHOLDS.events_per_term_fail),
        sentence=f"{fit.count_events:,} churn events for {count_terms} terms ({ratio:.1f} per term).",
        recommendation="Use fewer controls, or wait for more history.",
        higher_is_better=True,
    )


def _clusters(retention: RetentionEffect) -> Check:
    """Clustered errors need many account groups."""
    count = retention.fit.count_groups
    return graded(
        "clusters",
        "Account groups behind the standard errors",
        count,
        bounds=(THRESHOLDS.clusters_review, THRESHOLDS.clusters_fail),
        sentence=f"Standard errors are clustered over {count} groups of accounts.",
        recommendation="With so few accounts intervals are too narrow: the true uncertainty is larger.",
        higher_is_better=True,
    )


def _effect_found(retention: RetentionEffect) -> Check:
    """Whether the interval of the slope lies wholly on the favourable side."""
    row = retention.fit.table.set_index("term").loc["score"]
    interval = f"hazard ratio {row.hazard_ratio:.3f}, 95% interval {row.ci_low:.3f} to {row.ci_high:.3f}"
    if row.ci_high < 1:
        less, least, most = (100 * (1 - ratio) for ratio in (row.hazard_ratio, row.ci_high, row.ci_low))
        sentence = (
            f"A higher score goes with less churn: each point with {less:.1f}% less a month (95% interval {least:.1f}% "
            f"to {most:.1f}%; hazard ratio {row.hazard_ratio:.3f})."
        )
        level = Level.PASS
    elif row.ci_low > 1:
        level, sentence = Level.REVIEW, f"A higher score goes with more churn, not less ({interval})."
    else:
        level, sentence = (
            Level.REVIEW,
            f"No effect found: the interval of the effect on churn holds 1 ({interval}).",
        )
    return Check(
        id="effect_found",
        label="A higher score goes with less churn",
        value=float(row.ci_high),
        threshold="upper limit of the hazard ratio's 95% interval below 1",
        level=level,
        sentence=sentence,
        recommendation="" if level == Level.PASS else "Do not claim a return; measure another metric, or longer.",
    )


def _placebo(retention: RetentionEffect) -> Iterator[Check]:
    """Involuntary churn must not follow the score."""
    if retention.placebo is None or not retention.placebo.is_estimable:
        return
    coef, std_error = score_effect(retention.placebo)
    z_score = coef / std_error
    yield graded(
        "placebo",
        "Involuntary churn does not follow the score",
        abs(z_score),
        bounds=(THRESHOLDS.placebo_z_review, None),
        sentence="Involuntary churn, which no score should foretell, follows the score "
        f"{'no more' if abs(z_score) <= THRESHOLDS.placebo_z_review else 'more'} than chance would have it "
        f"(z = {z_score:.2f}).",
        recommendation="Look for a hidden cause of both scores and payment failures, and control for it.",
    )


def _lag_agreement(retention: RetentionEffect) -> Iterator[Check]:
    """An effect that vanishes with older answers is the leavers' mood, not its cause (reverse causality)."""
    profile = retention.lag_profile.set_index("lag")
    headline = retention.headline_lag
    if headline == 1 or not {1, headline} <= set(profile.index):
        return
    newest, oldest = profile.loc[1], profile.loc[headline]
    if not np.isfinite([newest.coef, oldest.coef]).all() or newest.coef == 0:
        return
    ratio = float(oldest.coef / newest.coef)
    # The fits share most of their rows, so the larger of the two errors already overstates that of the
    # difference.
    z_score = abs(newest.coef - oldest.coef) / max(newest.std_error, oldest.std_error)
    fades = ratio < THRESHOLDS.lag_ratio_review and z_score > THRESHOLDS.lag_difference_z
    yield Check(
        id="lag_agreement",
        label="The effect does not vanish with older answers",
        value=ratio,
        threshold=f"at least {THRESHOLDS.lag_ratio_review:g} of the lag-1 slope, or within its error",
        level=Level.REVIEW if fades else Level.PASS,
        sentence=(
            f"Answers known {headline - 1} months earlier foretell departures {ratio:.2f} times as strongly as the "
            f"latest (slope {oldest.coef:.3f} at lag {headline}, {newest.coef:.3f} at lag 1, {z_score:.2f} standard "
            "errors apart)."
        ),
        recommendation=(
            f"Scores seem to fall just before accounts leave. The headline uses lag {headline} for that reason; find "
            "out from those who left whether they had decided earlier still."
            if fades
            else ""
        ),
    )


def _cox_agreement(survival: SurvivalByGroup) -> Iterator[Check]:
    """Two estimators on the same accounts must agree."""
    if survival.cox_coef is None or survival.cloglog_coef is None or not survival.cox_std_error:
        return
    difference = abs(survival.cox_coef - survival.cloglog_coef) / survival.cox_std_error
    yield graded(
        "cox_agreement",
        "Cox and cloglog agree",
        difference,
        bounds=(THRESHOLDS.cox_difference_se_review, None),
        sentence=(
            f"On the landmark's accounts Cox gives {survival.cox_coef:.4f} and cloglog "
            f"{survival.cloglog_coef:.4f} per point: {difference:.3f} standard errors apart."
        ),
        recommendation="Many leave per month, or the hazards are not proportional: read both estimates.",
    )


def _calibration(retention: RetentionEffect) -> Iterator[Check]:
    """Observed against predicted events over tenths of predicted risk."""
    table = retention.calibration
    expected = table["predicted_events"].to_numpy(float)
    if len(table) == 0 or expected.sum() <= 0:
        return
    observed = table["observed_events"].to_numpy(float)
    worst = float(np.max(np.abs(observed - expected) / np.sqrt(np.maximum(expected, 1.0))))
    ratio = observed.sum() / expected.sum()
    yield graded(
        "calibration",
        "Predicted churn matches observed churn",
        worst,
        bounds=(THRESHOLDS.calibration_z_review, None),
        sentence=(
            f"Observed over predicted churn is {ratio:.3f} in all; the worst tenth of risk is {worst:.1f} "
            "standard "
            "errors off."
        ),
        recommendation="The model misses a shape in the data: add a control, or finer score bins.",
    )
