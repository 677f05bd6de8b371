"""Data that carry no model, from cells to page: a verdict and a sentence, no traceback, no indefensible number."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hazard_data import account_months, active_accounts, answers_of, cells_of, control_levels_of

from roi_models.case.assumptions import Assumptions
from roi_models.case.business_case import build_case, case_problem
from roi_models.hazards.retention import estimate_retention
from roi_models.report import build_figures, page, render_report
from roi_models.results import BusinessCase, RetentionEffect, SurvivalByGroup
from roi_models.study import Study
from roi_models.verdicts.judgement import Claim, Level, Verdict
from roi_models.verdicts.robustness_study import study_robustness
from roi_models.verdicts.verdict import absent_checks, judge
from tests.unit.sample_case import sparse_case

SCALE = (0.0, 10.0)
TERMS = Assumptions(
    margin=0.8,
    discount_rate=0.10,
    horizon_months=24,
    ramp_months=3,
    uplift_low=2.0,
    uplift_base=3.0,
    uplift_high=4.0,
    uplift_unit="net_nps_points",
    initial_cost=1_000,
    annual_cost=500,
    n_draws=100,
)
NO_SURVIVAL = SurvivalByGroup(
    landmark_month="2024-01",
    curves=pd.DataFrame(columns=["group", "month", "survival", "ci_low", "ci_high", "count_at_risk"]),
    groups=pd.DataFrame(columns=["group", "count_accounts", "count_churned", "survival_end"]),
    cox_coef=None,
    cox_std_error=None,
    cloglog_coef=None,
    problem="No curve in this test.",
)
NO_LEADS = pd.DataFrame(
    columns=["side", "account_group", "score_bin", "count_at_risk", "count_contracted", "score_sum"]
)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the whole chain says of one company."""

    effect: RetentionEffect
    case: BusinessCase | None
    verdict: Verdict
    study: Study


def tell(months: pd.DataFrame, accounts: pd.DataFrame | None = None, known: Told | None = None) -> Told:
    """From account-months to the verdict, as a run does it; `known`: these months were told before."""
    effect = known.effect if known else effect_of(months)
    accounts = active_accounts(months) if accounts is None else accounts
    answers = answers_of(accounts)
    case = build_case(effect, accounts, answers, TERMS, scale=SCALE)
    study = known.study if known else attempts(months, effect, case)
    verdict = judge(
        retention=effect,
        survival=NO_SURVIVAL,
        case=case,
        case_problem=case_problem(effect, accounts, answers, TERMS, scale=SCALE),
        study_checks=study.checks,
        currency="USD",
        metric_label="NPS",
        min_prob_npv_positive=0.8,
    )
    return Told(effect=effect, case=case, verdict=verdict, study=study)


def effect_of(months: pd.DataFrame) -> RetentionEffect:
    return estimate_retention(cells_of(months), control_levels_of(months), metric="NPS", headline_lag=3)


def attempts(months: pd.DataFrame, effect: RetentionEffect, case: BusinessCase | None) -> Study:
    by_year = months.groupby(months["month"] // 12)
    years = [cells_of(part, lags=(3,)).assign(calendar_year=2022 + year) for year, part in by_year]
    return study_robustness(
        effect,
        case,
        cells=cells_of(months),
        cells_by_year=pd.concat(years),
        control_levels=control_levels_of(months),
        audit=pd.Series({"count_checked": 100, "count_different": 0}),
        answers=pd.Series({"count_answers": 50, "count_late": 0, "count_after_churn": 0}),
        lead_cells=NO_LEADS,
        silent_revenue_share=0.2,
    )


def page_of(told: Told) -> str:
    """The report on nothing but these results."""
    plain = sparse_case()
    file = replace(
        plain,
        context=replace(plain.context, absent=absent_checks(told.effect, NO_SURVIVAL)),
        verdict=told.verdict,
        retention=told.effect,
        survival=NO_SURVIVAL,
        case=told.case,
        studies=(told.study,),
    )
    return render_report(file, build_figures(file))


@pytest.fixture(autouse=True)
def no_charts(monkeypatch):
    """Drawing takes most of a page's time, and is tested elsewhere."""
    monkeypatch.setattr(page, "drawings", lambda _case_file: {})


def no_events(months: pd.DataFrame) -> pd.DataFrame:
    return months.assign(voluntary=False, involuntary=False)


def one_event(months: pd.DataFrame) -> pd.DataFrame:
    return no_events(months).assign(voluntary=months.index == months.index[100])


def all_silent(months: pd.DataFrame) -> pd.DataFrame:
    return months.assign(score=np.nan, score_state="silent")


def constant_score(months: pd.DataFrame) -> pd.DataFrame:
    return months.assign(score=months["score"].mask(months["score"].notna(), 8.0))


def separated_state(months: pd.DataFrame) -> pd.DataFrame:
    """All who leave were silent: among those who answer nobody left."""
    return months.assign(voluntary=months["voluntary"] & months["score"].isna())


def separated_score(months: pd.DataFrame) -> pd.DataFrame:
    """Whoever stands at 5 or less leaves at once, nobody else who answers ever does."""
    silent_leave = months["score"].isna() & months["voluntary"]
    return months.assign(voluntary=(months["score"] <= 5) | silent_leave, involuntary=False)


def collinear(months: pd.DataFrame) -> pd.DataFrame:
    """A second control says what the segment says."""
    return months.assign(control_key=months["control_key"] + "|tier=" + months["segment"])


def few(months: pd.DataFrame) -> pd.DataFrame:
    return months[months["account"] < 12]


@pytest.fixture(scope="module")
def months() -> pd.DataFrame:
    return account_months(n_accounts=300, base=0.04, seed=2)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (no_events, "0 churn event"),
        (one_event, "1 churn event"),
        (all_silent, "silent"),
        (constant_score, "Every score is the same"),
        (separated_state, "All churn fell into silent account-months"),
        (separated_score, "no finite estimate"),
        (few, ""),
    ],
)
def test_no_number_where_none_can_be_defended(months, spoil: Callable, words: str):
    told = tell(spoil(months).reset_index(drop=True))
    assert (told.verdict.level, told.verdict.claim) == (Level.FAIL, Claim.NONE)
    assert told.verdict.sentence.startswith("No business case can be made from these data: ")
    assert words in told.verdict.sentence and told.verdict.sentence.rstrip().endswith(".")
    html = page_of(told)
    assert "Not evidence: a check failed" in html
    shown = re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)
    assert not re.search(r"\b(nan|inf|None|NaT)\b", shown)
    assert "net present value is" not in html and "ROI of" not in html
    for table in told.study.tables:
        assert not np.isinf(table.frame.select_dtypes("float").to_numpy()).any()


@pytest.fixture(scope="module")
def sound(months) -> Told:
    return tell(months)


def test_collinear_controls_are_left_out_and_said(months, sound):
    fit = effect_of(collinear(months)).fit
    left_out = [note for note in fit.encoding.notes if "is determined by the others" in note]
    assert fit.is_estimable and len(left_out) == 2
    row, other = (found.table.set_index("term").loc["score"] for found in (fit, sound.effect.fit))
    assert row["coef"] == pytest.approx(other["coef"], abs=1e-9)


@pytest.mark.parametrize(
    ("share", "level"), [(1.0, Level.FAIL), (0.5, Level.FAIL), (0.3, Level.REVIEW), (0.01, Level.PASS)]
)
def test_one_account_with_all_the_revenue(months, sound, share: float, level: Level):
    accounts = active_accounts(months)
    rest = Decimal(str(round((1 - share) * 1e6 / (len(accounts) - 1), 2)))
    accounts["mrr_amount"] = [Decimal(str(round(share * 1e6, 2))), *([rest] * (len(accounts) - 1))]
    told = tell(months, accounts, known=sound)
    check = {check.id: check for check in told.verdict.checks}["concentration"]
    assert check.level == level and f"{100 * share:.1f}%" in check.sentence
    assert (told.verdict.level == Level.FAIL) == (level == Level.FAIL)
    if level == Level.FAIL:
        assert "No business case" in told.verdict.sentence and check.recommendation


def test_nobody_is_active(months, sound):
    told = tell(months, active_accounts(months).iloc[:0], known=sound)
    assert told.case is None and told.verdict.level == Level.FAIL
    assert "No account is active" in told.verdict.sentence


def test_a_sound_company_passes_the_same_chain(sound):
    """The counterpart: without it all of the above could fail for one and the same reason."""
    assert sound.verdict.level < Level.FAIL and sound.verdict.claim == Claim.CONDITIONAL
    assert {"leakage", "stability", "rolling_origin", "multiplicity", "e_value"} <= {c.id for c in sound.study.checks}
    assert any("lead test" in sentence.lower() for sentence in sound.study.sentences), "what was not tried is said"


def test_a_handful_of_involuntary_departures_is_no_placebo(months, sound):
    first = months.index[months["involuntary"]][:9]
    effect = effect_of(months.assign(involuntary=months.index.isin(first)))
    told = tell(months, known=replace(sound, effect=effect))
    assert "placebo" not in {check.id for check in told.verdict.checks}
    assert "Only 9 involuntary departures: too few to test" in told.effect.placebo.problem
    assert "too few to test" in page_of(told)
