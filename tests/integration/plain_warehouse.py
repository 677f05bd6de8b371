"""A warehouse in memory that runs the models' compiled SQL on rows a test makes up: milliseconds instead of a dbt run.

Belongs here: tables of the right columns and types, filling some, running some models, reading others.
Does not belong here: rows (`tiny_company.py`, the tests), what must hold (the tests).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from bench.plain_sql import compiled_nodes

Rows = Sequence[Mapping[str, Any]]


class PlainWarehouse:
    """The relations of a finished run's warehouse, empty; `home` is the profile's folder of that run."""

    def __init__(self, home: Path) -> None:
        models, _tests = compiled_nodes(home)
        self._models = {model["name"]: model for model in models}
        self._order = list(self._models)
        self._reads = {
            name: {key.rpartition(".")[2] for key in model["depends_on"]["nodes"]} & set(self._models)
            for name, model in self._models.items()
        }
        self._connection = duckdb.connect()
        self._connection.execute("set TimeZone = 'UTC'")
        self._connection.execute("set threads = 1")
        self._connection.execute("attach ':memory:' as run")
        self._connection.execute(f"attach '{home / 'work' / 'run.duckdb'}' as finished (read_only)")
        self._relations: dict[str, str] = {}
        # From the columns and not from the relations: a view of the finished file names the database `run`.
        found = self._connection.execute(
            "select schema_name, table_name, "
            "string_agg('\"' || column_name || '\" ' || data_type, ', ' order by column_index) "
            "from duckdb_columns() where database_name = 'finished' and not internal group by all order by all"
        ).fetchall()
        for schema, name, columns in found:
            self._connection.execute(f"create schema if not exists run.{schema}")
            self._connection.execute(f"create table run.{schema}.{name} ({columns})")
            self._relations |= {name: f"run.{schema}.{name}", f"{schema}.{name}": f"run.{schema}.{name}"}

    def fill(self, relation: str, rows: Rows) -> None:
        """Replace a relation's rows; columns that a row does not name are null."""
        target = self._relations[relation]
        self._connection.execute(f"delete from {target}")
        for row in rows:
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            self._connection.execute(f"insert into {target} ({names}) values ({marks})", list(row.values()))

    def copy_sources(self) -> None:
        """Fill the raw and the control tables with the finished run's rows."""
        for schema in ("raw", "control"):
            for name in self.names(schema):
                self._connection.execute(f"delete from run.{schema}.{name}")
                self._connection.execute(f"insert into run.{schema}.{name} from finished.{schema}.{name}")

    def copy_schema(self, schema: str, database: Path) -> None:
        """Fill the tables of a schema with the rows that another database has under the same names."""
        self._connection.execute(f"attach '{database}' as given (read_only)")
        for name in self.names(schema):
            self._connection.execute(f"delete from run.{schema}.{name}")
            self._connection.execute(f"insert into run.{schema}.{name} by name from given.{schema}.{name}")
        self._connection.execute("detach given")

    def names(self, schema: str) -> list[str]:
        """The relations of a schema."""
        return sorted(name.removeprefix(f"{schema}.") for name in self._relations if name.startswith(f"{schema}."))

    def columns(self, relation: str) -> list[str]:
        """The columns of a relation, in order."""
        return [row["column_name"] for row in self.rows(f"describe {self._relations[relation]}")]

    def execute(self, sql: str) -> None:
        """Change what was filled in; relations are `run.<schema>.<name>`."""
        self._connection.execute(sql)

    def run(self, names: Iterable[str] | None = None) -> None:
        """Run these models, all of them by default, each after what it reads."""
        wanted = set(self._order if names is None else names)
        for name in (name for name in self._order if name in wanted):
            target = self._relations[name]
            self._connection.execute(f"delete from {target}")
            self._connection.execute(f"insert into {target} by name {self._models[name]['compiled_code']}")

    def run_up_to(self, names: Iterable[str]) -> None:
        """Run these models and all that they read."""
        wanted, waiting = set(), set(names)
        while waiting:
            wanted |= waiting
            waiting = {read for name in waiting for read in self._reads[name]} - wanted
        self.run(wanted)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The result of a query."""
        return self._connection.execute(sql).fetch_arrow_table().to_pylist()
