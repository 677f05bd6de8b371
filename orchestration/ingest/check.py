"""Checking a profile before anything is loaded: every fault at once, a sentence each.

Belongs here: sources.yml against the input contract and against the files in the inbox.
Does not belong here: YAML syntax and unknown keys (`profile.py`), faults of single rows (dbt staging counts
them).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from orchestration.errors import SourceError, did_you_mean
from orchestration.ingest.contract import Contract
from orchestration.ingest.engine import mapping_connection
from orchestration.ingest.expressions import ExpressionChecker
from orchestration.ingest.grammar import ColumnSpec, SourcesConfig, SourceSpec
from orchestration.ingest.inbox import ExportFile, Seen, find_files
from orchestration.ingest.ledger import Ledger, read_ledger
from orchestration.ingest.mapping import Mapped, mapped_entries, variants
from orchestration.ingest.reader import check_readable, read_header

Key = tuple[str | int, ...]

# At least one of these must be mapped: without revenue there is nothing to weigh retention with.
REVENUE_TABLES = ("revenue", "contracts")


def check_sources(profile: SourcesConfig, contract: Contract, inbox: Path, raw_dir: Path | None = None) -> list[str]:
    """Every fault of the profile against contract and files, as sentences in the order of sources.yml.

    With `raw_dir`, files of earlier published increments are checked as well, as a run would map them again.
    Raises SourceError when the load ledger itself is damaged.
    """
    ledger = read_ledger(raw_dir) if raw_dir is not None else Ledger()
    seen = find_files(profile, inbox, raw_dir, ledger)
    return problems_of(profile, contract, seen)


def problems_of(profile: SourcesConfig, contract: Contract, seen: Seen) -> list[str]:
    """As `check_sources`, for files already found."""
    problems: list[str] = []
    for name in profile.sources:
        problems += _mapping_problems(profile, contract, name)
    problems += _required_tables(profile, contract, seen)
    problems += seen.problems
    with mapping_connection() as connection:
        checker = ExpressionChecker(connection)
        for file in seen.files:
            problems += _file_problems(profile, contract, file, checker)
    return list(dict.fromkeys(problems))


def _mapping_problems(profile: SourcesConfig, contract: Contract, source: str) -> Iterator[str]:
    for position, entry in enumerate(profile.sources[source].tables):
        if entry.table not in contract.tables:
            where = profile.where("sources", source, "tables", position, "table")
            hint = did_you_mean(entry.table, contract.tables)
            yield f"{where}: there is no canonical table '{entry.table}'{hint}"
    hashes: dict[str, int] = {}
    for mapped in mapped_entries(profile, source, contract.tables):
        earlier = hashes.setdefault(mapped.hash, mapped.position)
        if earlier != mapped.position:
            where = profile.where(*mapped.key)
            yield f"{where}: this entry repeats tables[{earlier}], so its rows would count twice; remove one."
        yield from _column_problems(profile, mapped)


def _column_problems(profile: SourcesConfig, mapped: Mapped) -> Iterator[str]:
    table, entry = mapped.table, mapped.entry
    types = {column.name: column.data_type for column in table.columns}
    for key, name in _canonical_names(mapped):
        if name not in types:
            yield f"{profile.where(*key)}: {table.name} has no column '{name}'{did_you_mean(name, types)}"
    for key, name, spec in _specs(mapped):
        if spec.date_format and types.get(name) == "timestamp":
            where = profile.where(*key)
            yield f"{where}: {name} is a point in time, not a day; write timestamp_format for date_format."
    if entry.unpivot is not None:
        for name in (entry.unpivot.names_to, entry.unpivot.values_to):
            if name in entry.columns:
                where = profile.where(*mapped.key, "columns", name)
                yield f"{where}: unpivot fills '{name}' as well; keep one of the two."
    given = set.intersection(*(set(columns) for columns in variants(entry)))
    missing = [column.name for column in table.columns if column.is_required and column.name not in given]
    if missing:
        names = ", ".join(f"'{name}'" for name in missing)
        where = profile.where(*mapped.key)
        yield f"{where}: {table.name} needs {names}, which no key maps; map each to a column or a constant."


def _canonical_names(mapped: Mapped) -> Iterator[tuple[Key, str]]:
    for name in mapped.entry.columns:
        yield (*mapped.key, "columns", name), name
    unpivot = mapped.entry.unpivot
    if unpivot is None:
        return
    yield (*mapped.key, "unpivot", "names_to"), unpivot.names_to
    yield (*mapped.key, "unpivot", "values_to"), unpivot.values_to
    for column, spec in unpivot.columns.items():
        for name in spec.columns:
            yield (*mapped.key, "unpivot", "columns", column, "columns", name), name


def _specs(mapped: Mapped) -> Iterator[tuple[Key, str, ColumnSpec]]:
    """Every column specification with its key and the canonical column it fills (or version_column)."""
    if mapped.source.version_column is not None:
        yield (
            ("sources", mapped.source_name, "version_column"),
            "version_column",
            mapped.source.version_column,
        )
    for name, spec in mapped.entry.columns.items():
        yield (*mapped.key, "columns", name), name, spec
    unpivot = mapped.entry.unpivot
    if unpivot is None:
        return
    for column, item in unpivot.columns.items():
        key = (*mapped.key, "unpivot", "columns", column)
        conversion = item.model_dump(exclude={"name", "columns"}, exclude_unset=True)
        yield key, unpivot.values_to, ColumnSpec(column=column, **conversion)
        for name, spec in item.columns.items():
            yield (*key, "columns", name), name, spec


def _required_tables(profile: SourcesConfig, contract: Contract, seen: Seen) -> Iterator[str]:
    """Sentences for required tables that no source, or only absent optional ones, would fill."""
    mapped: dict[str, list[str]] = {}
    for name, source in profile.sources.items():
        for entry in source.tables:
            mapped.setdefault(entry.table, []).append(name)
    where = profile.where("sources")
    needs = [(table.name,) for table in contract.tables.values() if table.is_required]
    for names in [*needs, REVENUE_TABLES]:
        feeding = [source for name in names for source in mapped.get(name, ())]
        title = " or ".join(names)
        if not feeding:
            yield f"{where}: no source is mapped onto {title}; a business case cannot do without it."
        elif set(feeding) <= set(seen.absent):
            listed = ", ".join(feeding)
            yield f"{where}: the only sources of {title} ({listed}) have no file; put one into the inbox."


def _file_problems(
    profile: SourcesConfig, contract: Contract, file: ExportFile, checker: ExpressionChecker
) -> Iterator[str]:
    source = profile.sources[file.source]
    if not file.path.exists():
        where = file.path.as_posix()
        yield f"{where}: the kept original of {file.name} is gone; put {file.name} into the inbox again."
        return
    try:
        check_readable(file.path, source.format)
        names = read_header(file.path, source.format)
    except SourceError as error:
        yield f"{file.name} (source {file.source}): {error}"
        return
    wrong_delimiter = _wrong_delimiter(names, source)
    if wrong_delimiter:
        yield f"{file.name} (source {file.source}): {wrong_delimiter}"
        return
    for mapped in mapped_entries(profile, file.source, contract.tables):
        yield from _header_problems(profile, mapped, names, file)
        for key, problem in _expression_problems(mapped, names, checker):
            yield f"{profile.where(*key)}: {file.name}: {problem}"


def _wrong_delimiter(names: list[str], source: SourceSpec) -> str | None:
    if len(names) != 1:
        return None
    found = next((sign for sign in (";", ",", "\t", "|") if sign in names[0] and sign != source.format.delimiter), None)
    if found is None:
        return None
    shown = "tab" if found == "\t" else found
    return f'the header is one column, "{names[0]}"; declare format: {{delimiter: "{shown}"}}.'


def _header_problems(profile: SourcesConfig, mapped: Mapped, names: list[str], file: ExportFile) -> Iterator[str]:
    for key, _, spec in _specs(mapped):
        currency = spec.minor_units.currency if spec.minor_units is not None else None
        for column in (spec.column, currency):
            if column is not None and column not in names:
                hint = did_you_mean(column, names)
                yield f"{profile.where(*key)}: {file.name} has no column '{column}'{hint}"


def _expression_problems(mapped: Mapped, names: list[str], checker: ExpressionChecker) -> Iterator[tuple[Key, str]]:
    expressions = [((*key, "sql"), spec.sql, False) for key, _, spec in _specs(mapped) if spec.sql is not None]
    expressions += [((*mapped.key, "exclude", rule), sql, True) for rule, sql in mapped.entry.exclude.items()]
    for key, sql, is_predicate in expressions:
        problem = checker.problem(sql, names, is_predicate=is_predicate)
        if problem:
            yield key, problem
