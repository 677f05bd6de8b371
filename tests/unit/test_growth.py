"""Net revenue retention out of its movements: planted slopes and sizes, the truth they imply, and what is refused.

The joint error against its jackknife fits 41 models, so it is for `make validate`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from growth_data import (
    CONTRACTION_SLOPE,
    DEPARTURE_SLOPE,
    EXPANSION_SLOPE,
    INVOLUNTARY,
    bridge_of,
    growth_frames,
    panel,
    true_retention,
)

from roi_models.revenue.growth import fit_growth, observed_retention, study_growth
from roi_models.revenue.movement import fit_monthly_hazard, fit_size
from roi_models.revenue.revenue_paths import CONTRACTION, DEPARTURES, EXPANSION, GrowthModel, compose
from roi_models.simulate import Parameters, simulate

BACKGROUND = -np.log(1 - INVOLUNTARY)
SETTING = {"outcome": "voluntary", "lag": 3, "background_hazard": BACKGROUND, "scale": (0.0, 10.0)}


def conduct(frames):
    return study_growth(fit_growth(frames, renewal_interval_months=12, **SETTING), metric="NPS")


def tables(study):
    retention, movements = (table.frame for table in study.tables)
    return retention.set_index("measure"), movements.set_index("movement")


@pytest.fixture(scope="module")
def months():
    return panel()


@pytest.fixture(scope="module")
def frames(months):
    return growth_frames(months)


@pytest.fixture(scope="module")
def study(frames):
    return conduct(frames)


def test_planted_slopes_and_sizes_come_back(study):
    _, movements = tables(study)
    planted = {DEPARTURES: DEPARTURE_SLOPE, CONTRACTION: CONTRACTION_SLOPE, EXPANSION: EXPANSION_SLOPE}
    for name, slope in planted.items():
        row = movements.loc[name]
        assert abs(row["coef"] - slope) < 3 * row["std_error"] < abs(slope), name
    assert movements.loc[CONTRACTION, "size"] == pytest.approx(15) and movements.loc[
        EXPANSION, "size"
    ] == pytest.approx(20)
    # Sizes were planted the same for all.
    assert movements["size_slope"].to_numpy() == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize(("measure", "grows"), [("nrr", True), ("grr", False)])
def test_the_true_retention_and_its_change_lie_within_error(months, study, measure, grows):
    retention, _ = tables(study)
    row = retention.loc[measure]
    base = 100 * true_retention(months, grows=grows)
    change = 100 * true_retention(months, lift=1.0, grows=grows) - base
    for column, truth in (("modelled", base), ("change", change)):
        half = (row[f"{column}_high"] - row[f"{column}_low"]) / 2
        assert abs(row[column] - truth) < 1.6 * half, column
    assert row["change_low"] > 0, "an interval that holds zero would hold anything"
    assert row["observed"] == pytest.approx(100 * (1.005 if grows else 0.985) ** 12)


def test_changes_of_the_movements_alone_add_up_nearly(study):
    retention, movements = tables(study)
    assert movements["nrr_change"].sum() == pytest.approx(retention.loc["nrr", "change"], rel=0.03)
    assert f"Most of it is departures: +{movements.loc[DEPARTURES, 'nrr_change']:.2f}" in study.sentences[1]
    assert "if the association were causal" in study.sentences[1] and "12 months" in study.sentences[0]


def test_no_movement_is_said_to_dominate_where_none_does(frames):
    cells = frames.movement_cells
    study = conduct(replace(frames, movement_cells=cells.assign(expansion_sum=2 * cells["expansion_sum"])))
    alone = tables(study)[1]["nrr_change"]
    parts = ", ".join(f"{name} {alone[name]:+.2f}" for name in (DEPARTURES, CONTRACTION, EXPANSION))
    assert f"No single movement makes most of it; each alone, in percentage points: {parts}." in study.sentences[1]


def model_of(frames, **hazards):
    cells = frames.movement_cells.rename(columns={"count_stayed": "count_at_risk"})
    fits = {
        DEPARTURES: fit_monthly_hazard(frames.hazard_cells, frames.control_levels, outcome="voluntary", lag=3),
        **{
            name: fit_monthly_hazard(cells, frames.control_levels, outcome=name, lag=3)
            for name in (CONTRACTION, EXPANSION)
        },
    }
    return GrowthModel(
        hazards=fits | hazards,
        sizes={
            name: fit_size(frames.movement_cells, outcome=name, lag=3, scale=(0.0, 10.0))
            for name in (CONTRACTION, EXPANSION)
        },
        background_hazard=BACKGROUND,
        renewal_interval_months=12,
    )


def lift_of(accounts):
    score = accounts["score"].astype(float).to_numpy()
    return np.nan_to_num(np.minimum(score + 1, 10) - score)


@pytest.mark.parametrize("lifted", [frozenset(), frozenset({DEPARTURES, CONTRACTION, EXPANSION})])
def test_the_gradient_is_the_derivative(frames, lifted):
    """Along one random direction per fit: a wrong coordinate would show."""
    model, accounts = model_of(frames), frames.accounts.head(150)
    lift, rng = lift_of(accounts), np.random.default_rng(8)
    found = compose(model, accounts, lift=lift, lifted=lifted)
    for field, gradients in (("hazards", found.by_hazard), ("sizes", found.by_size)):
        parts = getattr(model, field)
        for name, part in parts.items():
            direction = rng.normal(size=len(part.coef))
            ends = [
                compose(
                    replace(model, **{field: {**parts, name: replace(part, coef=part.coef + step * direction)}}),
                    accounts,
                    lift=lift,
                    lifted=lifted,
                ).value
                for step in (1e-5, -1e-5)
            ]
            assert gradients[name] @ direction == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-7)


@pytest.mark.validate
def test_the_joint_error_is_that_of_leaving_out_account_groups():
    """The three movements are of the same accounts: errors computed as if independent would not pass."""
    months = panel(n_accounts=700).assign(account_group=lambda rows: rows["account"] % 40)
    frames = growth_frames(months)
    lift = lift_of(frames.accounts)

    def nrr(without=None):
        kept = {
            name: getattr(frames, name)[lambda rows: rows["account_group"] != without]
            for name in ("hazard_cells", "movement_cells")
        }
        model = model_of(replace(frames, **kept))
        return compose(model, frames.accounts, lift=lift), model

    whole, model = nrr()
    left_out = np.array([nrr(group)[0].value for group in range(40)])
    jackknife = np.sqrt(39 / 40 * ((left_out - left_out.mean()) ** 2).sum())
    assert whole.std_error(model) == pytest.approx(jackknife, rel=0.15)


def test_sizes_that_follow_the_score_are_found(frames):
    cells = frames.movement_cells
    mean = (cells["score_sum"] / cells["count_stayed"]).where(cells["score_state"] != "silent", 7.5)
    sized = cells.assign(expansion_sum=cells["expanded_mrr_sum"] * (0.2 + 0.01 * (mean - 7.5)))
    size = fit_size(sized, outcome=EXPANSION, lag=3, scale=(0.0, 10.0))
    assert size.coef[1] == pytest.approx(0.01, rel=0.05)
    # A slope under which a score of 0 would shrink by expanding is not believed.
    steep = cells.assign(expansion_sum=cells["expanded_mrr_sum"] * (0.2 + 0.04 * (mean - 7.5)))
    assert fit_size(steep, outcome=EXPANSION, lag=3, scale=(0.0, 10.0)).coef[1] == 0.0


def test_order_and_names_of_groups_leave_every_figure(frames, study):
    shuffled = replace(
        frames,
        **{
            name: getattr(frames, name).sample(frac=1, random_state=3)
            for name in ("hazard_cells", "movement_cells", "control_levels", "accounts")
        },
    )
    for table, other in zip(study.tables, conduct(shuffled).tables, strict=True):
        pd.testing.assert_frame_equal(table.frame, other.frame, rtol=1e-9)


def test_the_demo_process_gives_its_own_slopes_back():
    """Contraction and expansion of the simulated customers on their true satisfaction, with the process's numbers."""
    truth, history = Parameters(), simulate(seed=3, accounts=1_000, months=18)
    stayed = history.account_months[lambda rows: ~rows["voluntary"] & ~rows["involuntary"]]
    bins = np.floor(stayed["satisfaction"] / 0.25).astype(int)
    rows = pd.DataFrame(
        {
            "lag": 3,
            "account_group": stayed["account"] % 256,
            "score_state": "fresh",
            "score_bin": bins.astype(str),
            "tenure_step": "t000",
            "is_renewal": False,
            "control_key": "",
            "count_at_risk": 1,
            "count_expanded": (stayed["movement"] > 0).astype(int),
            "count_contracted": (stayed["movement"] < 0).astype(int),
            "score_sum": stayed["satisfaction"],
        }
    )
    cells = rows.groupby(list(rows.columns[:7]), as_index=False).sum()
    levels = pd.DataFrame(columns=["control_id", "level", "kind", "mean_value"])
    planted = {
        EXPANSION: (truth.expansion_hazard, truth.expansion_on_satisfaction),
        CONTRACTION: (truth.contraction_hazard, truth.contraction_on_satisfaction),
    }
    for outcome, (level, slope) in planted.items():
        fit = fit_monthly_hazard(cells, levels, outcome=outcome, lag=3)
        assert abs(fit.slope - slope) < 3 * fit.slope_error < abs(slope), outcome
        at_zero = np.exp(fit.coef[0] - fit.slope * fit.encoding.score_centre)
        # The process draws with a probability where the model has a hazard: within a few per cent the same.
        assert at_zero == pytest.approx(level, rel=0.15), outcome


def test_without_any_contraction_it_is_left_out(frames):
    none = dict.fromkeys(("count_contracted", "contracted_mrr_sum", "contraction_sum"), 0)
    study = conduct(replace(frames, movement_cells=frames.movement_cells.assign(**none)))
    retention, movements = tables(study)
    row = movements.loc[CONTRACTION]
    assert row["count_events"] == 0 and np.isnan(row["coef"]) and row["problem"] == "No contraction was ever seen."
    assert retention.loc["nrr", "change_low"] > 0
    assert "Too little is known of contraction" in study.sentences[1]


def test_one_contraction_has_a_rate_but_no_slope(frames):
    cells = frames.movement_cells
    first = cells.index == cells.index[(cells["count_contracted"] == 1) & (cells["score_state"] == "fresh")][0]
    kept = {name: cells[name].where(first, 0) for name in ("count_contracted", "contracted_mrr_sum", "contraction_sum")}
    _, movements = tables(conduct(replace(frames, movement_cells=cells.assign(**kept))))
    row = movements.loc[CONTRACTION]
    assert row["count_events"] == 1 and np.isnan(row["coef"]) and np.isnan(row["nrr_change"])
    assert row["problem"].startswith("Only 1 contraction event(s)") and row["size"] == pytest.approx(15)


def test_few_contractions_for_many_terms_have_no_slope(frames):
    cells = frames.movement_cells
    some = (cells["count_contracted"] == 1) & (cells["account_group"] % 16 == 0)
    kept = {name: cells[name].where(some, 0) for name in ("count_contracted", "contracted_mrr_sum", "contraction_sum")}
    movements = tables(
        conduct(replace(frames, movement_cells=cells.assign(**kept), accounts=frames.accounts.head(99)))
    )[1]
    row = movements.loc[CONTRACTION]
    assert 5 <= row["count_events"] < 45 and np.isnan(row["hazard_ratio"])
    assert "below 5 a term" in row["problem"] and row["monthly_share"] > 0


def test_nobody_who_ever_moves_leaves_departures(frames):
    study = conduct(replace(frames, movement_cells=frames.movement_cells.iloc[:0], accounts=frames.accounts.head(200)))
    retention, movements = tables(study)
    assert "Most of it is departures" in study.sentences[1]
    assert retention.loc["nrr", "modelled"] == pytest.approx(retention.loc["grr", "modelled"])
    assert movements.loc[DEPARTURES, "nrr_change"] == pytest.approx(retention.loc["nrr", "change"])


def silent(frame):
    return frame.assign(score_state="silent", score_bin="", score_sum=0.0)


HOPELESS = {
    "nobody left": (lambda f: replace(f, hazard_cells=f.hazard_cells.assign(count_voluntary=0)), "No account left"),
    "all silent": (lambda f: replace(f, hazard_cells=silent(f.hazard_cells)), "Every account was silent"),
    "constant score": (
        lambda f: replace(f, hazard_cells=f.hazard_cells.assign(score_sum=8.0 * f.hazard_cells["count_at_risk"])),
        "Every score is the same",
    ),
    "one group": (lambda f: replace(f, hazard_cells=f.hazard_cells.assign(account_group=7)), "one account group"),
    "no account": (lambda f: replace(f, accounts=f.accounts.iloc[:0]), "No active account"),
    "no revenue": (lambda f: replace(f, accounts=f.accounts.assign(mrr_amount=0)), "No active account"),
    "one whale": (
        lambda f: replace(f, accounts=f.accounts.assign(mrr_amount=[9e9] + [1.0] * (len(f.accounts) - 1))),
        "One account holds 100%",
    ),
}


@pytest.mark.parametrize("case", HOPELESS)
def test_hopeless_data_give_one_sentence_and_typed_tables(frames, study, case):
    spoil, words = HOPELESS[case]
    refused = conduct(spoil(frames))
    assert len(refused.sentences) == 1 and words in refused.sentences[0]
    for table, full in zip(refused.tables, study.tables, strict=True):
        assert table.frame.empty and table.frame.dtypes.equals(full.frame.dtypes) and table.name == full.name


def test_where_no_active_account_has_a_score_nothing_is_lifted(frames):
    accounts = frames.accounts.head(200).assign(score=np.nan, score_state="silent")
    study = conduct(replace(frames, accounts=accounts))
    retention, movements = tables(study)
    assert retention["change"].isna().all() and movements["nrr_change"].isna().all()
    assert retention["modelled"].notna().all() and "nothing could be lifted" in study.sentences[1]


def test_a_short_history_has_no_observed_year():
    assert np.isnan(observed_retention(bridge_of(11))).all()
    assert observed_retention(bridge_of()) == pytest.approx((1.005**12, 0.985**12))
