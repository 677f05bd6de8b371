"""Survival by tenure with delayed entry: by hand, the bias it removes, and why lifelines' Cox baseline is not used."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter
from survival_data import landmark_accounts

from roi_models.durations.grouped_months import count_months, kaplan_meier
from roi_models.durations.tenure_survival import survival_by_tenure


def met_late(n=20_000, seed=6) -> pd.DataFrame:
    """Accounts of all ages met at once and followed for a year; the young leave three times as often."""
    rng = np.random.default_rng(seed)
    started = rng.integers(0, 36, n)
    young, old = rng.geometric(0.03, n), rng.geometric(0.01, n)
    life = np.where(young <= 12, young, 12 + old)
    met = life > started
    stay = (life - started)[met]
    return pd.DataFrame(
        {
            "tenure_months": started[met],
            "duration_months": np.minimum(stay, 12),
            "churn_kind": np.where(stay <= 12, "voluntary", None),
        }
    )


def truth(month):
    return 0.97 ** min(month, 12) * 0.99 ** max(month - 12, 0)


def test_counts_with_entry_by_hand():
    exit_month, entry = np.array([2, 3, 4, 4, 5]), np.array([0, 0, 1, 2, 3])
    counts = count_months(exit_month, pd.Series(["left", None, "left", "left", None]), entry)
    assert counts.at_risk.tolist() == [2, 3, 3, 3, 1]
    survival, _ = kaplan_meier(counts)
    assert survival == pytest.approx([1, float(Fraction(2, 3)), 2 / 3, 2 / 9, 2 / 9])


def test_delayed_entry_finds_the_truth_and_ignoring_it_does_not():
    rows = met_late()
    table, problem = survival_by_tenure(rows)
    assert problem is None
    found = table.set_index("tenure_month")["survival"]
    for month in (12, 24, 36):
        assert found[month] == pytest.approx(truth(month), abs=0.02)
    left = rows["churn_kind"].notna()
    naive = KaplanMeierFitter().fit(rows["tenure_months"] + rows["duration_months"], left).predict(36)
    assert naive - truth(36) > 0.1


def test_equals_lifelines_delayed_entry():
    rows = met_late(n=3000)
    table, _ = survival_by_tenure(rows)
    end = rows["tenure_months"] + rows["duration_months"]
    fitted = KaplanMeierFitter().fit(end, rows["churn_kind"].notna(), entry=rows["tenure_months"])
    expected = fitted.survival_function_at_times(table["tenure_month"]).to_numpy()
    assert table["tenure_month"].iloc[0] == 1 and len(table) > 40
    assert table["survival"].to_numpy() == pytest.approx(expected, abs=1e-12)


def test_lifelines_cox_baseline_still_ignores_entry():
    """Were this to fail, lifelines mended it; until then its baseline must not be read."""
    rows = met_late(n=4000).assign(left=lambda frame: frame["churn_kind"].notna())
    rows["end"], rows["noise"] = rows["tenure_months"] + rows["duration_months"], np.arange(len(rows)) % 2
    fitted = CoxPHFitter().fit(
        rows[["noise", "tenure_months", "end", "left"]].astype(float), "end", "left", entry_col="tenure_months"
    )
    baseline = fitted.predict_survival_function(pd.DataFrame({"noise": [0.5]})).loc[36].item()
    ours = survival_by_tenure(rows)[0].set_index("tenure_month").loc[36, "survival"]
    assert ours == pytest.approx(truth(36), abs=0.04) and abs(baseline - ours) > 0.05


def test_ages_that_few_were_seen_at_are_not_shown():
    rows = met_late(n=4000)
    rows = rows[rows["tenure_months"] >= 6]
    lonely = pd.DataFrame({"tenure_months": [0, 90], "duration_months": [1, 5], "churn_kind": ["voluntary"] * 2})
    table, _ = survival_by_tenure(pd.concat([rows, lonely], ignore_index=True))
    assert table["tenure_month"].min() == 7 and table["tenure_month"].max() < 60
    assert (table["count_at_risk"] >= 10).all() and table["survival"].iloc[0] > 0.9


@pytest.mark.parametrize(
    "spoil", [lambda rows: rows.iloc[:0], lambda rows: rows.iloc[:9], lambda rows: rows.assign(churn_kind=None)]
)
def test_too_little_is_a_sentence(spoil):
    table, problem = survival_by_tenure(spoil(landmark_accounts()))
    assert table.empty and "Too few" in problem
