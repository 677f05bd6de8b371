"""Shapes of the score's effect: planted bends, steps and fading slopes are found, straight lines are left alone.

How often a straight line is rejected by chance takes a hundred data sets, so it is for `make validate`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from orchestration.profiles import Metric
from orchestration.studies.shape import cuts_of
from roi_models.hazards.cause_hazards import hazards_by_cause
from roi_models.hazards.design import NotEstimableError
from roi_models.hazards.hazard import fit_hazard, score_effect
from roi_models.hazards.score_shape import GROUPS, KNOT, LINE, TENURE_STEPS, TENURE_TREND, Cuts, score_shape
from roi_models.hazards.shape_study import study_shape
from roi_models.verdicts.judgement import Level

NO_LEVELS = pd.DataFrame(columns=["control_id", "level", "kind", "mean_value"])
CUTS = Cuts(low_max=4, high_min=6, knot=5)
SETTING = {"outcome": "voluntary", "lag": 3}
STEPS = ("t000", "t006", "t024", "t060")


def straight(score, tenure):
    return -0.30 * (score - 5)


def bent(score, tenure):
    return -0.60 * np.minimum(score - 5, 0)


def curved(score, tenure):
    return -0.30 * (score - 5) + 0.12 * (score - 5) ** 2


def stepped(score, tenure):
    return np.select([score <= 4, score >= 6], [0.5, -1.2], 0.0) - 0.05 * (score - 5)


def fading(score, tenure):
    return (-0.60 + 0.12 * np.log1p(tenure)) * (score - 5)


def cells(effect, *, seed=1, size=80, involuntary=0.004):
    """Account-months by group, score and tenure; departures drawn with log hazard log(.02) + `effect`."""
    rng = np.random.default_rng(seed)
    group, score, step = (part.ravel() for part in np.meshgrid(range(24), np.arange(1.25, 9, 0.5), range(4)))
    tenure = np.array([int(name[1:]) for name in STEPS])[step]
    left = rng.binomial(size, -np.expm1(-0.02 * np.exp(effect(score, tenure))))
    frame = pd.DataFrame(
        {
            "lag": 3,
            "account_group": group,
            "score_state": "fresh",
            "score_bin": (score * 2).astype(int).astype(str),
            "tenure_step": np.array(STEPS)[step],
            "is_renewal": False,
            "control_key": "",
            "count_at_risk": size,
            "count_voluntary": left,
            "count_involuntary": np.minimum(rng.binomial(size, involuntary, len(left)), size - left),
            "score_sum": score * size,
        }
    )
    return frame.assign(count_churned=frame["count_voluntary"] + frame["count_involuntary"])


def conduct(frame, **options):
    return study_shape(frame, NO_LEVELS, **({**SETTING, "cuts": CUTS, "is_nps": False} | options))


@pytest.fixture(scope="module")
def line_cells():
    return cells(straight)


@pytest.fixture(scope="module")
def line(line_cells):
    return conduct(line_cells)


def frames(study):
    causes, tests, slopes = (table.frame for table in study.tables)
    return causes.set_index("outcome"), tests.set_index("alternative"), slopes.set_index("part")


def test_a_straight_line_is_good_enough(line):
    _, tests, slopes = frames(line)
    assert line.sentences[0].startswith("A straight line is good enough")
    assert "does not change noticeably" in line.sentences[1]
    assert "Steps for high, middle and low scores alone fit worse than the line" in line.sentences[0]
    assert tests.loc[GROUPS, "aic_difference"] > 2 and (tests["problem"] == "").all()
    assert abs(slopes.loc[LINE, "coef"] + 0.30) < 3 * slopes.loc[LINE, "std_error"]
    assert [check.level for check in line.checks] == [Level.PASS, Level.PASS]


def test_a_bend_at_the_declared_knot_is_found():
    study = conduct(cells(bent))
    _, tests, slopes = frames(study)
    for part, truth in (("below_knot", -0.60), ("above_knot", 0.0)):
        assert abs(slopes.loc[part, "coef"] - truth) < 3 * slopes.loc[part, "std_error"], part
    assert "The effect is steeper below 5 than above" in study.sentences[0]
    assert tests.loc[KNOT, "p_value"] < 0.001 and tests.loc[KNOT, "aic_difference"] < -2
    check = study.checks[0]
    assert check.id == "straight_line" and check.level == Level.REVIEW and check.value < 0.01


@pytest.mark.parametrize(
    ("effect", "words"),
    [(curved, "The effect is a curve"), (stepped, "The effect has steps between high, middle and low scores")],
)
def test_other_bends_are_named(effect, words):
    study = conduct(cells(effect, size=160), cuts=Cuts(low_max=4, high_min=6))
    assert words in study.sentences[0] and study.checks[0].level == Level.REVIEW
    assert KNOT not in frames(study)[1].index, "no knot was declared"


def test_steps_alone_can_beat_the_line():
    study = conduct(cells(stepped), is_nps=True)
    assert "Steps for promoters, passives and detractors alone fit better than the line" in study.sentences[0]


def test_a_slope_that_fades_with_tenure_is_found():
    study = conduct(cells(fading))
    _, tests, slopes = frames(study)
    for part, tenure in (("first_step", 0), ("last_step", 60)):
        truth = -0.60 + 0.12 * np.log1p(tenure)
        assert abs(slopes.loc[part, "coef"] - truth) < 3 * slopes.loc[part, "std_error"], part
    assert tests.loc[[TENURE_TREND, TENURE_STEPS], "p_value"].max() < 0.001
    assert "The effect changes with how long" in study.sentences[1]
    assert study.checks[1].id == "proportional_hazards" and study.checks[1].level == Level.REVIEW


def test_the_likelihood_ratio_is_that_of_two_fits(line_cells):
    """Twice the difference of log-likelihoods of two fits by statsmodels, on the same cells."""
    import statsmodels.api as sm  # takes seconds to import, and only this test wants it

    summed = line_cells.groupby(["score_bin", "tenure_step"], as_index=False)[
        ["count_voluntary", "count_at_risk", "score_sum"]
    ].sum()
    score = (summed["score_sum"] / summed["count_at_risk"]).to_numpy()
    steps = pd.get_dummies(summed["tenure_step"], drop_first=True, dtype=float).to_numpy()
    counts = summed[["count_voluntary", "count_at_risk"]].to_numpy(float)
    counts[:, 1] -= counts[:, 0]
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    plain = np.column_stack([np.ones(len(score)), score - 5, steps])
    start = np.r_[np.log(0.02), np.zeros(plain.shape[1] - 1)]
    bend = np.column_stack([plain, np.maximum(score - 5, 0)])
    fits = [
        sm.GLM(counts, design, family=family).fit(start_params=np.r_[start, np.zeros(extra)], tol=1e-12)
        for design, extra in ((plain, 0), (bend, 1))
    ]
    tests = score_shape(line_cells, NO_LEVELS, **SETTING, cuts=CUTS).tests.set_index("alternative")
    assert tests.loc[KNOT, "likelihood_ratio"] == pytest.approx(2 * (fits[1].llf - fits[0].llf), abs=1e-6)
    assert tests.loc[KNOT, "aic_difference"] == pytest.approx(fits[1].aic - fits[0].aic, abs=1e-6)


def test_causes_stand_side_by_side(line_cells, line):
    causes, _, _ = frames(line)
    for outcome in ("voluntary", "involuntary", "all_causes"):
        coef, error = score_effect(fit_hazard(line_cells, NO_LEVELS, outcome=outcome, lag=3))
        assert causes.loc[outcome, "coef"] == coef and causes.loc[outcome, "std_error"] == error
    assert causes.loc["voluntary", "ci_high"] < 1
    assert causes.loc["involuntary", "ci_low"] < 1 < causes.loc["involuntary", "ci_high"]
    both = causes.loc[["voluntary", "involuntary"], "count_events"].sum()
    assert causes.loc["all_causes", "count_events"] == both


def test_unknown_causes_are_not_told_apart(line_cells):
    causes = hazards_by_cause(line_cells, NO_LEVELS, outcome="all_causes", lag=3).set_index("outcome")
    assert causes.loc[["voluntary", "involuntary"], "coef"].isna().all() and causes.loc["all_causes", "ci_high"] < 1
    assert "not recorded" in causes.loc["involuntary", "problem"]


def test_one_involuntary_departure_is_no_hazard_ratio(line_cells):
    one = (line_cells.index == 0).astype(int)
    causes = hazards_by_cause(line_cells.assign(count_involuntary=one), NO_LEVELS, **SETTING).set_index("outcome")
    row = causes.loc["involuntary"]
    assert np.isnan(row["hazard_ratio"]) and row["problem"].startswith("Only 1 involuntary churn event(s)")


def test_few_departures_for_many_terms_have_no_interval(line_cells):
    few = (np.arange(len(line_cells)) % 111 == 0).astype(int)
    causes = hazards_by_cause(line_cells.assign(count_involuntary=few), NO_LEVELS, **SETTING).set_index("outcome")
    row = causes.loc["involuntary"]
    assert (
        row["count_events"] == 14 and np.isnan(row["ci_low"]) and row["problem"].startswith("Only 14 events for 4 te")
    )


def test_too_few_events_on_one_side_of_the_knot_refuse_that_shape_alone(line_cells):
    high = line_cells["score_sum"] > 5 * line_cells["count_at_risk"]
    quiet = line_cells.assign(count_voluntary=line_cells["count_voluntary"].where(~high | (line_cells.index < 70), 0))
    tests = score_shape(quiet, NO_LEVELS, **SETTING, cuts=CUTS).tests.set_index("alternative")
    assert "events: at least 5 are needed" in tests.loc[KNOT, "problem"] and np.isnan(tests.loc[KNOT, "p_value"])
    assert tests.loc[TENURE_TREND, "problem"] == ""


def test_two_scores_leave_no_shape_but_a_line(line_cells):
    two = line_cells[line_cells["score_bin"].isin(["5", "14"])]
    study = conduct(two)
    assert "do not vary enough to hold another shape" in study.sentences[0]
    assert [check.id for check in study.checks] == ["proportional_hazards"]


def test_one_tenure_step_has_no_trend(line_cells):
    study = conduct(line_cells.assign(tenure_step="t000"))
    tests = frames(study)[1]
    assert (tests.loc[[TENURE_TREND, TENURE_STEPS], "problem"] != "").all() and len(study.sentences) == 1


HOPELESS = {
    "nobody left": (lambda c: c.assign(count_voluntary=0), "Only 0 churn event"),
    "one left": (lambda c: c.assign(count_voluntary=(c.index == 0).astype(int)), "Only 1 churn event"),
    "too few for the terms": (
        lambda c: c.assign(count_voluntary=(np.arange(len(c)) % 111 == 0).astype(int)),
        "Only 14 events for 4 terms",
    ),
    "constant score": (lambda c: c.assign(score_sum=8.0 * c["count_at_risk"]), "Every score is the same"),
    "all silent": (lambda c: c.assign(score_state="silent", score_bin=""), "Every account was silent"),
    "one group": (lambda c: c.assign(account_group=3), "one account group"),
    "nothing": (lambda c: c.iloc[:0], "Nobody was at risk"),
}


@pytest.mark.parametrize("case", HOPELESS)
def test_hopeless_data_give_one_sentence_and_typed_tables(line_cells, line, case):
    spoil, words = HOPELESS[case]
    refused = conduct(spoil(line_cells))
    assert len(refused.sentences) == 1 and words in refused.sentences[0] and refused.checks == ()
    for table, full in zip(refused.tables, line.tables, strict=True):
        assert table.frame.empty and table.frame.dtypes.equals(full.frame.dtypes) and table.name == full.name
    with pytest.raises(NotEstimableError):
        score_shape(spoil(line_cells), NO_LEVELS, **SETTING, cuts=CUTS)


def test_order_and_split_of_cells_change_nothing(line_cells, line):
    counts = [name for name in line_cells if name.startswith("count_")] + ["score_sum"]
    halves = [line_cells.assign(**{name: line_cells[name] / 2 for name in counts})] * 2
    again = conduct(pd.concat(halves).sample(frac=1, random_state=4))
    for table, other in zip(line.tables, again.tables, strict=True):
        pd.testing.assert_frame_equal(table.frame, other.frame, rtol=1e-6, atol=1e-6)


def test_cuts_are_turned_with_the_score():
    metric = Metric(
        label="Effort",
        kind="ces",
        scale_min=1,
        scale_max=7,
        low_max=3,
        high_min=5,
        knot=6,
        orientation="lower_is_better",
    )
    assert cuts_of(metric) == Cuts(low_max=3.0, high_min=5.0, knot=2.0)
    assert cuts_of(metric.model_copy(update={"orientation": "higher_is_better"})).knot == 6.0


@pytest.mark.validate
def test_a_straight_line_is_rejected_as_seldom_as_stated():
    """A hundred straight lines: each single test rejects about 5 in 100 (99.9% binomial band)."""
    rejected = pd.Series(0, index=[KNOT, "curve", "groups_beyond", TENURE_TREND, TENURE_STEPS])
    for seed in range(100):
        tests = score_shape(cells(straight, seed=seed, size=27), NO_LEVELS, **SETTING, cuts=CUTS).tests
        rejected += (tests.set_index("alternative").loc[rejected.index, "p_value"] < 0.05).astype(int)
    assert rejected.max() <= 13
    assert rejected.sum() >= 10, "tests that never reject would prove nothing"
