"""The dbt models as assets, and the tests of each model as one asset check.

Belongs here: Dagster's view of the manifest, one op that builds everything in this process.
Does not belong here: running dbt (`transform.py`), SQL (dbt_project).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs

from orchestration import transform
from orchestration.carry_over import begin_build, end_build
from orchestration.run import Run

Manifest = Mapping[str, Any]
CHECK = "dbt_tests"
_CHECK_TEXT = "The data tests of the model; any that fails stops the run."


def dbt_assets(manifest: Manifest) -> dg.AssetsDefinition:
    """All models as one op: dbt orders them itself, and holds the one connection while it does.

    Every output is required, so that no model can be passed over while the run says success.
    """
    tests = tests_by_model(manifest)

    @dg.multi_asset(
        name="dbt",
        specs=[
            spec.replace_attributes(group_name=spec.key.path[0]) for spec in build_dbt_asset_specs(manifest=manifest)
        ],
        check_specs=[dg.AssetCheckSpec(name=CHECK, asset=key, description=_CHECK_TEXT) for key in tests],
        required_resource_keys={"run"},
    )
    def dbt(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        run: Run = context.resources.run
        with run.step("dbt build") as remarks:
            carries_over = begin_build(run)
            built = transform.build(run.settings, run.say, anew=not carries_over)
            end_build(run)
            nodes = {node.unique_id: node for node in built}
            models = [node for node in nodes.values() if node.resource_type == "model"]
            run.test_count = len(nodes) - len(models)
            remarks.append(f"{len(models)} models, {run.test_count} tests")
            if carries_over:
                remarks.append("unchanged months carried over")
        rows = run.warehouse.row_counts("marts")
        for node in models:
            counted = {"dagster/row_count": rows[node.name]} if node.name in rows else {}
            yield dg.MaterializeResult(
                asset_key=_key(manifest["nodes"][node.unique_id]), metadata={"seconds": node.seconds, **counted}
            )
        for key, unique_ids in tests.items():
            # A test that fails has stopped the build; what is left to say is which ones held.
            held = {nodes[unique_id].name: nodes[unique_id].seconds for unique_id in unique_ids}
            yield dg.AssetCheckResult(check_name=CHECK, asset_key=key, passed=True, metadata={"seconds": held})

    return dbt


def tests_by_model(manifest: Manifest) -> dict[dg.AssetKey, list[str]]:
    """The ids of the data tests about each model (the one they are attached to, else the first they refer to)."""
    found: dict[dg.AssetKey, list[str]] = {}
    for unique_id, node in sorted(manifest["nodes"].items()):
        if node["resource_type"] != "test":
            continue
        about = node.get("attached_node") or next(
            parent for parent in node["depends_on"]["nodes"] if parent in manifest["nodes"]
        )
        found.setdefault(_key(manifest["nodes"][about]), []).append(unique_id)
    return found


def mart_keys(manifest: Manifest) -> list[dg.AssetKey]:
    """Asset keys of the marts, sorted."""
    return sorted(
        _key(node)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    )


def _key(node: Mapping[str, Any]) -> dg.AssetKey:
    return DagsterDbtTranslator().get_asset_key(node)
