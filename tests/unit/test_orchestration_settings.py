"""Settings come from the environment once, and a wrong value is a sentence."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from orchestration.errors import VocRoiError
from orchestration.settings import PROJECT_ROOT, TELEMETRY_OFF, Settings


def test_defaults_are_the_demo_in_the_projects_own_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({})
    assert settings.profile_dir == PROJECT_ROOT / "config/demo"
    assert settings.profile == "demo"
    assert settings.home == PROJECT_ROOT / "var/demo"
    assert settings.inbox == settings.home / "inbox"
    assert (settings.threads, settings.demo_accounts, settings.demo_switches) == (2, None, None)


def test_relative_paths_count_from_the_working_directory(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acme").mkdir()
    settings = Settings.from_env({"VOC_PROFILE": "acme", "VOC_HOME": "data", "VOC_INBOX": "exports"})
    assert settings.profile_dir == tmp_path / "acme"
    assert settings.home == tmp_path / "data/acme"
    assert settings.inbox == tmp_path / "exports"


def test_the_profile_may_name_its_inbox_and_the_environment_goes_before_it(tmp_path):
    settings = Settings.from_env({"VOC_PROFILE": "config/demo"})
    assert settings.with_inbox_of(None).inbox == settings.home / "inbox"
    assert settings.with_inbox_of("../../exports").inbox == PROJECT_ROOT / "exports"
    assert settings.with_inbox_of(str(tmp_path)).inbox == tmp_path
    given = Settings.from_env({"VOC_INBOX": str(tmp_path)})
    assert given.with_inbox_of("../../exports").inbox == tmp_path


def test_profiles_share_nothing():
    one, other = (
        Settings.from_env({"VOC_PROFILE": f"config/{name}", "VOC_HOME": "/tmp/home"}) for name in ("demo", "ravenstack")
    )
    for folder in ("raw_dir", "work_dir", "published_dir", "dagster_dir", "dbt_target_dir", "warehouse_path"):
        assert getattr(one, folder).is_relative_to(one.home)
        assert not getattr(other, folder).is_relative_to(one.home)


def test_numbers_and_lists_are_read():
    environment = {
        "VOC_THREADS": "8",
        "VOC_MEMORY_LIMIT": "1GB",
        "VOC_DEMO_ACCOUNTS": "300",
        "VOC_DEMO_SWITCHES": "null,mnar",
    }
    settings = Settings.from_env(environment)
    assert (settings.threads, settings.memory_limit, settings.demo_accounts) == (8, "1GB", 300)
    assert settings.demo_switches == ("null", "mnar")


def test_the_reports_address_follows_its_port():
    assert Settings.from_env({}).report_url == "http://localhost:3001"
    settings = Settings.from_env({"VOC_REPORT_PORT": "8080"})
    assert settings.report_url == "http://localhost:8080"
    with pytest.raises(VocRoiError, match="VOC_REPORT_PORT is 'report', but it must be a whole number"):
        Settings.from_env({"VOC_REPORT_PORT": "report"})


def test_processes_that_dagster_starts_learn_the_reports_port(monkeypatch, tmp_path):
    environment: dict[str, str] = {}
    monkeypatch.setattr(os, "environ", environment)
    replace(Settings.from_env({"VOC_HOME": str(tmp_path)}), report_port=4711).apply_to_process()
    assert Settings.from_env(environment).report_url == "http://localhost:4711"


def test_no_switch_is_not_the_profiles_switches():
    assert Settings.from_env({"VOC_DEMO_SWITCHES": ""}).demo_switches == ()


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_a_number_that_is_none_is_a_sentence(value):
    with pytest.raises(VocRoiError, match=f"VOC_THREADS is '{value}', but it must be a whole number of at least 1"):
        Settings.from_env({"VOC_THREADS": value})


def test_a_profile_that_is_not_there_is_a_sentence():
    with pytest.raises(VocRoiError, match=r"VOC_PROFILE names the folder 'config/dmeo', which is not there; name a"):
        Settings.from_env({"VOC_PROFILE": "config/dmeo"})


def test_dbt_learns_where_the_warehouse_is(tmp_path):
    settings = Settings.from_env({"VOC_HOME": str(tmp_path), "VOC_THREADS": "3", "VOC_MEMORY_LIMIT": "2GB"})
    assert settings.dbt_environment() == {
        "VOC_WAREHOUSE_PATH": str(tmp_path / "demo/work/run.duckdb"),
        "VOC_WAREHOUSE_SPILL": str(tmp_path / "demo/work/spill"),
        "VOC_WAREHOUSE_THREADS": "3",
        "VOC_WAREHOUSE_MEMORY": "2GB",
    }


def test_a_home_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "home").write_text("a file", encoding="utf-8")
    settings = Settings.from_env({"VOC_HOME": str(tmp_path / "home")})
    with pytest.raises(VocRoiError, match=r"home/demo/dagster cannot be made \(Not a directory\); let VOC_HOME name a"):
        settings.apply_to_process()


def test_the_process_is_told_and_telemetry_is_off(tmp_path, monkeypatch):
    settings = Settings.from_env({"VOC_HOME": str(tmp_path)})
    environment = {}
    monkeypatch.setattr("orchestration.settings.os.environ", environment)
    settings.apply_to_process()
    wanted = TELEMETRY_OFF | settings.dbt_environment() | {"DAGSTER_HOME": str(settings.dagster_dir)}
    assert {name: environment.get(name) for name in wanted} == wanted
    assert settings.dagster_dir.is_dir()
