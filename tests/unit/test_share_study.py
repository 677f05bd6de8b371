"""What moves share of wallet: planted truths recovered, the reverse flagged, and refusals in sentences."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from roi_models.verdicts.judgement import Level
from roi_models.wallets.brand_answers import changes, measured, several_brands, size_columns
from roi_models.wallets.share_study import TABLES, share_study
from roi_models.wallets.wallet_effects import EFFECT_TYPES, share_effects
from roi_models.wallets.wallet_rule import RULE_TYPES, validate_rule
from tests.unit.wallet_data import SHARE_ON_RULE, brand_answers


@pytest.fixture(scope="module")
def effects():
    return share_effects(measured(brand_answers()), metric="NPS").set_index(["exposure", "method"])


def small(**columns):
    """Answers of one account, a row per value; what is not given is alike in all."""
    count = max(len(values) for values in columns.values())
    frame = pd.DataFrame(
        {
            "response_id": [f"R{number}" for number in range(count)],
            "account_id": "A",
            "wave": pd.Timestamp("2024-01-01"),
            "share": 0.5,
            "war_share": 0.5,
            "count_brands": 2,
            "own_value": 7.0,
            "competitor_value": 7.0,
            "score": 8.0,
        }
    )
    return frame.assign(**columns)


def test_the_planted_effect_of_rank_is_recovered_where_the_score_is_held_equal(effects):
    row = effects.loc["rank", "score_held"]
    assert abs(row["coef"] - SHARE_ON_RULE) < 2 * row["std_error"]
    # Without it satisfaction, which moves rank and share alike, is taken for rank.
    naive = effects.loc["rank", "level"]
    assert naive["coef"] - SHARE_ON_RULE > 5 * naive["std_error"]


def test_the_effect_is_the_average_partial_effect_for_a_tenth_of_the_rules_share(effects):
    rivals = several_brands(measured(brand_answers()))
    mean = expit(-1.1 + 3 * rivals["war_share"] + 0.25 * rivals["score"])
    truth = 0.1 * SHARE_ON_RULE * float((mean * (1 - mean)).mean())
    row = effects.loc["rank", "score_held"]
    assert row["ci_low"] < truth < row["ci_high"]
    assert row["ci_high"] - row["ci_low"] < 0.2 * truth


def test_changes_of_the_score_move_share_and_a_change_to_come_does_not(effects):
    assert effects.loc["score", "change"]["ci_low"] > 0
    lead = effects.loc["rank", "lead"]
    assert lead["ci_low"] < 0 < lead["ci_high"]
    assert lead["count_accounts"] > 100


def test_a_share_that_moves_rank_is_flagged_by_the_lead_test():
    for planted, level in ((False, Level.PASS), (True, Level.REVIEW)):
        study = share_study(brand_answers(accounts=400, rank_follows_share=planted), metric="NPS")
        (check,) = study.checks
        assert (check.id, check.level) == ("share_lead", level)
        assert bool(check.recommendation) == planted


def test_an_earlier_share_knows_only_earlier_waves_of_the_account():
    waves = pd.to_datetime(["2022-01-01", "2022-01-01", "2023-01-01", "2024-01-01", None])
    got = measured(small(wave=waves, share=[0.2, 0.4, 0.6, 0.9, 0.1])).set_index("response_id")["earlier_share"]
    assert got.loc[["R2", "R3"]].tolist() == pytest.approx([0.3, 0.4])
    assert got.loc[["R0", "R1", "R4"]].isna().all()
    later = small(wave=waves, share=[0.2, 0.4, 0.6, 0.1, 0.1])
    assert measured(later).set_index("response_id")["earlier_share"].loc["R2"] == pytest.approx(0.3)


def test_changes_are_between_waves_that_follow_one_another():
    waves = pd.to_datetime(["2022-01-01", "2022-01-01", "2024-01-01", "2024-04-01"])
    got = changes(measured(small(wave=waves, share=[0.2, 0.4, 0.6, 0.9], war_share=[0.5, 0.5, 0.4, 0.8])))
    assert got["change_share"].tolist() == pytest.approx([0.3, 0.3])
    assert got["change_war_share"].tolist() == pytest.approx([-0.1, 0.4])
    assert got["next_change_war_share"].tolist() == pytest.approx([0.4, np.nan], nan_ok=True)
    alone = small(wave=pd.to_datetime(["2022-01-01"]), share=[0.2])
    assert changes(measured(alone)).empty


def test_rare_numbers_of_brands_join_the_number_below():
    got = size_columns(pd.Series([2] * 20 + [3] * 15 + [4] * 2 + [7] * 10))
    assert got.sum(axis=0).tolist() == [17, 10]
    assert size_columns(pd.Series([3] * 4)).shape == (4, 0)


def test_the_rule_holds_where_it_is_the_truth_and_not_in_the_demos_process():
    answers = measured(brand_answers())
    rng = np.random.default_rng(5)
    noise = 0.3 * rng.uniform(-1, 1, len(answers)) * np.minimum(answers["war_share"], 1 - answers["war_share"])
    for share, holds in ((answers["war_share"] + noise, True), (answers["share"], False)):
        row = validate_rule(answers.assign(share=share)).iloc[0]
        assert (row["p_value"] > 0.05) == holds
        assert (row["slope_low"] < 1 < row["slope_high"] and row["intercept_low"] < 0 < row["intercept_high"]) == holds
    exact = validate_rule(answers.assign(share=answers["war_share"])).iloc[0]
    assert (exact["slope"], exact["intercept"], exact["p_value"]) == (1, 0, 1)


def test_slope_and_intercept_of_the_rule_are_recovered():
    answers = measured(brand_answers())
    row = validate_rule(answers.assign(share=0.1 + 0.8 * answers["war_share"])).set_index("population").loc["several"]
    assert (row["slope"], row["intercept"]) == pytest.approx((0.8, 0.1), abs=1e-7)
    assert row["p_value"] < 1e-6


def test_the_study_states_the_numbers_of_its_tables():
    study = share_study(brand_answers(), metric="NPS")
    tables = {table.name: table for table in study.tables}
    assert set(tables) == set(TABLES)
    rule, effects = tables["share_rule"], tables["share_effects"]
    assert f"slope {rule.frame.loc[0, 'slope']:.2f}" in study.sentences[0]
    assert "count money by measured share" in study.sentences[0]
    level = effects.frame.set_index(["exposure", "method"]).loc["rank", "level"]
    assert f"{100 * level['effect']:.1f} percentage points" in study.sentences[1]
    assert len(study.sentences) == 2
    assert (rule.rows, effects.rows) == (2, 11)


def test_row_order_and_names_of_accounts_do_not_matter():
    answers = brand_answers(accounts=200)
    names = {name: f"Z{9_999 - number}" for number, name in enumerate(sorted(answers["account_id"].unique()))}
    other = answers.sample(frac=1, random_state=3).assign(account_id=lambda frame: frame["account_id"].map(names))
    numbers = [name for name, dtype in EFFECT_TYPES.items() if dtype != "object"]
    first, second = (share_effects(measured(frame), metric="NPS")[numbers] for frame in (answers, other))
    pd.testing.assert_frame_equal(first, second, rtol=1e-8)


def as_one_account(answers):
    return answers.assign(account_id="A")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (brand_answers(accounts=5).iloc[:0], "no brand ratings were supplied"),
        (brand_answers(accounts=50).assign(share=None), "no answer states a share of spend"),
        (brand_answers(accounts=50).assign(share=1.7), "no answer states a share of spend"),
        (brand_answers(accounts=12), "are too few"),
        (as_one_account(brand_answers(accounts=200)), "1 accounts are too few"),
        (brand_answers(accounts=200).assign(share=0.4), "nothing to explain"),
        (brand_answers(accounts=200).assign(count_brands=1, war_share=1.0), "are too few"),
        (brand_answers(accounts=200).assign(war_share=0.5, count_brands=2), "the same everywhere"),
    ],
    ids=["nothing", "no shares", "off scale", "12 accounts", "one account", "constant share", "sole", "constant rank"],
)
def test_what_cannot_be_defended_is_a_sentence_and_tables_keep_their_types(answers, said):
    study = share_study(answers, metric="NPS")
    assert said in " ".join(study.sentences)
    assert study.checks == ()
    for table, types in zip(study.tables, (RULE_TYPES, EFFECT_TYPES), strict=True):
        assert table.frame.dtypes.astype(str).to_dict() == types


def test_one_account_that_alone_moves_carries_no_effect():
    answers = brand_answers(accounts=300, waves=2)
    fixed = answers.groupby("account_id")["war_share"].transform("first")
    last = answers[answers["wave"] > answers["wave"].min()]
    heard_twice = last[last["account_id"].isin(answers.loc[~answers.index.isin(last.index), "account_id"])]
    alone = answers.index == heard_twice.index[0]
    got = share_effects(
        measured(answers.assign(war_share=fixed.where(~alone, fixed / 2), count_brands=2)), metric="NPS"
    ).set_index(["exposure", "method"])
    assert "one account alone" in got.loc["rank", "change"]["problem"]
    assert np.isnan(got.loc["rank", "change"]["effect"])


def test_shares_off_the_scale_are_left_out_and_counted():
    answers = brand_answers(accounts=200)
    study = share_study(answers.assign(share=answers["share"].mask(answers.index < 3, 1.2)), metric="NPS")
    assert study.sentences[2].startswith("3 answers state a share")
