"""Departures by band of scores: everybody is in one band, and the bands show the slope that was planted."""

import numpy as np
import pytest
from hazard_data import account_months, cells_of, control_levels_of

from roi_models.hazards.dose_response import BANDS, COLUMNS, SILENT, dose_response
from roi_models.hazards.event_counts import poisson_limits, yearly_pct
from roi_models.hazards.hazard import fit_hazard


@pytest.fixture(scope="module")
def months():
    return account_months(n_accounts=1000, seed=4)


@pytest.fixture(scope="module")
def table(months):
    return by_score(months)


def by_score(months):
    cells = cells_of(months, lags=(3,))
    return dose_response(fit_hazard(cells, control_levels_of(months), lag=3), cells)


def test_every_account_month_and_event_stands_in_one_band(table, months):
    assert table["count_account_months"].sum() == len(months)
    assert table["observed_events"].sum() == months["voluntary"].sum()
    assert table["predicted_events"].sum() == pytest.approx(months["voluntary"].sum(), rel=0.003)
    assert table["band"].is_unique and list(table.columns) == COLUMNS


def test_bands_rise_without_overlap_and_silence_stands_apart(table):
    scored = table[table["band"] != SILENT]
    assert scored["band"].tolist() == [f"b{number}" for number in range(1, len(scored) + 1)]
    assert 4 <= len(scored) <= BANDS
    assert np.all(scored["score_low"].to_numpy()[1:] > scored["score_high"].to_numpy()[:-1])
    assert scored["score_mean"].between(scored["score_low"], scored["score_high"]).all()
    assert table.loc[table["band"] == SILENT, ["score_low", "score_mean"]].isna().all(axis=None)


def test_the_planted_slope_shows_and_intervals_hold_the_prediction(table):
    scored = table[table["band"] != SILENT]
    assert np.all(np.diff(scored["predicted_pct"]) < 0)
    assert scored["observed_pct"].iloc[0] > scored["observed_pct"].iloc[-1]
    inside = table["predicted_pct"].between(table["observed_low_pct"], table["observed_high_pct"])
    assert inside.sum() >= len(table) - 1


def test_a_yearly_share_is_twelve_months_of_the_monthly_one():
    assert yearly_pct([1, 0, 5], [100, 100, 5]) == pytest.approx([100 * (1 - 0.99**12), 0, 100])


def test_limits_of_many_counts_are_those_of_each():
    low, high = poisson_limits([0, 10])
    assert low == pytest.approx([0.0, 4.7954], abs=1e-4) and high == pytest.approx([3.6889, 18.3904], abs=1e-4)


def test_one_score_for_nearly_everybody_leaves_fewer_bands(months):
    table = by_score(months.assign(score=months["score"].where(months["score"] < 5, 7.0)))
    bands = [band for band in table["band"] if band != SILENT]
    assert bands == [f"b{number}" for number in range(1, len(bands) + 1)] and 1 < len(bands) < BANDS


def test_nothing_estimable_gives_no_bands(months):
    table = by_score(months.assign(voluntary=False))
    assert table.empty and list(table.columns) == COLUMNS
