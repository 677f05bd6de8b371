"""The league: a planted winner wins, equals and the undecidable are tied, noise adds nothing, and nobody sees ahead."""

import pandas as pd
import pytest
from league_data import METRICS, league_frames, no_frames

from roi_models.predictions.league_candidates import LeagueComposite, candidates
from roi_models.predictions.league_study import LeagueFrames, conduct_league
from roi_models.predictions.metric_league import COLUMNS, CONTROLS_ALONE, hold_league

HALVES = LeagueComposite(id="both", label="Both halves", parts={"first": 0.5, "second": 0.5})


def league_of(frames, outcome="retention", composites=(), metrics=METRICS):
    entries = candidates(frames.rows["row_id"], frames.answers, metrics, composites, [1])
    return hold_league(frames.rows, entries, outcome=outcome)


def study_of(retention, share=None):
    return conduct_league(
        retention, share or no_frames(), metrics=METRICS, composites=[HALVES], lags=[1], primary="First"
    )


@pytest.fixture(scope="module")
def planted():
    return league_frames({"first": -0.5})


@pytest.fixture(scope="module")
def won(planted):
    return study_of(planted)


def test_the_metric_that_predicts_wins_against_noise(won):
    assert won.sentences[0].startswith("First foretells departures best out of time (mean answer, up to date).")
    table = won.tables[0].frame.set_index("candidate")
    first, noise = table.loc["first_mean_lag1"], table.loc["second_mean_lag1"]
    assert first["gain_low"] > 0.05 and first["is_leading"] and first["lift"] > 1.5
    assert noise["gain_low"] < 0 < noise["gain_high"] and not noise["adds_to_controls"]
    assert first["coverage"] == pytest.approx(0.8, abs=0.02)
    assert table["prob_best"].sum() == pytest.approx(1)
    assert table.loc[CONTROLS_ALONE, "gain"] == 0
    assert won.tables[1].frame["label"].iloc[0].startswith("First")


def test_two_equal_metrics_are_tied():
    study = study_of(league_frames({"shared": -0.5}, noise=0.2, coverage=1.0, seed=2))
    assert study.sentences[0].startswith("Tied: ")
    assert "First" in study.sentences[0] and "Second" in study.sentences[0]
    table = study.tables[0].frame
    assert set(table.loc[table["is_leading"], "metrics"]) == {"first", "second"}


def test_a_combination_wins_only_where_both_halves_are_needed():
    league = league_of(league_frames({"first": -0.5, "second": -0.5}, seed=3), composites=[HALVES])
    lead = league.table[league.table["is_leading"]]
    assert list(lead["metrics"]) == ["first+second"]


def test_fewer_than_250_test_events_are_tied_however_strong_the_metric():
    study = study_of(league_frames({"first": -0.9}, n_accounts=500, base=0.12))
    table = study.tables[0].frame
    assert 60 < table["count_test_events"].iloc[0] < 250
    assert study.sentences[0].startswith(f"Tied: with {table['count_test_events'].iloc[0]} departures")
    assert table["is_tied_with_best"].all() and table["rank"].isna().all() and table["prob_best"].isna().all()
    assert study.tables[1].frame.empty, "no ranking is printed"


def test_noise_alone_adds_nothing_to_the_controls():
    study = study_of(league_frames({}, seed=5))
    assert "no metric foretells departures better than tenure, renewal" in study.sentences[0]


def test_share_of_wallet_has_a_league_of_its_own(planted):
    study = study_of(planted, league_frames({"second": -0.8}, share=True, n_accounts=300))
    assert study.sentences[1].startswith("Second foretells share of wallet best")
    assert set(study.tables[0].frame["outcome"]) == {"retention", "wallet share"}


def test_a_test_period_is_judged_by_what_was_learned_before_it():
    before, after = (league_frames({"first": slope}, dates=(date,)) for slope, date in ((-0.5, 24000), (0.5, 24012)))
    rows = pd.concat([before.rows, after.rows], ignore_index=True)
    turned = LeagueFrames(rows=rows, answers=pd.concat([before.answers, after.answers]))
    table = league_of(turned).table.set_index("candidate")
    assert table.loc["first_mean_lag1", "gain_high"] < 0


def test_an_outcome_not_known_when_the_test_begins_is_not_learned_from(planted):
    late = planted.rows.assign(known_month=planted.rows["month"] + 60)
    assert "after a first period to learn from" in league_of(LeagueFrames(rows=late, answers=planted.answers)).problem


def test_a_test_period_in_which_all_did_the_same_decides_nothing():
    share = league_frames({"first": -0.5}, n_accounts=60, share=True)
    first = share.rows["period"] == share.rows["period"].min()
    frozen = share.rows.assign(target=share.rows["target"].where(first, 0.4))
    assert "did the same" in league_of(LeagueFrames(rows=frozen, answers=share.answers), "wallet share").problem


def test_row_order_changes_nothing(planted, won):
    shuffled = LeagueFrames(
        rows=planted.rows.sample(frac=1, random_state=3), answers=planted.answers.sample(frac=1, random_state=4)
    )
    again = study_of(shuffled)
    pd.testing.assert_frame_equal(again.tables[0].frame, won.tables[0].frame, check_exact=True)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: LeagueFrames(rows=f.rows.head(0), answers=f.answers.head(0)), "history is too short"),
        (lambda f: LeagueFrames(rows=f.rows, answers=f.answers.head(0)), "No account had been heard"),
        (lambda f: LeagueFrames(rows=f.rows.assign(target=False), answers=f.answers), "0 departures in all"),
        (lambda f: LeagueFrames(rows=f.rows.assign(account_group=1), answers=f.answers), "groups of accounts"),
    ],
)
def test_what_cannot_be_compared_has_a_sentence_and_a_typed_table(planted, won, spoil, words):
    study = study_of(spoil(planted))
    assert words in study.sentences[0] and "cannot be said" in study.sentences[0]
    assert study.tables[0].frame.empty
    for made, refused in zip(won.tables, study.tables, strict=True):
        assert list(made.frame.dtypes) == list(refused.frame.dtypes)
    assert list(study.tables[0].frame.columns) == list(COLUMNS)


def test_a_constant_score_is_no_traceback_and_no_gain(planted):
    constant = planted.answers.assign(mean_score=3.0, high_share=1.0, low_share=0.0)
    table = league_of(LeagueFrames(rows=planted.rows, answers=constant)).table
    assert not table["adds_to_controls"].any()


def test_a_sample_of_the_accounts_is_said(planted):
    study = study_of(LeagueFrames(rows=planted.rows.assign(count_all=99_000), answers=planted.answers))
    assert "it took 5,400 of 99,000 account dates" in study.sentences[-1]


def test_composites_put_their_parts_on_one_scale():
    answers = pd.DataFrame(
        {
            "row_id": ["a", "a", "b"],
            "lag": 1,
            "metric_id": ["first", "second", "first"],
            "mean_score": [5.0, 5.0, 5.0],
            "high_share": 1.0,
            "low_share": 0.0,
        }
    )
    found = {e.id: e for e in candidates(pd.Series(["a", "b"]), answers, METRICS, [HALVES], [1])}
    assert found["both_lag1"].values[0, 0] == pytest.approx(75.0)
    assert list(found["both_lag1"].heard) == [True, False]
    assert {"first_mean_lag1", "first_high_lag1", "first_with_second_lag1"} <= found.keys()
