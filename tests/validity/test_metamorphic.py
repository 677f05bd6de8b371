"""What must not change a result, from rows to money: order, names, how cells are cut, units, answers from the future.

Exact where it can be: the same bits, or the same number to rounding.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from as_of_cells import observe
from declared import LAG as HEADLINE_LAG
from declared import METRICS
from planted_panels import GROUPS, LAG, cells_of_panel, draw_panel, levels_of_panel

from roi_models.case.assumptions import Assumptions
from roi_models.case.business_case import build_case
from roi_models.hazards.bootstrap import bootstrap_fit
from roi_models.hazards.cloglog import clustered_covariance
from roi_models.hazards.design import design_matrix
from roi_models.hazards.hazard import at_least_model_based, collapse, fit_hazard, score_effect, select_cells
from roi_models.hazards.retention import estimate_retention
from roi_models.simulate import retention_features, simulate
from tests.unit.hazard_data import account_months, active_accounts, answers_of, cells_of, control_levels_of

pytestmark = pytest.mark.gate
COUNTS = ["count_at_risk", "count_voluntary", "count_involuntary", "count_churned"]
K = 4


@pytest.fixture(scope="module")
def panel():
    return draw_panel(seed=11, accounts=900, slope=-0.25)


@pytest.fixture(scope="module")
def cells(panel):
    return cells_of_panel(panel)


@pytest.fixture(scope="module")
def levels(panel):
    return levels_of_panel(panel)


@pytest.fixture(scope="module")
def fit(cells, levels):
    found = fit_hazard(cells, levels, lag=LAG)
    assert found.problem is None
    return found


def sandwich(cells: pd.DataFrame, fit) -> np.ndarray:
    """The clustered covariance before any term's error is raised to the model-based one."""
    rows = select_cells(cells, outcome=fit.outcome, lag=fit.lag)
    return clustered_covariance(
        design_matrix(fit.encoding, collapse(rows))[rows["cell"].to_numpy()],
        fit.coef,
        fit.covariance_model,
        at_risk=rows["at_risk"].to_numpy(),
        events=rows["events"].to_numpy(),
        cluster=rows["account_group"].to_numpy(),
    )


def same_bits(one, other) -> bool:
    return one.terms == other.terms and all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes()
        for name in ("coef", "covariance", "covariance_model")
    )


def shuffled(rows: int, seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).permutation(rows)


def test_the_order_of_account_months_and_cells_changes_no_bit(panel, cells, levels, fit):
    from_rows = cells_of_panel(panel, shuffled(len(panel.account)))
    assert same_bits(fit_hazard(from_rows, levels, lag=LAG), fit)
    other = fit_hazard(cells.sample(frac=1, random_state=2), levels.sample(frac=1, random_state=2), lag=LAG)
    assert same_bits(other, fit)
    drawn = bootstrap_fit(fit, cells.sample(frac=1, random_state=3), replicates=20)
    assert drawn.coef.tobytes() == bootstrap_fit(fit, cells, replicates=20).coef.tobytes()


def test_other_names_of_accounts_leave_the_slope_and_other_names_of_groups_the_error_too(panel, cells, levels, fit):
    # Ids decide the group an account is in. Who is with whom is noise to the error, and nothing to the slope.
    other_ids = replace(panel, group=shuffled(900)[panel.account] % GROUPS)
    renamed = fit_hazard(cells_of_panel(other_ids), levels, lag=LAG)
    assert renamed.coef == pytest.approx(fit.coef, abs=1e-10)
    ratio = score_effect(renamed)[1] / score_effect(fit)[1]
    assert ratio != 1 and ratio == pytest.approx(1, abs=0.2)
    other_groups = cells.assign(account_group=shuffled(GROUPS)[cells["account_group"]])
    assert fit_hazard(other_groups, levels, lag=LAG).covariance == pytest.approx(fit.covariance, rel=1e-9, abs=1e-14)


def test_cells_cut_in_two_or_put_together_change_nothing(cells, levels, fit):
    half = cells[COUNTS] // 2
    share = half["count_at_risk"] / cells["count_at_risk"]
    first = cells.assign(**half, score_sum=cells["score_sum"] * share)
    rest = cells.assign(**(cells[COUNTS] - half), score_sum=cells["score_sum"] * (1 - share))
    cut = fit_hazard(pd.concat([first, rest]), levels, lag=LAG)
    assert cut.coef == pytest.approx(fit.coef, abs=1e-9)
    assert cut.covariance == pytest.approx(fit.covariance, rel=1e-7, abs=1e-13)
    # Put together over groups two at a time: the fit is the same, only the error knows fewer groups.
    keys = [name for name in cells if name not in {*COUNTS, "score_sum"}]
    wide = cells.assign(account_group=cells["account_group"] // 2).groupby(keys, as_index=False).sum()
    merged = fit_hazard(wide, levels, lag=LAG)
    assert len(wide) < len(cells) and merged.count_groups == GROUPS / 2
    assert merged.coef == pytest.approx(fit.coef, abs=1e-9)
    assert score_effect(merged)[1] == pytest.approx(score_effect(fit)[1], rel=0.2)


def test_k_times_the_counts_make_errors_smaller_by_the_root_of_k(cells, levels, fit):
    written_often = cells.assign(**(cells[COUNTS] * K), score_sum=cells["score_sum"] * K)
    often = fit_hazard(written_often, levels, lag=LAG)
    assert often.coef == pytest.approx(fit.coef, abs=1e-9)
    assert often.covariance_model == pytest.approx(fit.covariance_model / K, rel=1e-8)
    # The same accounts written down k times are no more accounts: errors that cluster over them stay.
    plain = sandwich(cells, fit)
    assert fit.covariance == pytest.approx(at_least_model_based(plain, fit.covariance_model), rel=1e-8, abs=1e-14)
    assert sandwich(written_often, often) == pytest.approx(plain, rel=1e-8, abs=1e-14)
    # Other accounts, k times as many and alike, are: 1/√k, but for the correction for the number of groups.
    copies = pd.concat([cells.assign(account_group=cells["account_group"] + GROUPS * copy) for copy in range(K)])
    many = fit_hazard(copies, levels, lag=LAG)
    corrected = K * GROUPS / (K * GROUPS - 1) * (GROUPS - 1) / GROUPS
    assert sandwich(copies, many) == pytest.approx(plain / K * corrected, rel=1e-8, abs=1e-14)


def test_all_scores_shifted_leave_every_slope(cells, levels, fit):
    is_scored = cells["score_state"] != "silent"
    moved = cells.assign(score_sum=cells["score_sum"] + 3.25 * cells["count_at_risk"] * is_scored)
    other = fit_hazard(moved, levels, lag=LAG)
    assert other.coef == pytest.approx(fit.coef, abs=1e-6)
    assert other.encoding.score_centre == pytest.approx(fit.encoding.score_centre + 3.25, abs=2e-6)


def test_k_times_the_revenue_changes_money_and_nothing_else():
    months = account_months(n_accounts=500, seed=9)
    retention = estimate_retention(cells_of(months), control_levels_of(months), metric="nps", headline_lag=3)
    accounts = active_accounts(months)
    terms = Assumptions(
        margin=0.75,
        discount_rate=0.1,
        horizon_months=36,
        ramp_months=6,
        uplift_low=1.0,
        uplift_base=2.0,
        uplift_high=4.0,
        uplift_unit="net_nps_points",
        initial_cost=20_000,
        annual_cost=6_000,
        n_draws=200,
    )

    def case_of(times: int):
        paid = accounts.assign(mrr_amount=[amount * times for amount in accounts["mrr_amount"]])
        costs = replace(terms, initial_cost=terms.initial_cost * times, annual_cost=terms.annual_cost * times)
        return build_case(retention, paid, answers_of(accounts), costs, scale=(0.0, 10.0))

    once, often = case_of(1), case_of(K)
    assert once.base.npv != 0 and often.base.npv == pytest.approx(K * once.base.npv, abs=0.05)
    assert often.base.pv_benefits == pytest.approx(K * once.base.pv_benefits, abs=0.05)
    assert often.draws["npv"].to_numpy() == pytest.approx(K * once.draws["npv"].to_numpy(), abs=0.05)
    for name in ("gain_pp", "retention_base", "retention_programme", "break_even_uplift", "prob_npv_positive"):
        assert getattr(often, name) == pytest.approx(getattr(once, name), rel=1e-9), name
    assert often.base.roi_pct == pytest.approx(once.base.roi_pct, abs=0.01)


def test_answers_from_the_future_are_no_answers():
    """Every leaver answers nil after leaving, and everybody answers ten after the last month: no cell changes."""
    simulation = simulate(seed=21, accounts=300, months=24)
    features, answers = retention_features(simulation)
    gone = features[features["voluntary"] | features["involuntary"]].drop_duplicates("account", keep="last")
    left_at = gone.set_index("account")["period_start"] + pd.DateOffset(months=1)
    contacts = simulation.contacts["account"]
    contact = contacts.index[contacts.isin(left_at.index)]
    after = left_at[contacts[contact]].to_numpy()
    exit_answers = pd.DataFrame(
        {"account": contacts[contact], "contact": contact, "answered_at": after, "recorded_at": after, "score": 0}
    )
    end = simulation.month_starts[-1].astype("datetime64[s]")
    late = pd.DataFrame(
        {"account": contacts, "contact": contacts.index, "answered_at": end, "recorded_at": end, "score": 10}
    )
    assert len(exit_answers) > 20

    def cells_with(more: list[pd.DataFrame]) -> pd.DataFrame:
        together = pd.concat([answers, *more]).astype(answers.dtypes)
        return observe(simulation, METRICS, lags=(1, HEADLINE_LAG), answers=together).cells

    plain = cells_with([])
    pd.testing.assert_frame_equal(cells_with([exit_answers, late]), plain, check_exact=True)
    # The same answers while the accounts are still there are seen: the comparison can fail.
    before = exit_answers.assign(answered_at=after - pd.Timedelta(days=62), recorded_at=after - pd.Timedelta(days=62))
    assert not cells_with([before]).equals(plain)
