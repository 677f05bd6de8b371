"""What people see in Dagster's web UI: a graph that loads, descriptions, blocking gates, a schedule that fires."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import pytest

from expectations.mart_suites import MART_SUITES
from expectations.raw_suites import RAW_SUITES
from orchestration.definitions import build_definitions
from orchestration.jobs import REFRESH


@pytest.fixture(scope="module")
def definitions(demo_run):
    with demo_run.home.environment():
        yield build_definitions(demo_run.home.settings)


@pytest.fixture(scope="module")
def repository(definitions):
    return definitions.get_repository_def()


def test_every_job_schedule_and_sensor_has_a_description(repository):
    named = [job for job in repository.get_all_jobs() if not job.name.startswith("__")]
    described = [*named, *repository.schedule_defs, *repository.sensor_defs]
    assert {REFRESH, "daily_refresh", "report_failure"} <= {item.name for item in described}
    assert [item.name for item in described if not item.description] == []


def test_refresh_includes_every_asset_and_every_check(definitions, repository):
    graph = definitions.resolve_asset_graph()
    layer = repository.get_job(REFRESH).asset_layer
    assert set(layer.selected_asset_keys) == set(graph.materializable_asset_keys)
    assert set(layer.asset_graph.asset_check_keys) == set(graph.asset_check_keys)


def test_every_suite_is_a_blocking_check_on_its_table(definitions):
    graph = definitions.resolve_asset_graph()
    checks = {
        tuple(key.asset_key.path): graph.get_check_spec(key) for key in graph.asset_check_keys if key.name == "gate"
    }
    assert set(checks) == {(suite.edge, suite.table) for suite in (*RAW_SUITES, *MART_SUITES)}
    assert all(check.blocking and check.description for check in checks.values())


def test_every_table_at_the_two_edges_has_a_suite(definitions):
    keys = definitions.resolve_asset_graph().materializable_asset_keys
    edges = {tuple(key.path) for key in keys if key.path[0] in {"raw", "marts"}}
    assert edges == {(suite.edge, suite.table) for suite in (*RAW_SUITES, *MART_SUITES)}


def test_every_asset_is_described(definitions):
    graph = definitions.resolve_asset_graph()
    silent = [key.to_user_string() for key in graph.materializable_asset_keys if not graph.get(key).description]
    assert silent == []


def test_the_schedule_asks_for_a_run_every_day_at_five(repository):
    schedule = repository.get_schedule_def("daily_refresh")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 5 * * *", "UTC")
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2024, 7, 1, 5, tzinfo=UTC), repository_def=repository
    )
    tick = schedule.evaluate_tick(context)
    assert len(tick.run_requests) == 1
    assert tick.skip_message is None
    assert schedule.job_name == REFRESH


def test_the_published_asset_links_to_the_run_as_it_is_served(demo_run, definitions):
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("published"))
    metadata = event.asset_materialization.metadata
    run_id = demo_run.home.latest.readlink().as_posix()
    for name, file in (("report", "report.html"), ("summary", "summary.html"), ("workbook", "business_case.xlsx")):
        assert metadata[name] == dg.MetadataValue.url(f"http://localhost:3001/{run_id}/{file}")
        assert metadata[f"{name}_path"] == dg.MetadataValue.path(demo_run.home.published / run_id / file)


@pytest.mark.validate
def test_the_code_location_is_valid(validation):
    assert validation.code == 0, validation.out + validation.err
