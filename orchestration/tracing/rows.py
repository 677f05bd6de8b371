"""The rows of a published table that stand behind a figure.

Belongs here: reading a published Parquet file, finding the row that holds a value, saying how the value comes of the
rows. Does not belong here: which table a figure comes from (`trace.py`), how rows are printed (`lines.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from roi_models.report.format import KEPT_DECIMALS, round_for_unit, to_number
from roi_models.report.rows import slug

SHOWN_ROWS = 5
# Beyond this many rows a table is searched by value inside DuckDB, not row by row.
_READ_ROWS = 5_000
_STATED = "Stated in: "

Row = Mapping[str, Any]
Figure = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRows:
    """Rows behind a figure. `how`: a sentence on what they are to it; `count`: rows of the whole table."""

    table: str
    path: str
    count: int
    how: str
    rows: tuple[Row, ...]


class PublishedTable:
    """One Parquet file of a published run, read and never written."""

    def __init__(self, folder: Path, table: str) -> None:
        self.table = table
        self.path = folder / f"{table.replace('.', '/')}.parquet"

    @cached_property
    def count(self) -> int:
        """Rows of the table."""
        return self._query("select count(*) as n from {file}")[0]["n"]

    @cached_property
    def first_rows(self) -> list[Row]:
        """The table's first rows, all of them where it is not large."""
        return self._query(f"select * from {{file}} limit {_READ_ROWS}")

    def rows_near(self, column: str, value: float, unit: str) -> list[Row]:
        """The rows whose column may hold the value, as a share or as per cent, before rounding is looked at."""
        if self.count <= _READ_ROWS:
            return self.first_rows
        limit = 10.0 ** -KEPT_DECIMALS[unit]
        near = " or ".join(f"abs(try_cast({_name(column)} as double) * {scale} - $1) <= $2" for scale in (1, 100))
        return self._query(f"select * from {{file}} where {near} limit {_READ_ROWS}", [value, limit])

    def _query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        quoted = str(self.path).replace("'", "''")
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.execute(sql.format(file=f"'{quoted}'"), parameters).to_arrow_table().to_pylist()


def find_rows(
    table: PublishedTable, figure: Figure, column: str, siblings: Sequence[tuple[str, Figure]] = ()
) -> FoundRows:
    """The very row where the value and the names in the figure's id single one out, else what the value is made of.

    `siblings`: columns and figures that the page prints in the same row, from other columns of the same table.
    """
    how, rows = (
        _stated(table, figure, column) or _holding(table, figure, column, siblings) or _made_of(table, figure, column)
    )
    return FoundRows(
        table=table.table,
        path=str(table.path),
        count=table.count,
        how=how,
        rows=tuple(rows[:SHOWN_ROWS]),
    )


def _stated(table: PublishedTable, figure: Figure, column: str) -> tuple[str, list[Row]] | None:
    """The row whose text states the number, for figures that stand only inside a sentence."""
    if not figure["definition"].startswith(_STATED):
        return None
    text = figure["definition"].removeprefix(_STATED)
    rows = [row for row in table.first_rows if row[column] == text]
    return (f"The text in the column {column} of this row states the number.", rows) if rows else None


def _holding(
    table: PublishedTable, figure: Figure, column: str, siblings: Sequence[tuple[str, Figure]]
) -> tuple[str, list[Row]] | None:
    """The rows whose column holds the value; of several, those that the siblings and the id point at most closely."""
    if table.count == 1:
        return "The table has this one row.", list(table.first_rows)
    near = table.first_rows if figure["value"] is None else table.rows_near(column, figure["value"], figure["unit"])
    holding = [(_count_held(row, siblings), row) for row in near if _holds(row[column], figure)]
    most = max((count for count, _ in holding), default=0)
    # A sum of many rows may by chance be what one of them holds; then the other figures of its row are not there.
    if not holding or 2 * most < len(siblings):
        return None
    rows = _best_named([row for count, row in holding if count == most], figure)
    if len(rows) == 1:
        return f"This row holds it, of {table.count:,}.", rows
    return f"Each of {len(rows):,} rows of {table.count:,} holds this value{_first(rows)}.", rows


def _count_held(row: Row, siblings: Sequence[tuple[str, Figure]]) -> int:
    return sum(_holds(row[column], figure) for column, figure in siblings)


def _made_of(table: PublishedTable, figure: Figure, column: str) -> tuple[str, list[Row]]:
    """What the value is computed from, checked where it is a plain sum or number of rows."""
    if table.count == 0:
        return "The table has no rows in this run.", []
    named = _best_named(table.first_rows, figure)
    if table.count <= _READ_ROWS:
        for rows in (named, table.first_rows):
            operation = _operation(rows, figure, column)
            if operation:
                return f"It is {operation} over {_which(rows, table)}{_first(rows)}.", list(rows)
    rows = f"{table.count:,} rows; {_shown(named, table)}"
    return f"It is computed from the column {column} of the table's {rows}.", named


def _shown(named: Sequence[Row], table: PublishedTable) -> str:
    """Which rows are shown of a value that none of them holds."""
    which = "" if len(named) == len(table.first_rows) else f" of the {len(named):,} that its id names"
    return f"the first {SHOWN_ROWS}{which} are shown" if len(named) > SHOWN_ROWS else f"those{which} are shown"


def _which(rows: Sequence[Row], table: PublishedTable) -> str:
    if len(rows) == table.count:
        return f"all {table.count:,} rows"
    if len(rows) == 1:
        return f"the one row that its id names, of {table.count:,}"
    return f"the {len(rows):,} rows that its id names, of {table.count:,}"


def _operation(rows: Sequence[Row], figure: Figure, column: str) -> str:
    """`the sum of …`, `the number of …`: the plain operation that gives the value, if one does."""
    present = [number for number in (_number(row[column]) for row in rows) if number is not None]
    if present and _holds(math.fsum(present), figure):
        return f"the sum of the column {column}"
    if _holds(len(rows), figure):
        return "the count"
    return ""


def _holds(value: object, figure: Figure) -> bool:
    """Whether a cell is the figure's value, as it is or as a share of one, rounded as the figure is."""
    number = _number(value)
    if number is None or figure["value"] is None:
        return value is None and figure["value"] is None
    return any(round_for_unit(number * scale, figure["unit"]) == figure["value"] for scale in (1, 100))


def _number(value: object) -> float | int | None:
    return to_number(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else None


def _best_named(rows: Sequence[Row], figure: Figure) -> list[Row]:
    """The rows of which most stands in the figure's id, in their order."""
    if not rows:
        return []
    scored = [(_named_values(row, figure["id"]), row) for row in rows]
    best = max(score for score, _ in scored)
    return [row for score, row in scored if score == best]


def _named_values(row: Row, figure_id: str) -> int:
    """How many letters of a row's texts, months and numbers stand as parts in the id: longer names say more."""
    inside = f".{figure_id.replace('~', '.')}."
    # `m12`, `y1`, `top03`: a number behind a letter that says what it counts.
    numbers = {part.lstrip("abcdefghijklmnopqrstuvwxyz").lstrip("0") for part in inside.split(".")}
    length = 0
    for value in set(row.values()):
        if isinstance(value, str) and value and f".{slug(value)}." in inside:
            length += len(slug(value))
        elif isinstance(value, int) and not isinstance(value, bool) and str(value) in numbers:
            length += len(str(value))
    return length


def _first(rows: Sequence[Row]) -> str:
    return f"; the first {SHOWN_ROWS} are shown" if len(rows) > SHOWN_ROWS else ""


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
