"""Loading an inbox into the raw zone: what a run calls.

Belongs here: the order of things (find, check, keep, map, note) and what is skipped because it is already
there. Does not belong here: each of those steps (`inbox.py`, `check.py`, `raw_zone.py`, `ledger.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import SourceError
from orchestration.ingest.check import problems_of
from orchestration.ingest.contract import Contract
from orchestration.ingest.engine import mapping_connection
from orchestration.ingest.grammar import SourcesConfig
from orchestration.ingest.inbox import ExportFile, Seen, find_files, unmatched_files
from orchestration.ingest.ledger import Ledger, LoadEntry, append_load, read_ledger
from orchestration.ingest.mapping import Mapped, mapped_entries
from orchestration.ingest.raw_zone import keep_original, parquet_path, write_raw


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    """One export file mapped onto one canonical table.

    `source_file` is the name the rows carry in `_source_file`: the one the file had when it was first loaded.
    `rows_read` counts rows after unpivoting. `is_new` is False where an earlier load is used again.
    """

    source: str
    table: str
    source_file: str
    file_sha256: str
    mapping_hash: str
    path: Path
    rows_read: int
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """Everything a run reads, in the order of sources.yml and file names.

    `absent`: optional sources without a file. `unread`: names of files in the inbox that no source reads.
    """

    files: tuple[LoadedFile, ...]
    absent: tuple[str, ...]
    unread: tuple[str, ...] = ()

    @property
    def file_hashes(self) -> tuple[str, ...]:
        """SHA-256 of the files, for `record_published`."""
        return tuple(sorted({file.file_sha256 for file in self.files}))


def load_inbox(  # noqa: PLR0917 - the order is data flow: what to load, from where, to where
    profile: SourcesConfig,
    contract: Contract,
    inbox: Path,
    raw_dir: Path,
    loaded_at: str,
    progress: Callable[[str], None],
) -> LoadResult:
    """Load every file that the run sees, and return what it consists of.

    A file already loaded with the same mapping is not touched. `loaded_at` is an ISO 8601 text and is the
    only thing in the raw zone that two loads of equal files differ by. `progress` gets one line per file and
    table.

    Raises SourceError, before anything is loaded, with all that `check_sources` finds; and while loading,
    when a row cannot be read or an expression fails on a value (files loaded until then stay, and are used by
    the next run).
    """
    ledger = read_ledger(raw_dir)
    seen = find_files(profile, inbox, raw_dir, ledger)
    problems = problems_of(profile, contract, seen)
    if problems:
        raise SourceError(problems)
    loaded = []
    with mapping_connection() as connection:
        for file in seen.files:
            kept = keep_original(raw_dir, file)
            for mapped in mapped_entries(profile, file.source, contract.tables):
                result = _earlier(mapped, file, raw_dir, ledger)
                if result is None:
                    result = _load(connection, mapped, file, kept=kept, raw_dir=raw_dir, loaded_at=loaded_at)
                progress(_line(result, file))
                loaded.append(result)
    _report_unread(inbox, seen, progress)
    return LoadResult(files=tuple(loaded), absent=seen.absent, unread=tuple(unmatched_files(inbox, seen)))


def find_inputs(profile: SourcesConfig, inbox: Path, raw_dir: Path) -> set[tuple[str, str]]:
    """(source, SHA-256) of the files that a run would see now; nothing is loaded or checked."""
    seen = find_files(profile, inbox, raw_dir, read_ledger(raw_dir))
    return {(file.source, file.sha256) for file in seen.files}


def _earlier(mapped: Mapped, file: ExportFile, raw_dir: Path, ledger: Ledger) -> LoadedFile | None:
    """The load of the same bytes with the same mapping, if it was completed and its rows are still there."""
    path, identity = parquet_path(raw_dir, mapped, file.sha256), _identity(mapped, file)
    entry = ledger.find(**identity)
    if entry is None or not path.exists():
        return None
    return LoadedFile(**identity, source_file=entry.source_file, path=path, rows_read=entry.rows_read, is_new=False)


def _load(
    connection: duckdb.DuckDBPyConnection,
    mapped: Mapped,
    file: ExportFile,
    *,
    kept: Path,
    raw_dir: Path,
    loaded_at: str,
) -> LoadedFile:
    path, identity = parquet_path(raw_dir, mapped, file.sha256), _identity(mapped, file)
    rows = write_raw(connection, path, mapped, file=file, kept=kept, loaded_at=loaded_at)
    size = kept.stat().st_size
    entry = LoadEntry(**identity, loaded_at=loaded_at, source_file=file.name, bytes=size, rows_read=rows)
    append_load(raw_dir, entry)
    return LoadedFile(**identity, source_file=file.name, path=path, rows_read=rows, is_new=True)


def _identity(mapped: Mapped, file: ExportFile) -> dict[str, str]:
    return {
        "source": mapped.source_name,
        "table": mapped.table.name,
        "file_sha256": file.sha256,
        "mapping_hash": mapped.hash,
    }


def _line(result: LoadedFile, file: ExportFile) -> str:
    state = "new" if result.is_new else "loaded before"
    origin = ", kept from an earlier run" if file.is_carried_over else ""
    return f"{result.table} ← {file.name}: {result.rows_read:,} rows ({state}{origin})"


def _report_unread(inbox: Path, seen: Seen, progress: Callable[[str], None]) -> None:
    for source in seen.absent:
        progress(f"source {source}: no file, and it is optional")
    for name, original in seen.repeated:
        progress(f"{name}: the same bytes as {original}, read once")
    for name in unmatched_files(inbox, seen):
        progress(f"{name}: no source reads this file")
