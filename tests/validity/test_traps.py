"""One test per trap: the naive way shows the damage, the product's own way finds the planted truth or says so.

A test bears the name of its row in the table of traps. Those that need a second or more run with `make validate`.
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from as_of_cells import hazard_cells, observe
from declared import LAG, METRICS
from pandas.testing import assert_frame_equal
from pydantic import ValidationError
from sql_models import run_model
from trap_data import (
    NO_LEVELS,
    aged_answers,
    busy_accounts,
    called_accounts,
    cells_of,
    equal_slices,
    expanding_baseline,
    falling_leavers,
    frail_accounts,
    levels_then_changes,
    met_late,
    silent_leavers,
    two_quarters,
)

from orchestration.profiles import Control
from orchestration.settings import PROJECT_ROOT
from roi_models.durations.competing_risks import aalen_johansen
from roi_models.durations.grouped_months import count_months, kaplan_meier
from roi_models.durations.tenure_survival import survival_by_tenure
from roi_models.hazards.decomposition import decompose
from roi_models.hazards.hazard import Z95, collapse, fit_hazard, predict_log_hazard, score_effect, select_cells
from roi_models.hazards.retention import estimate_retention
from roi_models.measures import COLUMNS
from roi_models.predictions.league_candidates import candidates
from roi_models.predictions.league_study import conduct_league
from roi_models.predictions.metric_league import MIN_TEST_EVENTS, hold_league
from roi_models.programmes.programme_effects import programme_evidence
from roi_models.report import rows_measures
from roi_models.results import RetentionEffect, SurvivalByGroup
from roi_models.satisfaction.latent_score import correct_slope
from roi_models.simulate import simulate
from roi_models.verdicts.checks import model_checks
from roi_models.verdicts.judgement import Check, Level
from roi_models.verdicts.robustness_checks import controls_shift
from roi_models.verdicts.robustness_study import without_controls
from tests.unit.latent_data import FRESH_DAYS, KEPT_DAYS, answered_panel, fitted
from tests.unit.league_data import METRICS as LEAGUE_METRICS
from tests.unit.league_data import league_frames, no_frames
from tests.unit.sample_measures import measures
from tests.unit.sample_programme import trial_cases, trial_panel

NO_SURVIVAL = SurvivalByGroup(
    landmark_month="2024-01",
    curves=pd.DataFrame(),
    groups=pd.DataFrame(),
    cox_coef=None,
    cox_std_error=None,
    cloglog_coef=None,
)


def effect_of(cells: pd.DataFrame, lag: int = LAG) -> RetentionEffect:
    return estimate_retention(cells, NO_LEVELS, metric="nps", headline_lag=lag)


def slope(cells: pd.DataFrame, lag: int = 1) -> tuple[float, float]:
    return score_effect(fit_hazard(cells, NO_LEVELS, lag=lag))


def checks_of(effect: RetentionEffect) -> dict[str, Check]:
    return {check.id: check for check in model_checks(effect, NO_SURVIVAL)}


def covers(estimate: tuple[float, float], truth: float, errors: float = 2.6) -> bool:
    """Whether the truth lies within so many standard errors (2.6: once in a hundred seeds it would not)."""
    return abs(estimate[0] - truth) < errors * estimate[1]


@pytest.mark.validate
def test_leakage():
    """Surveys sent to those who left: the join that lets the month see its own answers, against the strict one."""
    leaking = simulate(seed=31, accounts=1_000, switches=frozenset({"exit_surveys", "null"}))
    data = observe(leaking, METRICS, lags=(1, LAG))
    months = data.months
    naive = hazard_cells(months.assign(month=months["month"] + 1), data.scores, lags=(1,), bin_width=0.5)
    coef, error = score_effect(fit_hazard(naive, data.control_levels, lag=1))
    assert coef < -0.2 and coef + Z95 * error < 0, "a true null is rejected by far"
    left = leaking.accounts["event_date"].iloc[leaking.answers["account"]].to_numpy()
    given = leaking.answers["answered_at"].to_numpy().astype("datetime64[D]")
    before = leaking.answers[pd.isna(left) | (given <= left)]
    assert len(before) < len(leaking.answers)
    without = observe(leaking, METRICS, lags=(1, LAG), answers=before)
    assert_frame_equal(without.cells, data.cells)
    assert covers(score_effect(fit_hazard(data.cells, data.control_levels, lag=LAG)), 0.0)


def test_reverse_causality():
    """Nobody leaves for a low score, but who is about to leave gives low scores."""
    effect = effect_of(cells_of(falling_leavers(fall=2.0, months_before=2, seed=5), lags=(1, 2, 3, 6)))
    profile = effect.lag_profile.set_index("lag")
    assert profile.loc[1, "coef"] < -0.5 and profile.loc[2, "coef"] < -0.5
    assert covers(score_effect(effect.fit), 0.0)
    checks = checks_of(effect)
    assert (
        checks["lag_agreement"].level == Level.REVIEW
        and "before accounts leave" in checks["lag_agreement"].recommendation
    )
    assert checks["effect_found"].level == Level.REVIEW


def test_immortal_time():
    """A call without any effect: whoever stays has more time to be called."""
    histories, ever, before = called_accounts(seed=6)

    def ratio_of(called: np.ndarray) -> tuple[float, float]:
        cells = cells_of(histories, lags=(1,), controls=np.where(called, "call=yes", "call=no"))
        row = fit_hazard(cells, NO_LEVELS, lag=1).table.set_index("term").filter(like="call=", axis=0)
        sign = 1 if row.index[0] == "call=yes" else -1
        return sign * float(row["coef"].iloc[0]), float(row["std_error"].iloc[0])

    assert ratio_of(ever)[0] < -0.8
    assert covers(ratio_of(before), 0.0)
    for name in ("ever_called", "was_ever_called", "Called_Ever"):
        with pytest.raises(ValidationError, match="ever happened"):
            Control(attribute=name, kind="categorical")
    assert Control(attribute="every_day_user", kind="categorical").attribute == "every_day_user"


def test_non_response():
    """The unhappy answer less and leave more: among responders churn looks lower than it is."""
    cells = cells_of(silent_leavers(seed=7), lags=(1,))
    totals = cells.groupby("score_state")[["count_at_risk", "count_voluntary"]].sum()
    rate = totals["count_voluntary"] / totals["count_at_risk"]
    overall = totals["count_voluntary"].sum() / totals["count_at_risk"].sum()
    assert rate["fresh"] < 0.85 * overall < rate["silent"]
    fit = fit_hazard(cells, NO_LEVELS, lag=1)
    frame = collapse(select_cells(cells, outcome="voluntary", lag=1))
    predicted = -np.expm1(-np.exp(predict_log_hazard(fit, frame))) * frame["at_risk"]
    assert predicted.sum() == pytest.approx(totals["count_voluntary"].sum(), rel=0.002)
    silent = (frame["score_state"] == "silent").to_numpy()
    assert predicted[silent].sum() == pytest.approx(totals.loc["silent", "count_voluntary"], rel=0.01)
    assert covers(score_effect(fit), -0.6)


@pytest.mark.validate
def test_measurement_error_and_staleness():
    """Answers are noisy and age: their slope is too weak, and knows it not; satisfaction's own is recovered."""
    cells, history = answered_panel(seed=7, n_accounts=4_000)
    coef, error = score_effect(fitted(cells))
    assert coef > 0.75 * -0.25 and coef - Z95 * error > -0.25
    corrected = correct_slope(
        fitted(cells), cells, history, fresh_days=FRESH_DAYS, stale_days=KEPT_DAYS, replicates=300
    )
    std_error = (corrected.slope_high - corrected.slope_low) / (2 * Z95)
    assert covers((corrected.slope, std_error), -0.25, errors=2.0)
    # The older the answer, the less of satisfaction is left in it.
    old = score_effect(fit_hazard(cells_of(aged_answers(seed=15), lags=(1, 6)), NO_LEVELS, lag=6))
    new = score_effect(fit_hazard(cells_of(aged_answers(seed=15), lags=(1, 6)), NO_LEVELS, lag=1))
    assert abs(old[0]) + 2 * old[1] < abs(new[0])


def test_raw_change_scores():
    """What a change goes with is −0.2, given the level before; the change alone has lost most of it."""
    histories = levels_then_changes(within=-0.2, between=-0.6, seed=8)
    change = np.diff(histories.score, axis=1, prepend=np.nan) + 7
    raw = slope(cells_of(type(histories)(score=change, at_risk=histories.at_risk, leaves=histories.leaves), lags=(1,)))
    assert abs(raw[0]) < 0.6 * 0.2
    parts = parts_of(histories, expanding_baseline(histories.score))
    assert covers(parts["within"], -0.2, errors=2.0)
    assert not {"change", "delta"} & {name for part in parts for name in part.split(":")}, "no model of raw changes"


def test_level_vs_within():
    """Standing differences of −0.6 and changes of −0.2 are told apart; one slope is neither."""
    histories = levels_then_changes(within=-0.2, between=-0.6, seed=8)
    parts = parts_of(histories, expanding_baseline(histories.score))
    assert -0.5 < parts["pooled"][0] < -0.3
    assert covers(parts["within"], -0.2, errors=2.0) and covers(parts["between"], -0.6, errors=2.0)
    # The mean over the whole stay knows the future: a leaver's is of few months, the last one among them.
    hasty = levels_then_changes(within=-0.2, between=-0.6, seed=8, base=0.3)
    known = hasty.at_risk.any(axis=1)
    mean = np.full(hasty.score.shape, np.nan)
    mean[known] = np.nanmean(np.where(hasty.at_risk, hasty.score, np.nan)[known], axis=1, keepdims=True)
    mundlak = parts_of(hasty, mean)
    assert not covers(mundlak["between"], -0.6, errors=5.0) and not covers(mundlak["within"], -0.2, errors=2.0)
    assert abs(mundlak["within"][0]) < 0.2


def parts_of(histories, baseline: np.ndarray) -> dict[str, tuple[float, float]]:
    cells = cells_of(histories, lags=(1,), baseline=baseline)
    table = decompose(cells, cells.iloc[:0].assign(contact_role=""), lag=1).set_index("part")
    return {part: (float(row.coef), float(row.std_error)) for part, row in table.iterrows()}


def test_regression_to_the_mean():
    """A programme without effect on accounts chosen for a low answer: they rise anyway, treated or not."""
    rng = np.random.default_rng(12)
    standing = rng.normal(7.5, 0.8, 6_000)
    first, later = (np.clip(np.round(standing + rng.normal(0, 1.6, 6_000)), 0, 10) for _ in range(2))
    chosen = first <= 6
    treated = rng.random(6_000) < 0.5
    rise = later[chosen & treated] - first[chosen & treated]
    assert rise.mean() > 1.0, "before and after alone would be called a success"
    cases = trial_cases(int(chosen.sum()), effect=0.0).assign(
        is_treated=treated[chosen], trigger_score=first[chosen].astype(float), score_after=later[chosen].astype(float)
    )
    found = programme_evidence(cases, trial_panel(effect=0.0), metric="NPS", accounts_per_year=300)
    plain = found.effects.set_index(["outcome", "method"]).loc[("score_after", "difference of means")]
    assert plain["ci_low"] < 0 < plain["ci_high"] and abs(plain["effect"]) < 0.2


def test_perfect_separation():
    """Nobody with a higher score left: a logit reports a huge number, the product none."""
    rng = np.random.default_rng(13)
    score = np.repeat(np.arange(1.0, 11.0), 400)
    leaves = (score <= 2) & (rng.random(len(score)) < 0.5)
    promoter = (score > 2).astype(float)
    with np.errstate(all="ignore"):
        design = np.column_stack([np.ones(len(score)), promoter])
        naive = sm.GLM(leaves, design, family=sm.families.Binomial()).fit(maxiter=25)
    assert abs(naive.params[1]) > 15 and naive.bse[1] > 100
    frame = pd.DataFrame({"score": 5 * promoter, "leaves": leaves.astype(int), "group": np.arange(len(score)) % 256})
    keys = {"lag": 3, "score_state": "fresh", "tenure_step": "t000", "is_renewal": False, "control_key": ""}
    cells = frame.assign(
        **keys,
        account_group=frame["group"],
        score_bin=frame["score"].astype(str),
        count_at_risk=1,
        count_voluntary=frame["leaves"],
        count_involuntary=0,
        count_churned=frame["leaves"],
        score_sum=frame["score"],
    ).drop(columns=["score", "leaves", "group"])
    effect = effect_of(cells)
    assert not effect.fit.is_estimable and "no finite estimate" in effect.fit.problem
    (check,) = model_checks(effect, NO_SURVIVAL)
    assert check.level == Level.FAIL and check.sentence == effect.fit.problem


def test_left_truncation():
    """Accounts met at any age: counted from age nil they are credited with years in which they could not leave."""
    rows, truth = met_late(seed=6)
    counts = count_months(rows["tenure_months"] + rows["duration_months"], rows["churn_kind"])
    survival, _ = kaplan_meier(counts)
    naive = float(survival[counts.month == 36][0])
    table, problem = survival_by_tenure(rows)
    entered = table.set_index("tenure_month").loc[36]
    assert problem is None and naive > truth + 0.1
    assert entered["ci_low"] < truth < entered["ci_high"] and abs(entered["survival"] - truth) < 0.03


def test_competing_risks():
    """One minus Kaplan–Meier per cause lets those leave whom the other cause has taken."""
    rng = np.random.default_rng(14)
    first, second = rng.geometric(0.02, 5_000), rng.geometric(0.03, 5_000)
    left = np.minimum(first, second)
    cause = pd.Series(np.where(left > 36, None, np.where(first <= second, "voluntary", "involuntary")))
    counts = count_months(np.minimum(left, 36), cause, causes=("voluntary", "involuntary"))
    incidence, _ = aalen_johansen(counts)
    survival, _ = kaplan_meier(counts)
    alone = count_months(np.minimum(left, 36), cause.where(cause == "voluntary"))
    naive = 1 - kaplan_meier(alone)[0][-1]
    assert incidence.sum(axis=1) + survival == pytest.approx(1.0, abs=1e-12)
    # By hand: a month's voluntary share, times those that are still there.
    month = np.arange(36)
    truth = float(np.sum(0.02 * (0.98 * 0.97) ** month))
    assert incidence[-1, 0] == pytest.approx(truth, abs=0.02) and naive > truth + 0.1


def test_volume_confounding():
    """Small accounts score lower and leave more for being small; the score itself does little."""
    histories, volume = busy_accounts(seed=9)
    cells = cells_of(histories, lags=(1,), controls=volume)
    fit = fit_hazard(cells, NO_LEVELS, lag=1)
    plain = without_controls(cells, NO_LEVELS, fit)
    assert score_effect(plain)[0] < -0.2 and covers(score_effect(fit), -0.07)
    (check,) = controls_shift(fit, plain)
    assert check.level == Level.REVIEW
    for shown in (fit, plain):
        assert f"{np.exp(score_effect(shown)[0]):.3f}" in check.sentence, "both are printed"


def test_small_n_extremes():
    """All slices are alike, yet the few answers of small ones put them on top and at the bottom of any list."""
    slices = equal_slices(seed=16)
    ranked = slices.sort_values("headline_score")
    assert pd.concat([ranked.head(5), ranked.tail(5)])["count_answers"].max() < 30, "the naive list is of small ones"
    table = slices.assign(
        period="2024-Q4", slice_name="region", slice_value=[f"r{number}" for number in slices.index],
        is_suppressed=False, change_score=None, change_standard_error=None, is_real=False,
    )[list(COLUMNS["score_slices"])]  # fmt: skip
    plain = measures()
    company = plain.score_periods.assign(count_answers=10_000, headline_score=30.0)
    file = SimpleNamespace(measures=replace(plain, score_slices=table, score_periods=company))
    named = {row.data["slice_value"] for row in rows_measures.standing_out(file)}
    assert len(rows_measures.tested_slices(file)) == 60 and len(named) <= 6, "one in twenty, by chance"
    extremes = {f"r{number}" for number in [*ranked.index[:5], *ranked.index[-5:]]}
    assert len(named & extremes) < 5


def test_composition():
    """The same customers lose 21 points while happier newcomers lift the company's score: both are printed."""
    answers, scores = two_quarters()
    table = run_model(
        "marts/feedback/agg_score_changes",
        fct_survey_responses=answers,
        agg_metric_scores=scores,
        run_parameters=pd.DataFrame({"minimum_answers": [5]}),
        rules=pd.DataFrame({"change_z_score": [1.96]}),
    )
    (row,) = table.to_dict("records")
    assert row["change_score"] == pytest.approx(17.0, abs=1.0) and row["is_real"]
    assert row["same_accounts_change_score"] < -0.5 and row["is_same_accounts_change_real"]


@pytest.mark.validate
def test_too_few_events():
    """Two equal metrics and few departures: one always comes out ahead, and the league says that they are tied."""
    frames = league_frames({"shared": -0.5}, noise=0.2, coverage=1.0, seed=2, n_accounts=500, base=0.12)
    entries = candidates(frames.rows["row_id"], frames.answers, LEAGUE_METRICS, [], [1])
    league = hold_league(frames.rows, entries, outcome="retention")
    scores = league.table["score"].sort_values(ascending=False)
    assert scores.iloc[0] > scores.iloc[1], "the naive table has a winner"
    assert league.count_events < MIN_TEST_EVENTS and not league.is_decidable
    assert league.table["is_tied_with_best"].all() and league.table["rank"].isna().all()
    study = conduct_league(frames, no_frames(), metrics=LEAGUE_METRICS, composites=[], lags=[1], primary="First")
    assert study.sentences[0].startswith("Tied: ")


def test_clustered_frailty():
    """Hidden lasting differences: the interval is of the average account's slope, and misses each account's own."""
    truth = -0.3
    found = [slope(cells_of(frail_accounts(seed=seed, sd=1.0, slope=truth), lags=(1,))) for seed in range(12)]
    coefs, errors = np.array(found).T
    assert (np.abs(coefs - truth) < Z95 * errors).mean() < 0.84
    # Marginally the slope is weaker, and of that the intervals are honest.
    assert abs(coefs.mean()) < 0.9 * abs(truth)
    assert (np.abs(coefs - coefs.mean()) < Z95 * errors).sum() >= 10
    assert "frailty" in (PROJECT_ROOT / "docs/methods.md").read_text(encoding="utf-8")
