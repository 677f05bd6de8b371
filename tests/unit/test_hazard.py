"""The hazard model on cells: planted truth, invariances, merging of thin levels, and refusals that are
sentences."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hazard_data import account_months, cells_of, control_levels_of

from roi_models.hazards.cloglog import fit_cloglog
from roi_models.hazards.design import design_matrix, parse_control_key
from roi_models.hazards.hazard import (
    at_least_model_based,
    collapse,
    fit_hazard,
    predict_log_hazard,
    score_effect,
    select_cells,
)


@pytest.fixture(scope="module")
def months():
    return account_months(n_accounts=1500)


@pytest.fixture(scope="module")
def cells(months):
    return cells_of(months)


@pytest.fixture(scope="module")
def levels(months):
    return control_levels_of(months)


@pytest.fixture(scope="module")
def fit(cells, levels):
    return fit_hazard(cells, levels, lag=3)


def test_planted_effects_are_recovered(fit):
    assert fit.problem is None and fit.count_groups == 256
    assert fit.terms[:4] == ("intercept", "score", "state_stale", "state_silent")
    truth = {"score": -0.25, "state_stale": 0.1, "state_silent": 0.3, "is_renewal": 1.0, "price_index": 0.2}
    table = fit.table.set_index("term")
    for term, value in truth.items():
        assert abs(table.loc[term, "coef"] - value) < 3.5 * table.loc[term, "std_error"], term
    assert {"segment=ENT", "segment=MID"} <= set(table.index), "the most frequent segment is the reference"
    assert table.loc["score", "ci_low"] < np.exp(-0.25) < table.loc["score", "ci_high"]
    assert table["hazard_ratio"].to_numpy() == pytest.approx(np.exp(table["coef"].to_numpy()))
    assert table.loc["score", "z_score"] < -5 and table.loc["score", "p_value"] < 1e-6


def test_equals_the_fit_and_the_sandwich_of_the_expanded_rows(months, cells, levels, fit):
    rows = select_cells(cells, outcome="voluntary", lag=3)
    covariates = collapse(rows).iloc[rows["cell"]].reset_index(drop=True)
    expanded = covariates.loc[covariates.index.repeat(rows["at_risk"].astype(int))]
    event = np.concatenate([np.arange(n) < d for n, d in zip(rows["at_risk"], rows["events"], strict=True)])
    group = np.repeat(rows["account_group"].to_numpy(), rows["at_risk"].astype(int))
    assert len(expanded) == len(months) and event.sum() == months["voluntary"].sum()
    oracle = fit_cloglog(design_matrix(fit.encoding, expanded), np.ones(len(expanded)), event, group)
    assert fit.coef == pytest.approx(oracle.coef, abs=1e-9)
    wanted = at_least_model_based(oracle.covariance, oracle.covariance_model)
    assert fit.covariance == pytest.approx(wanted, rel=1e-7, abs=1e-12)
    assert fit.covariance_model == pytest.approx(oracle.covariance_model, rel=1e-7, abs=1e-12)
    assert fit.loglik == pytest.approx(oracle.loglik, rel=1e-10)


def split(cells):
    """Each cell in two, by an arbitrary cut of its counts."""
    first = cells.copy()
    counts = [column for column in cells if column.startswith("count_")]
    first[counts] = cells[counts] // 2
    rest = cells.copy()
    rest[counts] = cells[counts] - first[counts]
    first["score_sum"] = [value / 4 for value in cells["score_sum"]]
    rest["score_sum"] = [whole - part for whole, part in zip(cells["score_sum"], first["score_sum"], strict=True)]
    return pd.concat([rest, first])


@pytest.mark.parametrize(
    "change",
    [
        lambda cells: cells.sample(frac=1, random_state=5),
        lambda cells: cells.assign(account_group=(cells["account_group"] * 77 + 13) % 256),
        split,
    ],
    ids=["row order", "group labels", "split cells"],
)
def test_results_do_not_hang_on_how_rows_arrive(cells, levels, fit, change):
    other = fit_hazard(change(cells), levels, lag=3)
    assert other.terms == fit.terms
    assert other.coef == pytest.approx(fit.coef, abs=1e-8)
    assert other.covariance == pytest.approx(fit.covariance, abs=1e-9)


def test_row_order_leaves_every_bit(cells, levels, fit):
    other = fit_hazard(cells.sample(frac=1, random_state=6), levels.sample(frac=1, random_state=6), lag=3)
    assert other.coef.tobytes() == fit.coef.tobytes()
    assert other.covariance.tobytes() == fit.covariance.tobytes()


def test_shifting_all_scores_leaves_the_slope(cells, levels, fit):
    scored = cells["score_state"] != "silent"
    moved = cells.assign(score_sum=cells["score_sum"].astype(float) + 2.5 * cells["count_at_risk"] * scored)
    other = fit_hazard(moved, levels, lag=3)
    assert score_effect(other) == pytest.approx(score_effect(fit), rel=1e-6)
    assert other.encoding.score_centre == pytest.approx(fit.encoding.score_centre + 2.5, abs=2e-6)


def test_predictions_add_up_over_all_accounts_silent_ones_too(cells, fit):
    frame = collapse(select_cells(cells, outcome="voluntary", lag=3))
    predicted = -np.expm1(-np.exp(predict_log_hazard(fit, frame))) * frame["at_risk"]
    assert predicted.sum() == pytest.approx(frame["events"].sum(), rel=0.002)
    silent = frame["score_state"] == "silent"
    assert predicted[silent].sum() == pytest.approx(frame.loc[silent, "events"].sum(), rel=0.01)


def without_events(cells, where):
    """The same cells with no churn where `where` holds."""
    cells = cells.copy()
    cells.loc[where, ["count_voluntary", "count_churned"]] = 0
    return cells


def test_levels_without_events_join_their_neighbours(cells, levels):
    thin = without_events(cells, cells["tenure_step"].isin(["t000", "t024"]) | cells["control_key"].str.contains("MID"))
    fit = fit_hazard(thin, levels, lag=3)
    assert fit.problem is None
    steps = fit.encoding.tenure_terms
    assert steps["t000"] == steps["t006"] == "" and steps["t024"] == steps["t012"] == "tenure_t012"
    assert fit.encoding.level_terms["segment=MID"] == "" and "segment=MID" not in fit.terms
    assert sum("merged" in note for note in fit.encoding.notes) == 3


def test_missing_continuous_values_get_a_dummy_and_aliases_go(cells, levels):
    gone = cells.assign(
        control_key=cells["control_key"].str.replace(
            "price_index=b3|segment=ENT", "price_index=missing|segment=missing"
        )
    )
    gone = gone[~gone["control_key"].str.contains("b3|ENT")]
    unknown = {"control_id": "price_index", "level": "missing", "kind": "continuous", "mean_value": np.nan}
    levels = pd.concat([levels, pd.DataFrame([unknown])])
    fit = fit_hazard(gone, levels, lag=3)
    assert fit.problem is None
    assert {"price_index=missing", "segment=missing"} & set(fit.terms) == {"price_index=missing"}
    assert any("determined by the others" in note for note in fit.encoding.notes)
    assert fit.encoding.level_values["price_index=missing"] == 0.0


def first_events(cells, count):
    """Keep churn in `count` scored cells only."""
    chosen = cells.index[(cells["count_voluntary"] == 1) & (cells["score_state"] == "fresh") & (cells["lag"] == 3)]
    return without_events(cells, ~cells.index.isin(chosen[:count]))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda c: c.iloc[:0], "Nobody was at risk"),
        (lambda c: c[c["lag"] == 1], "Nobody was at risk"),
        (lambda c: without_events(c, c["lag"] > 0), "Only 0 churn event"),
        (lambda c: first_events(c, 1), "Only 1 churn event"),
        (lambda c: c[c["score_state"] == "silent"], "Every account was silent"),
        (lambda c: without_events(c, c["score_state"] != "silent"), "All churn fell into silent"),
        (lambda c: without_events(c, c["score_state"] == "silent"), "No silent account left"),
        (lambda c: c.assign(score_sum=8.0 * c["count_at_risk"]), "Every score is the same"),
        (lambda c: c.assign(account_group=7), "one account group"),
        (lambda c: without_events(c, ~c["score_bin"].isin(["", "0", "1"])), "'score' separates"),
    ],
)
def test_hopeless_data_give_a_sentence_and_no_warning(cells, levels, spoil, words):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = fit_hazard(spoil(cells), levels, lag=3)
    assert not fit.is_estimable and words in fit.problem and fit.table.empty
    assert np.isnan(score_effect(fit)).all()
    with pytest.raises(ValueError, match="predicts nothing"):
        predict_log_hazard(fit, cells)


def test_a_small_silent_state_without_events_is_pooled(cells, levels):
    silent = cells["score_state"] == "silent"
    few = without_events(cells[~silent | (cells["account_group"] < 2)], silent)
    fit = fit_hazard(few, levels, lag=3)
    assert fit.problem is None and "state_silent" not in fit.terms
    assert any("'silent' had no events" in note for note in fit.encoding.notes)


def test_outcomes_and_control_keys(cells, levels, months):
    assert fit_hazard(cells, levels, outcome="all_causes", lag=1).count_events == (
        months["voluntary"].sum() + months["involuntary"].sum()
    )
    with pytest.raises(ValueError, match="Unknown outcome 'churn'"):
        fit_hazard(cells, levels, outcome="churn", lag=1)
    assert parse_control_key("") == {}
    assert parse_control_key("plan=a|b=c|tier=x=1") == {"plan": "a", "b": "c", "tier": "x=1"}
    assert parse_control_key("plan=a|2|tier=y") == {"plan": "a|2", "tier": "y"}


def test_no_controls_at_all(cells, levels):
    bare = fit_hazard(cells.assign(control_key=""), levels.iloc[:0], lag=3)
    assert bare.problem is None and not any("=" in term for term in bare.terms)
