"""House rules of the dbt project, read from its manifest: ten of dbt-project-evaluator's, and which way data flow.

Exceptions stand in a table with a reason each; one that is no longer needed fails too.
"""

from __future__ import annotations

import re

import pytest
import yaml

from orchestration.transform import manifest
from tests.integration.pipeline import ROOT

MOST_JOINS = 7
FOLDER_PREFIXES = {"staging": ("stg_",), "intermediate": ("int_",), "marts": ("dim_", "fct_", "agg_")}
WITHOUT_KEY = {
    "int_calendar__as_of": "one row by construction",
    "int_feedback__contact_months": "a view of int_feedback__answer_spans, whose key and whose spans are tested",
    "int_rebuild__from_month": "one row by construction",
    "int_survey__paired": "a view; int_survey__matched is its table, with the key tested",
    "fct_rejected_rows": "an unpivoted source row may give several",
}
WITH_MANY_JOINS = {
    "agg_metric_scores": "sums, people and accounts are counted in passes of their own and met again",
    "agg_revenue_retention": "three windows of one calendar, each against the same months",
    "fct_account_360": "an account's card: each join adds a fact, one row each",
    "fct_follow_ups": "an answer, its follow-up, its account and its next answer",
    "fct_survey_calendar": "one row of rules, the calendar and the person's account",
    "fct_survey_invitations": "an invitation finds its person, the one before and its response",
    "dim_accounts": "an account's card: each join adds a fact, one row each",
    "fct_account_months": "an account-month: its tenure, its renewal and its score, one row each",
}


@pytest.fixture(scope="module")
def nodes(demo_run):
    with demo_run.home.environment():
        return manifest(demo_run.home.settings)["nodes"]


@pytest.fixture(scope="module")
def models(nodes):
    return {node["name"]: node for node in nodes.values() if node["resource_type"] == "model"}


def keys_tested_in(nodes):
    """Models on which a test of uniqueness is attached."""
    return {
        nodes[node["attached_node"]]["name"]
        for node in nodes.values()
        if node["resource_type"] == "test"
        and node.get("attached_node")
        and (node.get("test_metadata") or {}).get("name") in {"unique", "unique_key"}
    }


def is_classification(name):
    """Classified and rejected staging models: one per table of the contract, written by macros."""
    return name.endswith(("__classified", "__rejected"))


def test_every_model_says_what_a_row_is(models):
    silent = [
        name
        for name, model in models.items()
        if not model["description"].strip().split(". ")[-1].startswith("One row per ")
    ]
    assert silent == []


def test_every_model_has_a_tested_key(nodes, models):
    untested = set(models) - keys_tested_in(nodes)
    assert {name for name in untested if not is_classification(name)} == set(WITHOUT_KEY)


def test_marts_enforce_contracts_with_every_column_typed(models):
    marts = {name: model for name, model in models.items() if model["schema"] == "marts"}
    assert len(marts) > 10
    for name, model in marts.items():
        assert model["config"]["contract"]["enforced"], name
        assert model["columns"], name
        assert all(column["data_type"] for column in model["columns"].values()), name


def test_no_model_reads_a_room_to_its_right(models):
    order = ["staging", "intermediate", "marts"]
    by_id = {model["unique_id"]: model for model in models.values()}
    for model in models.values():
        for parent in model["depends_on"]["nodes"]:
            if parent in by_id:
                assert order.index(by_id[parent]["schema"]) <= order.index(model["schema"]), model["name"]


def test_only_staging_and_the_row_accounting_read_the_raw_zone(models):
    readers = {
        name
        for name, model in models.items()
        if any(parent.startswith("source.voc_roi.raw.") for parent in model["depends_on"]["nodes"])
    }
    assert {name for name in readers if not name.startswith("stg_raw__")} == {"agg_row_accounting"}


def folder_of(model):
    return model["original_file_path"].split("/")[1]


def sources_of(model):
    """Names of the raw tables that a model reads; control tables are parameters, not data."""
    return {parent.rpartition(".")[2] for parent in model["depends_on"]["nodes"] if ".raw." in parent}


def sql_of(model):
    """A model's text without comments."""
    return re.sub(r"--[^\n]*|\{#.*?#\}", "", model["raw_code"], flags=re.DOTALL)


def test_names_begin_as_their_folder_says(models):
    assert [
        name
        for name, model in models.items()
        if not name.startswith(FOLDER_PREFIXES[folder_of(model)]) and not is_classification(name)
    ] == []


def test_a_staging_model_reads_one_source(models):
    staging = [model for model in models.values() if model["name"].endswith("__classified")]
    assert len(staging) > 10
    assert [model["name"] for model in staging if len(sources_of(model)) != 1] == []


def test_no_table_is_hard_coded(models):
    named = re.compile(r"\b(?:from|join)\s+(?:raw|control|staging|intermediate|marts)\.", re.IGNORECASE)
    assert [name for name, model in models.items() if named.search(sql_of(model))] == []


def test_raw_sources_say_when_they_are_stale(demo_run):
    with demo_run.home.environment():
        sources = manifest(demo_run.home.settings)["sources"].values()
    raw = [source for source in sources if source["schema"] == "raw"]
    assert len(raw) > 10
    assert [source["name"] for source in raw if not (source["freshness"] or {}).get("warn_after")] == []


def test_no_model_joins_too_much(models):
    joins = {name: len(re.findall(r"\bjoin\b", sql_of(model))) for name, model in models.items()}
    assert {name for name, count in joins.items() if count > MOST_JOINS} == set(WITH_MANY_JOINS)


def test_every_model_is_read_or_published(models):
    read = {parent for model in models.values() for parent in model["depends_on"]["nodes"]}
    unread = {
        model["name"] for model in models.values() if folder_of(model) != "marts" and model["unique_id"] not in read
    }
    assert {name for name in unread if not is_classification(name)} == set()


def test_the_spill_folder_is_given_when_the_warehouse_is_opened():
    """dbt repeats `settings` for every query, and DuckDB refuses to set a spill folder that it has begun to use."""
    profiles = yaml.safe_load((ROOT / "dbt_project/profiles.yml").read_text(encoding="utf-8"))
    for output in profiles["voc_roi"]["outputs"].values():
        assert {"threads", "memory_limit", "temp_directory"} <= set(output["config_options"])
        assert set(output["settings"]) == {"TimeZone"}
