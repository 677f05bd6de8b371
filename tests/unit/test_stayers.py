"""Revenue among those who stay: the planted slope, how missing leavers bend it, and refusals in sentences."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from roi_models.revenue.stayers import STAYER_TYPES, stayer_effects, stayers_study
from tests.unit.wallet_data import GROWTH_ON_SCORE, yearly_accounts

NO_LEVELS = pd.DataFrame(columns=["control_id", "level", "kind", "mean_value"])


def effects(accounts):
    return stayer_effects(accounts, NO_LEVELS).set_index("outcome")


def test_the_planted_growth_is_recovered():
    row = effects(yearly_accounts()).loc["growth"]
    assert abs(row["coef"] - GROWTH_ON_SCORE) < 2 * row["std_error"]
    assert row["effect"] == pytest.approx(np.expm1(row["coef"]))
    assert row["count_landmarks"] == 2


def test_coefficient_and_error_are_those_of_least_squares_on_the_same_columns():
    accounts = yearly_accounts(accounts=400)
    stayed = accounts[~accounts["is_left"]]
    columns = pd.DataFrame(
        {
            "score": stayed["score"].fillna(0),
            "silent": stayed["score"].isna().astype(float),
            "segment": (stayed["control_key"] == "segment=ENT").astype(float),
            "tenure": (stayed["tenure_step"] == "t024").astype(float),
            "size": np.log(stayed["mrr_before"]),
            "landmark": (stayed["landmark"] == "2023-12").astype(float),
        }
    )
    theirs = sm.OLS(np.log(stayed["mrr_after"] / stayed["mrr_before"]), sm.add_constant(columns)).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(stayed["account_id"])[0]}
    )
    ours = effects(accounts).loc["growth"]
    assert ours["coef"] == pytest.approx(theirs.params["score"], rel=1e-9)
    # CR2 against CR1: alike with hundreds of accounts.
    assert ours["std_error"] == pytest.approx(theirs.bse["score"], rel=0.02)


def test_selection_by_leaving_flattens_growth_and_the_sentence_says_so():
    chosen = yearly_accounts(accounts=3_000, leaving_on_growth=-1.5, leaving_on_score=-0.7)
    rows = effects(chosen)
    # Truth .02: among low scorers only those whose revenue grew have stayed.
    assert rows.loc["growth", "ci_high"] < np.expm1(GROWTH_ON_SCORE)
    assert rows.loc["kept", "effect"] > 2 * rows.loc["growth", "effect"]
    sentences = stayers_study(chosen, NO_LEVELS, metric="NPS").sentences
    assert "conditional on staying and no causal effect" in sentences[0]
    assert sentences[1].startswith("Low scorers leave more often") and "understates" in sentences[1]


@pytest.mark.parametrize(("slope", "said"), [(0.0, "too much alike to tell"), (0.5, "overstates")])
def test_the_direction_of_the_bend_follows_who_leaves(slope, said):
    accounts = yearly_accounts(accounts=800, seed=2, leaving_on_score=slope)
    assert said in stayers_study(accounts, NO_LEVELS, metric="NPS").sentences[1]


def test_who_left_and_came_back_has_left_but_pays_again():
    accounts = yearly_accounts(accounts=500)
    back = accounts.assign(mrr_after=accounts["mrr_after"].fillna(accounts["mrr_before"]))
    first, second = effects(accounts), effects(back)
    assert second.loc["growth", "coef"] == first.loc["growth", "coef"]
    assert second.loc["stayed", "coef"] == first.loc["stayed", "coef"]
    assert second.loc["kept", "coef"] < first.loc["kept", "coef"] / 2


def test_one_account_that_began_at_next_to_nothing_is_not_the_result():
    accounts = yearly_accounts(accounts=300)
    place = accounts.index[~accounts["is_left"] & accounts["score"].notna()][0]
    tiny = accounts.assign(mrr_before=accounts["mrr_before"].where(accounts.index != place, 1e-4))
    assert abs(effects(tiny).loc["kept", "coef"] - effects(accounts).loc["kept", "coef"]) < 0.01


def test_row_order_does_not_matter_and_money_may_be_in_any_unit():
    accounts = yearly_accounts(accounts=300)
    numbers = ["coef", "std_error", "ci_low", "ci_high"]
    want = effects(accounts)[numbers]
    pd.testing.assert_frame_equal(effects(accounts.sample(frac=1, random_state=2))[numbers], want, rtol=1e-9)
    scaled = accounts.assign(mrr_before=accounts["mrr_before"] * 100, mrr_after=accounts["mrr_after"] * 100)
    pd.testing.assert_frame_equal(effects(scaled)[numbers], want, rtol=1e-7)


def test_the_study_prints_what_could_be_estimated():
    study = stayers_study(yearly_accounts(accounts=300), NO_LEVELS, metric="NPS")
    (table,) = study.tables
    assert table.rows == 3
    assert f"{100 * table.frame.loc[0, 'effect']:+.2f}%" in study.sentences[0]


@pytest.mark.parametrize(
    ("accounts", "said"),
    [
        (yearly_accounts(accounts=20).iloc[:0], "0 accounts with a score"),
        (yearly_accounts(accounts=12), "accounts with a score could be followed"),
        (yearly_accounts(accounts=100).assign(score=np.nan, score_state="silent"), "0 accounts with a score"),
        (yearly_accounts(accounts=100).assign(score=8.0, score_state="fresh"), "Every score is the same"),
        (yearly_accounts(accounts=100).assign(mrr_after=100.0, mrr_before=100.0, is_left=False), "nothing to explain"),
        (yearly_accounts(accounts=100).assign(account_id="A"), "1 accounts with a score"),
        (yearly_accounts(accounts=100).assign(mrr_after=np.nan, is_left=True), "0 accounts with a score"),
    ],
    ids=["nothing", "12 accounts", "all silent", "constant score", "flat revenue", "one account", "all left"],
)
def test_what_cannot_be_defended_is_a_sentence(accounts, said):
    study = stayers_study(accounts, NO_LEVELS, metric="NPS")
    (sentence,) = study.sentences
    assert said in sentence
    assert study.tables[0].frame.dtypes.astype(str).to_dict() == STAYER_TYPES


def test_without_leavers_growth_stands_alone():
    study = stayers_study(yearly_accounts(leaving_on_score=0).query("not is_left"), NO_LEVELS, metric="NPS")
    assert study.tables[0].rows == 1
    assert "Fewer than 5 accounts left" in study.sentences[1]


def test_a_score_that_differs_in_one_account_only_is_no_slope():
    accounts = yearly_accounts(accounts=200)
    lone = accounts.assign(score=np.where(accounts["account_id"] == "A0007", 3.0, 8.0), score_state="fresh")
    assert "one account alone" in stayers_study(lone, NO_LEVELS, metric="NPS").sentences[0]
