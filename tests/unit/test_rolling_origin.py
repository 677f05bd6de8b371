"""Out-of-year calibration: planted truths, a year that broke away, and what cannot be judged."""

import numpy as np
import pandas as pd
import pytest
from hazard_data import account_months, cells_of, control_levels_of

from roi_models.hazards.event_counts import poisson_limits
from roi_models.hazards.hazard import fit_hazard, select_cells
from roi_models.predictions.rolling_origin import COLUMNS, rolling_origin


def by_year(frame, lag=3):
    """Cells of account-months 0–11, 12–23, … as the years 2021, 2022, …"""
    years = 2021 + frame["month"] // 12
    return pd.concat(
        [cells_of(part, lags=(lag,)).assign(calendar_year=year) for year, part in frame.groupby(years)],
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def months():
    return account_months(n_accounts=1200, n_months=36, seed=4)


@pytest.fixture(scope="module")
def judged(months):
    return rolling_origin(by_year(months), control_levels_of(months), outcome="voluntary", lag=3)


def test_a_steady_world_is_foretold(judged):
    assert list(judged.columns) == COLUMNS and list(judged["year"]) == [2022, 2023]
    assert judged["problem"].isna().all()
    assert (judged["ratio_low"] < 1).all() and (judged["ratio_high"] > 1).all()
    # One year of history makes predictions a little too extreme; of the two years' model nothing is left of that.
    assert judged["slope_low"].iloc[1] < 1 < judged["slope_high"].iloc[1]
    assert (judged["slope_low"] > 0.4).all()
    assert judged["ratio"].to_numpy() == pytest.approx((judged["observed"] / judged["predicted"]).to_numpy())
    assert (judged["ratio_high"] / judged["ratio_low"] < 2.5).all(), "an interval wide enough to hold anything"


def test_a_year_in_which_twice_as_many_leave_is_seen(months):
    cells = by_year(months)
    last = cells["calendar_year"] == 2023
    cells.loc[last, "count_voluntary"] *= 2
    judged = rolling_origin(cells, control_levels_of(months), outcome="voluntary", lag=3).set_index("year")
    assert judged.loc[2023, "ratio_low"] > 1.3 and judged.loc[2022, "ratio_low"] < 1


def test_predictions_that_the_year_turns_round_have_a_slope_below_one():
    before = account_months(n_accounts=1500, n_months=12, seed=8)
    after = account_months(n_accounts=1500, n_months=12, beta=0.0, seed=9).assign(month=lambda f: f["month"] + 12)
    both = pd.concat([before, after], ignore_index=True)
    judged = rolling_origin(by_year(both), control_levels_of(both), outcome="voluntary", lag=3)
    assert judged["slope_high"].iloc[0] < 1


def test_a_year_never_judges_itself(months, judged):
    cells = by_year(months)
    cells.loc[cells["calendar_year"] == 2023, "count_voluntary"] = 0
    blind = rolling_origin(cells, control_levels_of(months), outcome="voluntary", lag=3)
    assert blind["predicted"].to_numpy() == pytest.approx(judged["predicted"].to_numpy())
    last = blind.iloc[1]
    assert (last["ratio"], last["ratio_low"]) == (0, 0)
    assert last["ratio_high"] > poisson_limits(0)[1] / last["predicted"]
    assert np.isnan(last["slope"]) and "Only 0 departures in 2023" in last["problem"]


def test_accounts_older_than_any_before_count_as_the_oldest_known(months):
    cells, levels = by_year(months), control_levels_of(months)
    young = cells[(cells["calendar_year"] > 2021) | (cells["tenure_step"] <= "t024")]
    first = rolling_origin(young, levels, outcome="voluntary", lag=3).iloc[0]
    fit = fit_hazard(young[young["calendar_year"] == 2021], levels, lag=3)
    assert "tenure_t024" in fit.terms and "t036" not in fit.encoding.tenure_terms
    relabelled = {
        label: young.assign(tenure_step=young["tenure_step"].where(young["tenure_step"] <= "t024", label))
        for label in ("t000", "t024")
    }
    as_oldest, as_youngest = (
        rolling_origin(relabelled[label], levels, outcome="voluntary", lag=3).iloc[0]["predicted"]
        for label in ("t024", "t000")
    )
    # Not to the last digit: cells of equal labels share one mean score.
    assert first["predicted"] == pytest.approx(as_oldest, rel=2e-3)
    assert abs(as_youngest - as_oldest) > 0.02 * as_oldest, "the two readings cannot be told apart here"
    assert select_cells(young, outcome="voluntary", lag=3)["tenure_step"].max() > "t024"


def test_row_order_and_split_cells_change_nothing(months, judged):
    cells = by_year(months)
    shuffled = cells.sample(frac=1, random_state=1)
    again = rolling_origin(shuffled, control_levels_of(months), outcome="voluntary", lag=3)
    pd.testing.assert_frame_equal(again, judged, check_exact=True)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda cells: cells.assign(count_voluntary=0), "cannot carry the model. Only 0 churn event"),
        (lambda cells: cells.assign(score_state="silent", score_bin="", score_sum=0), "Every account was silent"),
        (lambda cells: cells.assign(score_bin="7", score_sum=cells["count_at_risk"] * 7), "Every score is the same"),
    ],
)
def test_what_cannot_be_judged_has_a_sentence_and_no_number(months, spoil, words):
    judged = rolling_origin(spoil(by_year(months)), control_levels_of(months), outcome="voluntary", lag=3)
    assert judged["problem"].str.contains(words).all()
    assert judged[["predicted", "ratio", "ratio_low", "ratio_high", "slope"]].isna().all().all()


def test_one_year_alone_gives_an_empty_typed_table(months, judged):
    one = by_year(months[months["month"] < 12])
    empty = rolling_origin(one, control_levels_of(months), outcome="voluntary", lag=3)
    assert empty.empty and list(empty.dtypes) == list(judged.dtypes)


def test_poisson_limits_are_garwoods():
    assert poisson_limits(10) == pytest.approx((4.7954, 18.3904), abs=1e-4)
    assert poisson_limits(0) == pytest.approx((0.0, 3.6889), abs=1e-4)
