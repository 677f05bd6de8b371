"""Modelled retention of revenue against what the demo's process goes on to do: the same customers, a year later.

Twelve thousand customers for four years, so it is for `make validate`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from as_of_cells import CELL_KEYS, Observed, active_accounts, observe
from declared import DEMO, LAG, METRICS

from roi_models.revenue.growth import GrowthFrames, fit_growth, study_growth
from roi_models.simulate import simulate

SEED, ACCOUNTS, YEAR = 30_001, 12_000, 12
BACKGROUND = 0.0012


def movement_cells(data: Observed) -> pd.DataFrame:
    """Cells as agg_movement_cells has them, at the headline's lag, money in each account's own currency."""
    panel = data.simulation.account_months[["account", "month", "mrr_cents"]]
    following = panel.assign(month=panel["month"] - 1).rename(columns={"mrr_cents": "next_cents"})
    bills = panel.rename(columns={"mrr_cents": "bill_cents"}).merge(following, on=["account", "month"])
    rows = data.months[~data.months["is_churned"]].merge(bills, on=["account", "month"])
    score, _, state = data.scores.at(rows["account"].to_numpy(), rows["month"].to_numpy() - (LAG - 1))
    width = float(METRICS.primary.bin_width)
    change = rows["next_cents"].to_numpy(float) - rows["bill_cents"].to_numpy(float)
    counted = rows.assign(
        score_state=state,
        score_bin=np.where(np.isnan(score), "", np.floor(np.nan_to_num(score) / width).astype(int).astype(str)),
        count_stayed=1,
        count_expanded=(change > 0).astype(int),
        count_contracted=(change < 0).astype(int),
        score_sum=np.nan_to_num(score),
        expanded_mrr_sum=rows["bill_cents"] * (change > 0),
        contracted_mrr_sum=rows["bill_cents"] * (change < 0),
        expansion_sum=np.maximum(change, 0),
        contraction_sum=np.maximum(-change, 0),
    )
    sums = [name for name in counted if name.startswith("count_") or name.endswith("_sum")]
    return counted.groupby(CELL_KEYS, as_index=False)[sums].sum().assign(lag=LAG)


def realised(months: int) -> tuple[float, float]:
    """NRR and GRR, account by account without what was won back, of the year after `months`, in per cent."""
    panel = simulate(seed=SEED, accounts=ACCOUNTS, months=months + YEAR + 1).account_months
    bills = panel[panel["month"] >= months].pivot(index="account", columns="month", values="mrr_cents")
    start = bills[months].dropna()
    year = bills.loc[start.index].fillna(0)
    # Cents of rounding are no contraction.
    steps = (year.to_numpy()[:, 1:] / np.maximum(year.to_numpy()[:, :-1], 1)).clip(max=1.0)
    kept = start * np.prod(steps, axis=1)
    return 100 * year[months + YEAR].sum() / start.sum(), 100 * kept.sum() / start.sum()


@pytest.mark.validate
def test_modelled_retention_is_what_comes_to_pass():
    data = observe(simulate(seed=SEED, accounts=ACCOUNTS, months=DEMO.months), METRICS, lags=(LAG,))
    fit = fit_growth(
        GrowthFrames(
            hazard_cells=data.cells,
            movement_cells=movement_cells(data),
            control_levels=data.control_levels,
            accounts=active_accounts(data.simulation, data.months, data.scores),
            bridge=pd.DataFrame(),
        ),
        outcome="voluntary",
        lag=LAG,
        background_hazard=BACKGROUND,
        scale=(0.0, 10.0),
        renewal_interval_months=YEAR,
    )
    study = study_growth(fit, metric="NPS")
    rows = study.tables[0].frame.set_index("measure")
    nrr, grr = realised(DEMO.months)
    # One year of 12,000 customers varies by about half a point around its expectation (revenue is very unequal).
    assert rows.loc["nrr", "modelled"] == pytest.approx(nrr, abs=1.5)
    assert rows.loc["grr", "modelled"] == pytest.approx(grr, abs=1.5)
    assert rows.loc["nrr", "modelled_high"] - rows.loc["nrr", "modelled_low"] < 2
