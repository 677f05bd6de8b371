"""The words in which suites are written.

Belongs here: kinds of expectations with their description, and how each is said to Great Expectations.
Does not belong here: what is expected of which table (`raw_suites.py`, `mart_suites.py`), running it (`runner.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCount:
    """The table has at least so many rows."""

    at_least: int

    @property
    def description(self) -> str:
        """What is expected, in words."""
        return f"the table has at least {self.at_least:,} row(s)"

    def to_gx(self, gxe: Any) -> Any:
        """As Great Expectations' own expectation."""
        return gxe.ExpectTableRowCountToBeBetween(min_value=self.at_least, description=self.description)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNull:
    """The column is filled in at least this share (0 to 1) of the rows."""

    column: str
    share: float = 1.0

    @property
    def description(self) -> str:
        """What is expected, in words."""
        return f"{self.column} is filled in at least {self.share:.0%} of the rows"

    def to_gx(self, gxe: Any) -> Any:
        """As Great Expectations' own expectation."""
        return gxe.ExpectColumnValuesToNotBeNull(column=self.column, mostly=self.share, description=self.description)


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """The column's values, where there are any, lie in a closed interval; None leaves a side open."""

    column: str
    least: float | None = None
    most: float | None = None

    @property
    def description(self) -> str:
        """What is expected, in words."""
        sides = [
            *([f"at least {self.least:g}"] if self.least is not None else []),
            *([f"at most {self.most:g}"] if self.most is not None else []),
        ]
        return f"{self.column} is {' and '.join(sides)}"

    def to_gx(self, gxe: Any) -> Any:
        """As Great Expectations' own expectation."""
        return gxe.ExpectColumnValuesToBeBetween(
            column=self.column, min_value=self.least, max_value=self.most, description=self.description
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRows:
    """The query over `{batch}` returns nothing; each row it returns breaks the rule in `description`."""

    description: str
    query: str

    def to_gx(self, gxe: Any) -> Any:
        """As Great Expectations' own expectation."""
        return gxe.UnexpectedRowsExpectation(unexpected_rows_query=self.query, description=self.description)


Expectation = RowCount | NotNull | Between | NoRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The expectations of one table at one edge; `edge` is its schema."""

    edge: str
    table: str
    expectations: tuple[Expectation, ...]
