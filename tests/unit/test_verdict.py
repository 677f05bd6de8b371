"""The verdict: each check at its thresholds, the claim's rule, and the headline's wording."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hazard_data import account_months, active_accounts, answers_of, cells_of, control_levels_of

from roi_models.case.assumptions import Assumptions
from roi_models.case.business_case import build_case
from roi_models.hazards.retention import estimate_retention
from roi_models.results import SurvivalByGroup
from roi_models.verdicts.headline import money, uplift_words
from roi_models.verdicts.judgement import Claim, Level
from roi_models.verdicts.verdict import absent_checks, judge

TERMS = Assumptions(
    margin=0.8,
    discount_rate=0.10,
    horizon_months=36,
    ramp_months=6,
    uplift_low=2.0,
    uplift_base=3.0,
    uplift_high=4.0,
    uplift_unit="net_nps_points",
    initial_cost=1_000,
    annual_cost=500,
    n_draws=200,
)


def survival(cox=-0.250, cloglog=-0.2501, std_error=0.03, problem=None):
    return SurvivalByGroup(
        landmark_month="2023-06",
        curves=pd.DataFrame(),
        groups=pd.DataFrame(),
        cox_coef=cox,
        cox_std_error=std_error,
        cloglog_coef=cloglog,
        problem=problem,
    )


def world(**options):
    months = account_months(n_accounts=900, seed=2, **options)
    retention = estimate_retention(
        cells_of(months, lags=(1, 3)), control_levels_of(months), metric="nps", headline_lag=3
    )
    accounts = active_accounts(months)
    return {
        "retention": retention,
        "case": build_case(retention, accounts, answers_of(accounts), TERMS, scale=(0.0, 10.0)),
    }


@pytest.fixture(scope="module")
def good():
    return world()


@pytest.fixture(scope="module")
def null():
    return world(beta=0.0)


def verdict(inputs, **changes):
    arguments = {
        "survival": survival(),
        "currency": "EUR",
        "metric_label": "NPS",
        "min_prob_npv_positive": 0.8,
        **inputs,
        **changes,
    }
    return judge(**arguments)


def level_of(got, check_id):
    return {check.id: check.level for check in got.checks}.get(check_id)


def test_a_good_case_is_claimed_on_condition(good):
    got = verdict(good, rejected_share_pct=1.0, match_rate_pct=97.0, unreconciled_revenue_pct=0.0)
    assert (got.level, got.claim) == (Level.PASS, Claim.CONDITIONAL), [c for c in got.checks if c.level]
    case = good["case"]
    assert (
        got.sentence.startswith("If net NPS rises by 3 points")
        and "then revenue retention over 36 months" in got.sentence
    )
    assert f"rises by {case.gain_pp:.2f} percentage points" in got.sentence
    assert f"{case.gain_low_pp:.2f} to {case.gain_high_pp:.2f}" in got.sentence
    assert money(case.base.npv, "EUR") in got.sentence and f"ROI of {case.base.roi_pct:.1f}%" in got.sentence
    assert "assumption" in got.sentence and all(check.recommendation == "" for check in got.checks)


def test_measured_uplifts_are_evidence(good):
    got = verdict(good, uplift_is_evidenced=True)
    assert got.claim == Claim.EVIDENCED and "measured effect" in got.sentence and "If " not in got.sentence


def test_no_effect_is_a_review_with_its_own_sentence_and_no_claim(null):
    got = verdict(null, uplift_is_evidenced=True)
    assert (got.level, got.claim) == (Level.REVIEW, Claim.NONE) and level_of(got, "effect_found") == Level.REVIEW
    assert "No return is claimed" in got.sentence and "ROI" not in got.sentence
    assert any("No effect found" in check.sentence for check in got.checks)


def test_reversed_effects_are_named(good):
    table = good["retention"].fit.table.copy()
    table.loc[table["term"] == "score", ["hazard_ratio", "ci_low", "ci_high"]] = [1.3, 1.2, 1.4]
    retention = replace(good["retention"], fit=replace(good["retention"].fit, table=table))
    case = replace(good["case"], gain_low_pp=-0.9)
    got = verdict({"retention": retention, "case": case})
    assert got.claim == Claim.NONE and "more churn, not less" in got.sentence


@pytest.mark.parametrize(("probability", "claim"), [(0.8, Claim.CONDITIONAL), (0.79, Claim.NONE)])
def test_a_claim_needs_the_chance_of_a_gain(good, probability, claim):
    got = verdict({**good, "case": replace(good["case"], prob_npv_positive=probability)})
    assert got.claim == claim
    if claim == Claim.NONE:
        assert "79.0%, below the 80%" in got.sentence and "ROI" not in got.sentence


@pytest.mark.parametrize(("low", "claim"), [(0.0, Claim.NONE), (0.001, Claim.CONDITIONAL)])
def test_a_claim_needs_the_whole_interval_on_the_favourable_side(good, low, claim):
    assert verdict({**good, "case": replace(good["case"], gain_low_pp=low)}).claim == claim


def test_not_estimable_fails_first_line_first(good):
    sentence = "Only 1 churn event(s) in 12 account-months."
    retention = replace(good["retention"], fit=replace(good["retention"].fit, problem=sentence))
    got = verdict({"retention": retention, "case": None}, case_problem=sentence, match_rate_pct=99.0)
    assert (got.level, got.claim) == (Level.FAIL, Claim.NONE)
    assert got.sentence == f"No business case can be made from these data: {sentence}"
    assert [check.id for check in got.checks] == ["estimable", "match_rate"]


def test_a_failed_check_shows_no_return_even_when_there_is_a_case(good):
    got = verdict(good, unreconciled_revenue_pct=-9.0)
    assert got.level == Level.FAIL and got.claim == Claim.NONE
    assert got.sentence.startswith("No business case can be made") and "9.00%" in got.sentence
    assert "ROI" not in got.sentence and "net present value" not in got.sentence
    missing = verdict({**good, "case": None}, case_problem="No account is active.")
    assert missing.level == Level.FAIL and "No account is active." in missing.sentence


@pytest.mark.parametrize(
    ("argument", "check_id", "levels"),
    [
        ("rejected_share_pct", "rejected_rows", {0: 0, 5: 0, 5.1: 1, 20.1: 2}),
        ("match_rate_pct", "match_rate", {100: 0, 80: 0, 79.9: 1, 49.9: 2}),
        ("unreconciled_revenue_pct", "revenue_reconciled", {0: 0, -1.1: 1, 1.1: 1, 5.1: 2}),
        ("unplaced_churn_pct", "churn_placed", {0: 0, 5: 0, 5.1: 1, 100: 1}),
        ("suspect_answers_pct", "suspect_answers", {0: 0, 0.4: 1, 100: 1}),
    ],
)
def test_data_quality_thresholds(good, argument, check_id, levels):
    for value, level in levels.items():
        assert level_of(verdict(good, **{argument: value}), check_id) == Level(level), value
    assert level_of(verdict(good), check_id) is None, "an unknown number is no check"


def refit(retention, **changes):
    return replace(retention, fit=replace(retention.fit, **changes))


@pytest.mark.parametrize(
    ("check_id", "change", "level"),
    [
        ("events_per_term", lambda r: refit(r, count_events=10 * (len(r.fit.terms) - 1)), 0),
        ("events_per_term", lambda r: refit(r, count_events=10 * (len(r.fit.terms) - 1) - 1), 1),
        ("events_per_term", lambda r: refit(r, count_events=5 * (len(r.fit.terms) - 1) - 1), 2),
        ("clusters", lambda r: refit(r, count_groups=49), 1),
        ("clusters", lambda r: refit(r, count_groups=19), 2),
        ("separation", lambda r: refit(r, table=r.fit.table.assign(std_error=3.1)), 1),
        ("placebo", lambda r: replace(r, placebo=refit(r, coef=r.fit.coef).fit), 1),
        ("placebo", lambda r: replace(r, placebo=None), None),
        ("lag_agreement", lambda r: replace(r, lag_profile=r.lag_profile.assign(coef=[-0.7, -0.05])), 1),
        ("lag_agreement", lambda r: replace(r, lag_profile=r.lag_profile.assign(coef=[-0.27, -0.24])), 0),
        ("lag_agreement", lambda r: replace(r, lag_profile=r.lag_profile.assign(coef=[-0.3, 0.2])), 1),
        ("lag_agreement", lambda r: replace(r, lag_profile=r.lag_profile.assign(coef=np.nan)), None),
        ("calibration", lambda r: replace(r, calibration=r.calibration.assign(observed_events=300)), 1),
    ],
)
def test_model_checks(good, check_id, change, level):
    got = verdict({**good, "retention": change(good["retention"])})
    assert level_of(got, check_id) == (None if level is None else Level(level))
    if level:
        check = next(check for check in got.checks if check.id == check_id)
        assert got.level >= level and check.recommendation and check.sentence.endswith(".")


def test_cox_agreement_and_what_was_absent(good):
    assert level_of(verdict(good, survival=survival(cloglog=-0.26)), "cox_agreement") == Level.REVIEW
    none = survival(cox=None, cloglog=None, problem="Every score is the same.")
    assert level_of(verdict(good, survival=none), "cox_agreement") is None
    retention = good["retention"]
    assert absent_checks(retention, survival()) == ()
    absent = absent_checks(replace(retention, placebo=None), none)
    assert len(absent) == 2 and "placebo" in absent[0] and "Every score is the same." in absent[1]
    thin = replace(retention, placebo=replace(retention.placebo, problem="Only 2 churn event(s)."))
    assert absent_checks(thin, survival()) == ("placebo outcome: Only 2 churn event(s).",)


def test_money_reads_aloud():
    assert money(-1234.5, "EUR") == "−EUR 1,234" and money(0.3, "USD") == "USD 0" and money(-0.3, "USD") == "USD 0"


def test_an_uplift_of_low_answers_is_told_as_such(good):
    terms = replace(good["case"].assumptions, uplift_unit="answer_points", uplift_path="low_answers")
    case = replace(good["case"], assumptions=terms, uplift=0.31)
    assert uplift_words(case, "NPS") == "every low NPS answer rises by 0.31 points"
