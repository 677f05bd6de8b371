"""The SQL that dbt compiled, run by plain DuckDB: the floor of the benchmarks, and a quick way to try models on rows.

Belongs here: compiled models in their order, and the tables of a finished run that they begin with.
Does not belong here: timing (`overhead.py`, `warehouse.py`), what must hold (tests).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any


def compiled_nodes(home: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Models, each after what it reads, and data tests, as the home's last run compiled them."""
    nodes = json.loads((home / "dbt" / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    models = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}
    graph = {key: [up for up in node["depends_on"]["nodes"] if up in models] for key, node in models.items()}
    tests = [node for _, node in sorted(nodes.items()) if node["resource_type"] == "test"]
    for model in models.values():
        # dbt's last command may have been another one than the build, and then its manifest holds no SQL.
        model["compiled_code"] = (home / "dbt/compiled/voc_roi" / model["original_file_path"]).read_text(
            encoding="utf-8"
        )
    return [models[key] for key in TopologicalSorter(graph).static_order()], tests


def create_model(connection: Any, model: Mapping[str, Any], *, as_table: bool = False) -> None:
    """Build one model in a database called `run`."""
    kind = "table" if as_table else model["config"]["materialized"]
    connection.execute(f"create {kind} {model['relation_name']} as {model['compiled_code']}")


def copy_sources(connection: Any, finished: Path) -> None:
    """The raw views and the control tables of a finished run, in the schemas `raw` and `control`."""
    connection.execute(f"attach '{finished}' as finished (read_only)")
    connection.execute("create schema raw")
    connection.execute("create schema control")
    views = "select sql from duckdb_views() where database_name = 'finished' and schema_name = 'raw'"
    for (statement,) in connection.execute(views).fetchall():
        connection.execute(statement)
    tables = "select table_name from duckdb_tables() where database_name = 'finished' and schema_name = 'control'"
    for (table,) in connection.execute(tables).fetchall():
        connection.execute(f"create table control.{table} as select * from finished.control.{table}")
    connection.execute("detach finished")
