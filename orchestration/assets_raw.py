"""The raw zone and the control tables as assets.

Belongs here: asset bodies that load the inbox and write the run's parameters.
Does not belong here: reading and mapping files (`ingest/`), making demo data (`demo/`).
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from orchestration.control import write_control_tables
from orchestration.ingest import Contract, load_inbox
from orchestration.inputs import ensure_inbox
from orchestration.run import Run

CONTROL_TABLES = ("control_bins", "controls", "metrics", "run_parameters", "tenure_steps")


def raw_assets(contract: Contract) -> dg.AssetsDefinition:
    """One asset per canonical table, loaded together: one export file may feed several tables."""

    @dg.multi_asset(
        name="raw",
        group_name="raw",
        specs=[
            dg.AssetSpec(
                ["raw", table],
                description=f"Canonical table `{table}` as loaded from the exports: text columns with their origin.",
                kinds={"parquet"},
            )
            for table in contract.tables
        ],
        required_resource_keys={"run"},
    )
    def raw(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        run: Run = context.resources.run
        with run.step("raw zone") as remarks:
            ensure_inbox(run.settings, run.sources, run.say)
            run.loaded = load_inbox(
                run.sources,
                run.contract,
                run.settings.inbox,
                run.settings.raw_dir,
                datetime.now(UTC).isoformat(timespec="seconds"),
                lambda _line: None,
            )
            for name in run.loaded.unread:
                run.say(f"{name}: no source of sources.yml reads this file")
            run.warehouse.create_raw_views(run.contract, run.loaded.files)
            rows = sum(file.rows_read for file in run.loaded.files)
            new = len({file.file_sha256 for file in run.loaded.files if file.is_new})
            remarks.append(f"{len(run.loaded.file_hashes)} files ({new} new), {rows:,} rows")
        for table in run.contract.tables:
            files = [file for file in run.loaded.files if file.table == table]
            yield dg.MaterializeResult(
                asset_key=["raw", table],
                metadata={
                    "dagster/row_count": sum(file.rows_read for file in files),
                    "files": dg.MetadataValue.md(
                        "\n".join(
                            ["| file | rows | SHA-256 |", "|---|---|---|"]
                            + [f"| {f.source_file} | {f.rows_read} | `{f.file_sha256[:16]}…` |" for f in files]
                        )
                    ),
                },
            )

    return raw


@dg.multi_asset(
    name="control",
    group_name="control",
    specs=[
        dg.AssetSpec(
            ["control", table],
            description="Run parameters from metrics.yml, as a table that dbt reads.",
            kinds={"duckdb"},
        )
        for table in CONTROL_TABLES
    ],
    required_resource_keys={"run"},
)
def control(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """Write the control tables."""
    run: Run = context.resources.run
    with run.step("parameters"):
        write_control_tables(
            run.warehouse,
            run.settings.dbt_dir / "models/staging/_control__sources.yml",
            run.metrics,
            run.case,
        )
    for table in CONTROL_TABLES:
        yield dg.MaterializeResult(asset_key=["control", table])
