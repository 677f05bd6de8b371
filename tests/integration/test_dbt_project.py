"""House rules of the dbt project, read from its manifest: descriptions, keys, contracts."""

from __future__ import annotations

import pytest

from orchestration.transform import manifest

# One row by construction; and rejected rows, of which an unpivoted source row may give several.
WITHOUT_KEY = {"int_calendar__as_of", "fct_rejected_rows"}


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
        if not is_classification(name) and not model["description"].strip().split(". ")[-1].startswith("One row per ")
    ]
    assert silent == []


def test_every_model_has_a_tested_key(nodes, models):
    untested = set(models) - keys_tested_in(nodes) - WITHOUT_KEY
    assert sorted(name for name in untested if not is_classification(name)) == []


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
