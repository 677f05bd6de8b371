"""The dbt models as assets, and their tests as asset checks.

Belongs here: Dagster's view of the manifest, one op that builds everything in this process.
Does not belong here: running dbt (`transform.py`), SQL (dbt_project).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs

from orchestration import transform
from orchestration.run import Run

Manifest = Mapping[str, Any]


def dbt_assets(manifest: Manifest) -> dg.AssetsDefinition:
    """All models as one op: dbt orders them itself, and holds the one connection while it does.

    Every output is required, so that no model can be passed over while the run says success.
    """
    checks = test_specs(manifest)

    @dg.multi_asset(
        name="dbt",
        specs=[
            spec.replace_attributes(group_name=spec.key.path[0]) for spec in build_dbt_asset_specs(manifest=manifest)
        ],
        check_specs=list(checks.values()),
        required_resource_keys={"run"},
    )
    def dbt(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        run: Run = context.resources.run
        with run.step("dbt build") as remarks:
            nodes = {node.unique_id: node for node in transform.build(run.settings, run.say)}
            models = [node for node in nodes.values() if node.resource_type == "model"]
            run.test_count = len(nodes) - len(models)
            remarks.append(f"{len(models)} models, {run.test_count} tests")
        rows = run.warehouse.row_counts("marts")
        for node in models:
            counted = {"dagster/row_count": rows[node.name]} if node.name in rows else {}
            yield dg.MaterializeResult(
                asset_key=_key(manifest["nodes"][node.unique_id]), metadata={"seconds": node.seconds, **counted}
            )
        for unique_id, spec in checks.items():
            node = nodes[unique_id]
            yield dg.AssetCheckResult(
                check_name=spec.name,
                asset_key=spec.asset_key,
                passed=node.status in {"pass", "warn"},
                metadata={"seconds": node.seconds},
            )

    return dbt


def test_specs(manifest: Manifest) -> dict[str, dg.AssetCheckSpec]:
    """An asset check for each data test, by the test's id, on the model it is about (the first it refers to)."""
    specs = {}
    for unique_id, node in sorted(manifest["nodes"].items()):
        if node["resource_type"] != "test":
            continue
        about = node.get("attached_node") or next(
            parent for parent in node["depends_on"]["nodes"] if parent in manifest["nodes"]
        )
        specs[unique_id] = dg.AssetCheckSpec(
            name=node["name"],
            asset=_key(manifest["nodes"][about]),
            description=node.get("description") or None,
        )
    return specs


def mart_keys(manifest: Manifest) -> list[dg.AssetKey]:
    """Asset keys of the marts, sorted."""
    return sorted(
        _key(node)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    )


def _key(node: Mapping[str, Any]) -> dg.AssetKey:
    return DagsterDbtTranslator().get_asset_key(node)
