"""What a build takes over from the one before it, so that a new month does not cost as much as all months.

Belongs here: deciding whether anything may be carried over, telling dbt which files arrived, noting what was built.
Does not belong here: which rows and months are built again for it (dbt_project/macros/carry_over.sql).

Tables are carried over only where code and configuration are the same; a build that did not end is begun anew. What
comes out is what a build of everything gives (tests/integration/test_carry_over.py).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestration.settings import Settings
from orchestration.warehouse import Warehouse

if TYPE_CHECKING:
    from orchestration.run import Run

FileKey = tuple[str, str, str]  # canonical table, source, SHA-256 of the file
_ARRIVED = {"table_name": "varchar", "source": "varchar", "file_sha256": "varchar"}
_FINGERPRINTS = {
    "input_name": "varchar",
    "month": "date",
    "count_rows": "bigint",
    "checksum": "decimal(38,0)",
}


def keep_warehouse(settings: Settings, *, config_sha256: str, code_sha256: str) -> bool:
    """True when the warehouse in `work/` is that of a finished build by this configuration and code."""
    built = _read(settings)
    return (
        settings.warehouse_path.exists()
        and built is not None
        and (built["config"], built["code"]) == (config_sha256, code_sha256)
    )


def forget_build(settings: Settings) -> None:
    """Make the next build begin anew."""
    settings.built_path.unlink(missing_ok=True)


def begin_build(run: Run) -> bool:
    """Write the source `carried`; True when the build may carry over, False when it must begin anew."""
    built = _read(run.settings)
    forget_build(run.settings)
    snapshots = {name for name, source in run.sources.sources.items() if source.delivery == "snapshot"}
    before = {tuple(key) for key in built["files"]} if built else set()
    write_carried(run.warehouse, files_to_classify(_files(run), before, snapshots), anew=built is None)
    # What the models wrote is of the run before, and not all of it is written every time.
    run.warehouse.drop_schema("roi")
    return built is not None


def end_build(run: Run) -> None:
    """Remember what was built; called when dbt has built everything and every test held."""
    keep_fingerprints(run.warehouse)
    built = {"config": run.config_sha256, "code": run.code_sha256, "files": sorted(_files(run))}
    run.settings.built_path.write_text(json.dumps(built, indent=1) + "\n", encoding="utf-8")


def files_to_classify(files: set[FileKey], before: set[FileKey], snapshots: set[str]) -> list[FileKey]:
    """Files whose rows must be forgotten and, where the run still sees them, classified again.

    Those that are new; beside them every snapshot source of the table, because which snapshot counts is seen from all
    of its rows; all of a table that a file is gone from, because its rows had set others aside.
    """
    arrived, gone = files - before, before - files
    shrunk, grown = {key[0] for key in gone}, {key[0] for key in arrived}
    return sorted(
        key for key in files | before if key in arrived or key[0] in shrunk or (key[0] in grown and key[1] in snapshots)
    )


def write_carried(warehouse: Warehouse, arrived: list[FileKey], *, anew: bool) -> None:
    """Write dbt's source `carried`: the files to classify and, to begin anew, no fingerprints."""
    tables: dict[str, Any] = {"arrived_files": (_ARRIVED, arrived)}
    if anew:
        tables["fingerprints"] = (_FINGERPRINTS, [])
    warehouse.write_tables("carried", tables)


def keep_fingerprints(warehouse: Warehouse) -> None:
    """Keep the fingerprints of what was built, for the next build to compare its own with."""
    with warehouse.connect() as connection:
        connection.execute(
            "create or replace table carried.fingerprints as from intermediate.int_rebuild__fingerprints"
        )


def _files(run: Run) -> set[FileKey]:
    return {(file.table, file.source, file.file_sha256) for file in run.loaded.files}


def _read(settings: Settings) -> dict[str, Any] | None:
    try:
        return json.loads(settings.built_path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
