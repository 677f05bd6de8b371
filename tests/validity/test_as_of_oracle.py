"""The warehouse's account-months, scores, states, cells and case inputs against the same things made without SQL."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from as_of_cells import CELL_KEYS, COUNTS, Observed, active_accounts, current_answers, observe

from orchestration import transform
from orchestration.carry_over import write_carried
from orchestration.case_config import load_business_case
from orchestration.control import write_control_tables
from orchestration.demo import PLANTED
from orchestration.demo.planted import NPS_FILE
from orchestration.demo.roster import build_roster
from orchestration.ingest import load_contract, load_inbox, load_sources
from orchestration.inputs import ensure_inbox
from orchestration.profiles import load_metrics
from orchestration.settings import PROJECT_ROOT, TELEMETRY_OFF, Settings
from orchestration.warehouse import Warehouse
from roi_models.simulate import Simulation, retention_features, simulate_company

# A build of its own and its oracle take a minute: `make validate`, and CI.
pytestmark = pytest.mark.validate
PROFILE = PROJECT_ROOT / "config/demo"
ACCOUNTS = 300
# Planted answers that staging accepts and that are of a known contact: the warehouse counts them too.
PLANTED_ANSWERS = ("duplicate_answer", "answer_after_churn")


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    home = tmp_path_factory.mktemp("home") / "demo"
    return Settings(profile_dir=PROFILE, home=home, inbox=home / "inbox", demo_accounts=ACCOUNTS)


@pytest.fixture(scope="module")
def warehouse(settings) -> Warehouse:
    """The small demo as far as the marts: loaded and built as a run does it, without gates, models and publishing."""
    sources = load_sources(PROFILE)
    contract = load_contract(settings.dbt_dir / "models/staging/_raw__sources.yml")
    warehouse = Warehouse(
        path=settings.warehouse_path,
        spill_dir=settings.work_dir / "spill",
        threads=settings.threads,
        memory_limit=settings.memory_limit,
    )
    ensure_inbox(settings, sources, lambda _line: None)
    loaded = load_inbox(
        sources, contract, settings.inbox, settings.raw_dir, "2025-01-01T00:00:00+00:00", lambda _line: None
    )
    warehouse.create_raw_views(contract, loaded.files)
    write_control_tables(
        warehouse,
        settings.dbt_dir / "models/staging/_control__sources.yml",
        load_metrics(PROFILE),
        load_business_case(PROFILE),
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (TELEMETRY_OFF | settings.dbt_environment()).items():
            patch.setenv(name, value)
        write_carried(warehouse, [], anew=True)
        transform.build(settings, lambda _line: None, anew=True)
    return warehouse


@pytest.fixture(scope="module")
def observed(settings, warehouse) -> Observed:
    demo = load_sources(PROFILE).demo
    simulation = simulate_company(seed=demo.seed, accounts=ACCOUNTS, months=demo.months)
    _, answers = retention_features(simulation)
    answers = pd.concat([answers, planted_answers(settings, simulation)], ignore_index=True)
    return observe(simulation, load_metrics(PROFILE), lags=range(1, 7), answers=answers)


def planted_answers(settings: Settings, simulation: Simulation) -> pd.DataFrame:
    """Planted answers as the export states them, once each."""
    rows = pd.read_csv(settings.inbox / NPS_FILE, skiprows=[1, 2], dtype=str, encoding="utf-8-sig")
    keys = [key for name in PLANTED_ANSWERS for key in PLANTED[name].keys]
    rows = rows[rows["ResponseId"].isin(keys)].drop_duplicates("ResponseId")
    assert len(rows) == len(keys)
    contacts = {contact: number for number, contact in enumerate(build_roster(simulation).contact_ids)}
    times = {
        name: pd.to_datetime(rows[column]).dt.tz_localize("America/New_York").dt.tz_convert(None)
        for name, column in (("answered_at", "EndDate"), ("recorded_at", "RecordedDate"))
    }
    return pd.DataFrame(
        {
            "contact": rows["ExternalReference"].map(contacts),
            "score": rows["Q1"].astype(int),
            **{name: stamps.astype("datetime64[s]") for name, stamps in times.items()},
        }
    )


def test_account_months_scores_and_states(warehouse, observed):
    theirs = warehouse.read("select * from marts.fct_account_months")
    numbers = {name: number for number, name in enumerate(build_roster(observed.simulation).account_ids)}
    theirs = theirs.assign(
        account=theirs["account_id"].map(numbers),
        month_number=(theirs["month"].dt.year - 2022) * 12 + theirs["month"].dt.month - 1,
    ).sort_values(["month_number", "account"], ignore_index=True)
    ours = observed.months.sort_values(["month", "account"], ignore_index=True)
    assert theirs[["account", "month_number"]].to_numpy().tolist() == ours[["account", "month"]].to_numpy().tolist()
    score, age, state = observed.scores.at(ours["account"].to_numpy(), ours["month"].to_numpy())
    assert set(state) == {"fresh", "stale", "silent"}
    np.testing.assert_array_equal(theirs["score_state"], state)
    np.testing.assert_array_equal(theirs["score"].astype(float), score)
    np.testing.assert_array_equal(theirs["score_age_days"].fillna(-1), age)
    np.testing.assert_array_equal((theirs["mrr_amount"] * 100).round(), ours["mrr_cents"])
    pairs = {
        "tenure_months": "tenure",
        "tenure_step": "tenure_step",
        "is_renewal_month": "is_renewal",
        "control_key": "control_key",
        "account_group": "account_group",
        "is_churned": "is_churned",
    }
    for column, name in pairs.items():
        np.testing.assert_array_equal(theirs[column], ours[name], err_msg=column)
    for kind in ("voluntary", "involuntary"):
        np.testing.assert_array_equal(theirs["churn_kind"] == kind, ours[kind], err_msg=kind)


def test_hazard_cells_of_every_lag(warehouse, observed):
    keys, sums = ["lag", *CELL_KEYS], [*COUNTS, "score_sum", "mrr_sum"]
    by_quarter = warehouse.read("select * from marts.agg_hazard_cells")
    assert by_quarter["calendar_quarter"].nunique() == 12
    theirs = by_quarter.groupby(keys, as_index=False)[sums].sum().sort_values(keys, ignore_index=True)
    ours = observed.cells.sort_values(keys, ignore_index=True)
    assert theirs[keys].astype(str).to_numpy().tolist() == ours[keys].astype(str).to_numpy().tolist()
    for column in sums:
        np.testing.assert_allclose(
            theirs[column].astype(float), ours[column].astype(float), rtol=0, atol=1e-6, err_msg=column
        )


def test_control_levels(warehouse, observed):
    theirs = warehouse.read("select * from marts.agg_control_levels order by control_id, level")
    columns = list(observed.control_levels)
    pd.testing.assert_frame_equal(theirs[columns], observed.control_levels, check_dtype=False, rtol=0, atol=1e-6)


def test_inputs_of_the_business_case(warehouse, observed):
    theirs = warehouse.read("select * from marts.dim_accounts where is_active order by account_id")
    ours = active_accounts(observed.simulation, observed.months, observed.scores)
    pd.testing.assert_frame_equal(theirs[list(ours)], ours, check_dtype=False, rtol=0, atol=1e-9)
    answers = warehouse.read(
        "select account_id, score from marts.fct_survey_responses where is_current and metric_id = 'nps'"
    )
    expected = current_answers(observed.simulation, observed.latest)
    assert sorted(zip(answers["account_id"], answers["score"].astype(float), strict=True)) == sorted(
        zip(expected["account_id"], expected["score"].astype(float), strict=True)
    )
