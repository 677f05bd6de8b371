"""Whether an SQL expression of a mapping is one that may stand there: about one row, the same at every run,
compiling.

Belongs here: syntax, columns, functions and result type of `sql` and `exclude` expressions.
Does not belong here: running them over a file (`raw_zone.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import duckdb

from orchestration.errors import did_you_mean
from orchestration.ingest.reader import empty_batch


class ExpressionChecker:
    """Checks expressions, each against the columns of a file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def problem(self, expression: str, names: list[str], *, is_predicate: bool) -> str | None:
        """The end of a sentence about the expression over columns `names`, or None when it may stand."""
        tree = self._parsed(expression)
        if tree.get("error"):
            return f"the expression is not SQL ({_first_line(tree['error_message'])}): {expression}"
        statements = tree["statements"]
        select = statements[0]["node"]
        if len(statements) != 1 or len(select.get("select_list", ())) != 1 or select["from_table"]["type"] != "EMPTY":
            return f"the expression must be a single value without FROM: {expression}"
        refused = self._refused(select["select_list"][0], names)
        return refused or self._binding(expression, names, is_predicate)

    def _parsed(self, expression: str) -> dict[str, Any]:
        # The line break ends a trailing comment, which would otherwise swallow the bracket.
        row = self._connection.execute("SELECT json_serialize_sql(?)", [f"SELECT ({expression}\n)"]).fetchone()
        return json.loads(row[0])

    def _refused(self, tree: dict[str, Any], names: list[str]) -> str | None:
        folded = {name.casefold() for name in names}
        for node in _nodes(tree):
            if node.get("class") == "COLUMN_REF":
                name = ".".join(node["column_names"])
                if name.casefold() not in folded:
                    return f"the file has no column '{name}'{did_you_mean(name, names)}"
            if node.get("class") in ("SUBQUERY", "WINDOW"):
                return "an expression sees one row of the file, so it has no subqueries and window functions."
            if node.get("class") == "FUNCTION" and node["function_name"].casefold() in self._changing:
                return (
                    f"{node['function_name']}() gives another value at every run, so equal exports would not "
                    "give equal results; take the value from a column of the file."
                )
        return None

    @cached_property
    def _changing(self) -> frozenset[str]:
        query = (
            "SELECT DISTINCT function_name FROM duckdb_functions() "
            "WHERE stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')"
        )
        return frozenset(row[0] for row in self._connection.execute(query).fetchall())

    def _binding(self, expression: str, names: list[str], is_predicate: bool) -> str | None:
        self._connection.register("file", empty_batch(names))
        try:
            # A plain column beside the expression makes an aggregate fail here, as it must: it would see a
            # batch of rows.
            described = self._connection.execute(f"DESCRIBE SELECT ({expression}\n) AS value, _voc_row FROM file")
            data_type = described.fetchall()[0][1]
        except duckdb.Error as error:
            return f"the expression does not compile ({_first_line(str(error))}): {expression}"
        if is_predicate and data_type != "BOOLEAN":
            return f"the rule gives a {data_type.lower()}, not true or false: {expression}; compare it."
        return None


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for item in tree.values():
            yield from _nodes(item)
    elif isinstance(tree, list):
        for item in tree:
            yield from _nodes(item)


def _first_line(message: str) -> str:
    return message.strip().splitlines()[0].rstrip(".!")
