"""The bootstrap over account groups: each replicate against a fit of its own, its spread against the sandwich."""

import numpy as np
import pytest
from hazard_data import account_months, cells_of, control_levels_of

from roi_models.hazards.bootstrap import bootstrap_fit
from roi_models.hazards.cloglog import fit_cloglog
from roi_models.hazards.design import design_matrix
from roi_models.hazards.hazard import collapse, fit_hazard, select_cells


@pytest.fixture(scope="module")
def world():
    months = account_months(n_accounts=800, seed=4)
    cells = cells_of(months, lags=(3,))
    levels = control_levels_of(months)
    return cells, levels, fit_hazard(cells, levels, lag=3)


def test_each_replicate_is_the_fit_of_the_groups_drawn(world):
    cells, _, fit = world
    got = bootstrap_fit(fit, cells, replicates=5, seed=11)
    assert got.count_failed == 0 and got.coef.shape == (5, len(fit.terms)) and got.terms == fit.terms
    rows = select_cells(cells, outcome="voluntary", lag=3)
    design = design_matrix(fit.encoding, collapse(rows))[rows["cell"]]
    drawn = np.random.Generator(np.random.PCG64(11)).multinomial(256, np.full(256, 1 / 256), size=5)
    for weights, coef in zip(drawn, got.coef, strict=True):
        weight = weights[rows["account_group"]]
        expected = fit_cloglog(design, weight * rows["at_risk"], weight * rows["events"])
        assert coef == pytest.approx(expected.coef, abs=1e-7)


def test_the_spread_is_the_clustered_error(world):
    cells, _, fit = world
    got = bootstrap_fit(fit, cells, replicates=400)
    position = fit.terms.index("score")
    assert got.std_error[position] == pytest.approx(np.sqrt(fit.covariance[position, position]), rel=0.1)
    shuffled = bootstrap_fit(fit, cells.sample(frac=1, random_state=3), replicates=400)
    assert shuffled.coef.tobytes() == got.coef.tobytes(), "rows in another order draw the same groups"


def test_replicates_without_a_maximum_are_counted_and_left_out(world):
    cells, levels, _ = world
    # All events of one segment fall into one group: every replicate without it has none of them.
    is_ent = cells["control_key"].str.contains("ENT")
    cells = cells.copy()
    cells.loc[is_ent, ["count_voluntary", "count_churned"]] = 0
    first = cells.index[is_ent][0]
    group = cells.loc[first, "account_group"]
    cells.loc[first, ["count_at_risk", "count_voluntary", "count_churned"]] = [9, 5, 5]
    fit = fit_hazard(cells, levels, lag=3)
    assert "segment=ENT" in fit.terms
    got = bootstrap_fit(fit, cells, replicates=200, seed=1)
    drawn = np.random.Generator(np.random.PCG64(1)).multinomial(256, np.full(256, 1 / 256), size=200)
    assert got.count_failed == (drawn[:, group] == 0).sum() > 40
    assert np.isfinite(got.coef).all() and len(got.coef) == 200 - got.count_failed


def test_a_fit_without_numbers_is_refused(world):
    cells, levels, _ = world
    hopeless = fit_hazard(cells.iloc[:0], levels, lag=3)
    with pytest.raises(ValueError, match="nothing to bootstrap: Nobody was at risk"):
        bootstrap_fit(hopeless, cells)
