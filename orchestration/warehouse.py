"""The run's database behind one small interface: DuckDB now, a distributed engine later.

Belongs here: opening, views over the raw zone, writing control and model tables, reading frames, copying for readers.
Does not belong here: SQL that knows what the data mean (dbt_project).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from orchestration.ingest import PROVENANCE_COLUMNS, Contract, LoadedFile

Rows = Sequence[Sequence[Any]]

# Columns of the raw zone that are not text.
_RAW_TYPES = {"_source_row": "bigint"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    """One DuckDB file. Each call opens and closes its own connection, because dbt and the gates open theirs."""

    path: Path
    spill_dir: Path
    threads: int
    memory_limit: str

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that is closed at the end, so that the next one (dbt's) may open the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(str(self.path))
        try:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"set threads = {self.threads}")
            connection.execute(f"set memory_limit = '{self.memory_limit}'")
            connection.execute("set temp_directory = $1", [str(self.spill_dir)])
            yield connection
        finally:
            connection.close()

    def create_raw_views(self, contract: Contract, files: Sequence[LoadedFile]) -> None:
        """A view `raw.<table>` per canonical table over the files the run sees; typed and empty without any."""
        with self.connect() as connection:
            connection.execute("create schema if not exists raw")
            for table in contract.tables.values():
                paths = sorted(str(file.path) for file in files if file.table == table.name)
                columns = [*table.column_names, *PROVENANCE_COLUMNS]
                connection.execute(f"create or replace view raw.{table.name} as {_raw_select(columns, paths)}")

    def drop_schema(self, schema: str) -> None:
        """Drop a schema with all its tables, if it is there."""
        with self.connect() as connection:
            connection.execute(f"drop schema if exists {schema} cascade")

    def write_tables(self, schema: str, tables: Mapping[str, tuple[Mapping[str, str], Rows]]) -> None:
        """Replace tables by rows of plain values: each is its columns (name to SQL type, in order) and its rows."""
        with self.connect() as connection:
            connection.execute(f"create schema if not exists {schema}")
            for name, (columns, rows) in tables.items():
                declared = ", ".join(f'"{column}" {sql_type}' for column, sql_type in columns.items())
                connection.execute(f'create or replace table {schema}."{name}" ({declared})')
                if rows:
                    marks = ", ".join("?" for _ in columns)
                    connection.executemany(f'insert into {schema}."{name}" values ({marks})', rows)

    def write_frames(self, frames: Mapping[str, pd.DataFrame]) -> None:
        """Replace tables, named `schema.table`, by frames."""
        with self.connect() as connection:
            for name, frame in frames.items():
                schema, table = name.split(".")
                connection.execute(f"create schema if not exists {schema}")
                connection.register("incoming", frame)
                connection.execute(f'create or replace table {schema}."{table}" as select * from incoming')
                connection.unregister("incoming")

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The result of a query as a frame. Decimals become floats: what Python reads, it models."""
        with self.connect() as connection:
            return connection.execute(sql, parameters).df()

    def read_all(self, queries: Mapping[str, str]) -> dict[str, pd.DataFrame]:
        """The result of each query by its name, over one connection: opening one takes longer than a small query."""
        with self.connect() as connection:
            return {name: connection.execute(sql).df() for name, sql in queries.items()}

    def tables(self, *schemas: str) -> list[tuple[str, str]]:
        """(schema, table) of the base tables in the given schemas, sorted."""
        with self.connect() as connection:
            return connection.execute(
                "select table_schema, table_name from information_schema.tables "
                "where list_contains($1, table_schema) and table_type = 'BASE TABLE' order by all",
                [list(schemas)],
            ).fetchall()

    def row_counts(self, schema: str) -> dict[str, int]:
        """Rows of each base table of a schema, by table name."""
        tables = [table for _, table in self.tables(schema)]
        with self.connect() as connection:
            return {
                table: connection.execute(f'select count(*) from {schema}."{table}"').fetchone()[0] for table in tables
            }

    def export_parquet(self, schemas: Sequence[str], folder: Path) -> dict[str, int]:
        """Write the tables of the schemas as `<schema>/<table>.parquet` below `folder`; returns rows by that path.

        Each is sorted by all its columns, so that equal content gives equal bytes.
        """
        rows = {}
        tables = self.tables(*schemas)
        with self.connect() as connection:
            # One thread: parallel writers would cut row groups where they happen to meet.
            connection.execute("set threads = 1")
            for schema, table in tables:
                path = f"{schema}/{table}.parquet"
                (folder / schema).mkdir(exist_ok=True)
                rows[path] = connection.execute(
                    f"copy (select * from {schema}.\"{table}\" order by all) to '{_quoted(folder / path)}' "
                    "(format parquet, compression zstd)"
                ).fetchone()[0]
        return rows

    def copy_tables(self, target: Path, schemas: Sequence[str]) -> None:
        """Copy the tables of the schemas into a new DuckDB file for readers, without views over the raw zone."""
        tables = self.tables(*schemas)
        with self.connect() as connection:
            connection.execute(f"attach '{_quoted(target)}' as copied")
            for schema in schemas:
                connection.execute(f"create schema if not exists copied.{schema}")
            for schema, table in tables:
                connection.execute(f'create table copied.{schema}."{table}" as select * from {schema}."{table}"')
            connection.execute("detach copied")


def _raw_select(columns: Sequence[str], paths: Sequence[str]) -> str:
    if paths:
        listed = ", ".join(f"'{_quoted(path)}'" for path in paths)
        return f"select {', '.join(columns)} from read_parquet([{listed}])"
    typed = ", ".join(f"cast(null as {_RAW_TYPES.get(column, 'varchar')}) as {column}" for column in columns)
    return f"select {typed} where false"


def _quoted(path: Path | str) -> str:
    return str(path).replace("'", "''")
