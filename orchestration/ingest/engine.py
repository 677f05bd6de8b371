"""The DuckDB connection that mappings run on: in memory, one thread, UTC, and no way to files or the network.

Belongs here: opening it. Does not belong here: the warehouse that dbt builds in
(`orchestration/warehouse.py`).
"""

from __future__ import annotations

import duckdb


def mapping_connection() -> duckdb.DuckDBPyConnection:
    """A fresh connection on which a profile's SQL expressions can reach nothing but the rows given to them.

    One thread keeps the order of rows, and so the bytes of the raw zone, the same from run to run.
    """
    connection = duckdb.connect(":memory:", config={"enable_external_access": "false", "threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET lock_configuration = true")
    return connection
