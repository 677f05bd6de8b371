"""The grammar of a profile's sources.yml, as pydantic models. docs/sources.md shows each construct by
example.

Belongs here: which keys exist, their types, and rules that need neither the contract nor a file.
Does not belong here: whether tables, columns and files exist (`check.py`), what a mapping does
(`mapping.py`).
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    field_validator,
    model_validator,
)

from orchestration.errors import did_you_mean
from orchestration.yaml_text import YamlDocument

NAMED_TIME_FORMATS = ("iso", "unix_seconds", "unix_milliseconds")
NAMED_DATE_FORMATS = ("iso",)


def _known_timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"there is no time zone '{name}'{did_you_mean(name, available_timezones())}")
    return name


TimeZone = Annotated[str, BeforeValidator(_known_timezone)]
OneCharacter = Annotated[str, Field(min_length=1, max_length=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]


class _Grammar(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _digits_shorthand(value: Any) -> Any:
    return {"digits": value} if isinstance(value, str | int) else value


class MinorUnits(_Grammar):
    """Whole cents, yen or fils → the currency's own unit: by fixed digits, or by each row's currency."""

    digits: int | None = Field(default=None, ge=0, le=6)
    currency: str | None = None
    exponents: dict[str, Annotated[int, Field(ge=0, le=6)]] = {}

    @model_validator(mode="after")
    def _one_way(self) -> MinorUnits:
        if (self.digits is None) == (self.currency is None):
            raise ValueError("give either a number of digits (minor_units: 2) or {currency: <column of the file>}.")
        return self


class Conversion(_Grammar):
    """What happens to a text on its way to a canonical column; at most one of time, date and number."""

    map: dict[str, str | None] = {}
    timestamp_format: str | None = None
    timezone: TimeZone | None = None
    date_format: str | None = None
    decimal: OneCharacter | None = None
    thousands: OneCharacter | None = None
    multiply_by: Annotated[Decimal, Field(gt=-10000, lt=10000, decimal_places=8)] | None = None
    minor_units: Annotated[MinorUnits, BeforeValidator(_digits_shorthand)] | None = None

    @property
    def is_number(self) -> bool:
        """Whether any key says how a number is written."""
        return any(item is not None for item in (self.decimal, self.thousands, self.multiply_by, self.minor_units))

    @field_validator("timestamp_format", "date_format")
    @classmethod
    def _known_format(cls, value: str | None, info: Any) -> str | None:
        named = NAMED_TIME_FORMATS if info.field_name == "timestamp_format" else NAMED_DATE_FORMATS
        if value is not None and "%" not in value and value not in named:
            raise ValueError(f"'{value}' is no format such as '%d/%m/%Y'{did_you_mean(value, named)}")
        return value

    @model_validator(mode="after")
    def _one_kind(self) -> Conversion:
        kinds = [
            name
            for name, is_used in (
                ("timestamp_format", self.timestamp_format is not None),
                ("date_format", self.date_format is not None),
                ("decimal/thousands/multiply_by/minor_units", self.is_number),
            )
            if is_used
        ]
        if len(kinds) > 1:
            raise ValueError(f"{' and '.join(kinds)} exclude one another; keep one.")
        if self.multiply_by is not None and self.minor_units is not None:
            raise ValueError("multiply_by and minor_units exclude one another; keep one.")
        if self.decimal is not None and self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both '{self.decimal}'; they must differ.")
        return self


class ColumnSpec(Conversion):
    """Where a canonical column's text comes from (`column`, `constant` or `sql`), and its conversion."""

    column: str | None = None
    constant: str | None = None
    sql: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnSpec:
        given = [name for name in ("column", "constant", "sql") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of column, constant and sql is needed; given: {', '.join(given) or 'none'}.")
        return self


def _column_shorthand(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


Column = Annotated[ColumnSpec, BeforeValidator(_column_shorthand)]


class UnpivotColumn(Conversion):
    """One column of the file that becomes rows: its name, its conversion, columns of its rows only."""

    name: str
    columns: dict[str, Column] = {}


def _name_shorthand(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class Unpivot(_Grammar):
    """One row of the file → one row for each named column."""

    names_to: str
    values_to: str
    columns: dict[str, Annotated[UnpivotColumn, BeforeValidator(_name_shorthand)]] = Field(min_length=1)


class TableMapping(_Grammar):
    """How the rows of a source become rows of one canonical table."""

    table: str
    columns: dict[str, Column] = {}
    unpivot: Unpivot | None = None
    exclude: dict[Name, str] = {}


class FileFormat(_Grammar):
    """How the export writes text. Rows are counted from 1, as a spreadsheet program shows them."""

    delimiter: str = ","
    encoding: str = "utf-8"
    quote: OneCharacter | None = '"'
    escape: OneCharacter | None = None
    skip_rows: int = Field(default=0, ge=0)
    header_rows: int = Field(default=1, ge=0)
    name_row: int = Field(default=1, ge=1)
    names: list[str] | None = None
    null_strings: list[str] = [""]
    timezone: TimeZone | None = None

    @field_validator("delimiter")
    @classmethod
    def _one_delimiter(cls, value: str) -> str:
        value = "\t" if value in ("tab", "\\t") else value
        if len(value) != 1:
            raise ValueError(f"the delimiter '{value}' is not one character; write one, or tab.")
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError:
            known = ("utf-8", "utf-16", "cp1252", "latin-1", "mac_roman", "shift_jis", "gb18030")
            raise ValueError(f"there is no text encoding '{value}'{did_you_mean(value, known)}") from None
        return value

    @model_validator(mode="after")
    def _has_names(self) -> FileFormat:
        if self.names is None and not 1 <= self.name_row <= self.header_rows:
            raise ValueError(
                f"name_row {self.name_row} is not one of the {self.header_rows} header rows; "
                "correct it, or list the columns under names."
            )
        return self


class SourceSpec(_Grammar):
    """One kind of export: which files, how they are written, what they mean."""

    file: str
    optional: bool = False
    delivery: Literal["snapshot", "increment"] = "snapshot"
    version_column: Column | None = None
    format: FileFormat = FileFormat()
    tables: list[TableMapping] = Field(min_length=1)

    @field_validator("file")
    @classmethod
    def _inside_inbox(cls, value: str) -> str:
        path = PurePosixPath(value)
        if not value or path.is_absolute() or ".." in path.parts:
            raise ValueError(f"'{value}' must be a file name or pattern inside the inbox, such as 'accounts*.csv'.")
        return value


class DemoSpec(_Grammar):
    """What the demo's generator draws when the inbox is empty."""

    seed: int = 7
    accounts: int = Field(default=3000, ge=1)
    months: int = Field(default=36, ge=1)
    switches: list[str] = []


class SourcesConfig(_Grammar):
    """A whole sources.yml."""

    company: str
    timezone: TimeZone = "UTC"
    inbox: str | None = None
    demo: DemoSpec | None = None
    sources: dict[Name, SourceSpec] = Field(min_length=1)

    _document: YamlDocument | None = PrivateAttr(default=None)

    def located(self, document: YamlDocument) -> SourcesConfig:
        """The same configuration, able to say on which line of `document` a key stands."""
        self._document = document
        return self

    def where(self, *key: str | int) -> str:
        """`file:line: dotted.key`, for sentences."""
        document = self._document or YamlDocument(label="sources.yml", data=None, lines={})
        return document.where(*key)

    def timezone_of(self, source: str) -> str:
        """The zone of a source's times that carry none: its own, else the company's."""
        return self.sources[source].format.timezone or self.timezone
