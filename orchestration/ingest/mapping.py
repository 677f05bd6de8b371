"""A table mapping as one SQL statement over the file's rows, and the hash that tells two mappings apart.

Belongs here: columns, constants, expressions, labels, unpivoting, exclusion, provenance columns.
Does not belong here: how a text is converted (`convert.py`), running the statement (`raw_zone.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from orchestration.ingest.contract import ContractTable
from orchestration.ingest.convert import convert, identifier, literal, version
from orchestration.ingest.grammar import ColumnSpec, SourcesConfig, SourceSpec, TableMapping
from orchestration.ingest.reader import MALFORMED, ROW_NUMBER

# Raised whenever the same YAML would map a file differently, so that files are mapped anew.
GRAMMAR_VERSION = 1

PROVENANCE_COLUMNS = (
    "_source",
    "_source_file",
    "_source_row",
    "_file_sha256",
    "_loaded_at",
    "_excluded_by",
    "_malformed",
    "_delivery",
    "_version",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """One entry under a source's `tables`, with everything its SQL depends on."""

    source_name: str
    source: SourceSpec
    position: int
    entry: TableMapping
    table: ContractTable
    timezone: str

    @property
    def key(self) -> tuple[str | int, ...]:
        """Where the entry stands in sources.yml."""
        return ("sources", self.source_name, "tables", self.position)

    @property
    def hash(self) -> str:
        """SHA-256 of all that decides how a file's rows come out, as hexadecimal text."""
        payload = {
            "version": GRAMMAR_VERSION,
            "source": self.source_name,
            "entry": self.entry.model_dump(mode="json"),
            "format": self.source.format.model_dump(mode="json"),
            "timezone": self.timezone,
            "delivery": self.source.delivery,
            "version_column": self.source.version_column and self.source.version_column.model_dump(mode="json"),
            "columns": [(column.name, column.data_type) for column in self.table.columns],
        }
        return hashlib.sha256(json.dumps(payload, ensure_ascii=False).encode()).hexdigest()


def mapped_entries(profile: SourcesConfig, source_name: str, tables: Mapping[str, ContractTable]) -> list[Mapped]:
    """A source's entries whose canonical table exists, in the file's order."""
    source = profile.sources[source_name]
    return [
        Mapped(
            source_name=source_name,
            source=source,
            position=position,
            entry=entry,
            table=tables[entry.table],
            timezone=profile.timezone_of(source_name),
        )
        for position, entry in enumerate(source.tables)
        if entry.table in tables
    ]


def variants(entry: TableMapping) -> list[dict[str, ColumnSpec]]:
    """The canonical columns of each row that one row of the file gives: one, or one per unpivoted column."""
    if entry.unpivot is None:
        return [dict(entry.columns)]
    unpivot = entry.unpivot
    found = []
    for column, spec in unpivot.columns.items():
        conversion = spec.model_dump(exclude={"name", "columns"}, exclude_unset=True)
        found.append(
            {
                **entry.columns,
                unpivot.names_to: ColumnSpec(constant=spec.name),
                unpivot.values_to: ColumnSpec(column=column, **conversion),
                **spec.columns,
            }
        )
    return found


def mapping_sql(mapped: Mapped, names: list[str], provenance: Mapping[str, str]) -> str:
    """SELECT over a relation `batch` (see `reader.read_batches`) that gives the raw zone's columns in order.

    `provenance` has the texts of _source_file, _file_sha256 and _loaded_at.
    """
    rows = " UNION ALL ".join(_variant_sql(mapped, columns, provenance) for columns in variants(mapped.entry))
    return f"WITH file AS ({_file_sql(mapped, names)}) {rows}"


def _file_sql(mapped: Mapped, names: list[str]) -> str:
    """The file's columns with its null strings (compared without surrounding blanks) turned into NULL."""
    nulls = ", ".join(literal(text.strip()) for text in mapped.source.format.null_strings)
    if nulls:
        columns = [
            f"CASE WHEN trim({name}) IN ({nulls}) THEN NULL ELSE {name} END AS {name}"
            for name in map(identifier, names)
        ]
    else:
        columns = [identifier(name) for name in names]
    return f"SELECT {', '.join([*columns, ROW_NUMBER, MALFORMED])} FROM batch"


def _variant_sql(mapped: Mapped, columns: Mapping[str, ColumnSpec], provenance: Mapping[str, str]) -> str:
    """One output row per row of `file`. The inner SELECT picks texts, the outer one converts them."""
    picked, converted = [], []
    for column in mapped.table.columns:
        name, spec = identifier(column.name), columns.get(column.name)
        if spec is None:
            converted.append(f"CAST(NULL AS VARCHAR) AS {name}")
            continue
        picked.append(f"{_picked(spec)} AS {name}")
        currency = "NULL"
        if spec.minor_units is not None and spec.minor_units.currency is not None:
            currency = identifier(f"_currency_of_{column.name}")
            picked.append(f"{identifier(spec.minor_units.currency)} AS {currency}")
        converted.append(f"{convert(name, spec, column.data_type, mapped.timezone, currency)} AS {name}")
    picked += [f"{sql} AS {identifier(name)}" for name, sql in _provenance(mapped, provenance).items()]
    converted += [identifier(name) for name in PROVENANCE_COLUMNS]
    return f"SELECT {', '.join(converted)} FROM (SELECT {', '.join(picked)} FROM file)"


def _picked(spec: ColumnSpec) -> str:
    """SQL of the text before conversion: column, constant or expression, then labels → values."""
    if spec.constant is not None:
        text = f"CAST({literal(spec.constant)} AS VARCHAR)"
    elif spec.sql is not None:
        text = f"CAST(({spec.sql}\n) AS VARCHAR)"
    else:
        text = identifier(str(spec.column))
    if not spec.map:
        return text
    labels = " ".join(f"WHEN {literal(label)} THEN {literal(value)}" for label, value in spec.map.items())
    return f"CASE trim({text}) {labels} ELSE {text} END"


def _provenance(mapped: Mapped, provenance: Mapping[str, str]) -> dict[str, str]:
    texts = {
        "_source": mapped.source_name,
        "_source_file": provenance["_source_file"],
        "_file_sha256": provenance["_file_sha256"],
        "_loaded_at": provenance["_loaded_at"],
        "_delivery": mapped.source.delivery,
    }
    sql = {name: f"CAST({literal(text)} AS VARCHAR)" for name, text in texts.items()}
    sql["_source_row"] = ROW_NUMBER
    sql["_malformed"] = MALFORMED
    sql["_excluded_by"] = _excluded_by(mapped.entry)
    spec = mapped.source.version_column
    sql["_version"] = "CAST(NULL AS VARCHAR)" if spec is None else version(_picked(spec), spec, mapped.timezone)
    return sql


def _excluded_by(entry: TableMapping) -> str:
    """SQL of the first rule that holds. A malformed row is never excluded: its fields cannot be trusted."""
    if not entry.exclude:
        return "CAST(NULL AS VARCHAR)"
    rules = " ".join(f"WHEN ({predicate}\n) THEN {literal(name)}" for name, predicate in entry.exclude.items())
    return f"CASE WHEN {MALFORMED} IS NOT NULL THEN NULL {rules} END"
