"""The load ledger: which file was mapped when, and which files each published run was made from.

Belongs here: reading and appending `raw/_ledger.jsonl`, one JSON object per line, never rewritten.
Does not belong here: the Parquet files (`raw_zone.py`); the audit trail of runs (`orchestration/audit.py`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.errors import SourceError

LEDGER_FILE = "_ledger.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadEntry:
    """One file mapped onto one table. `rows_read` counts after unpivoting; `bytes` is the file's size."""

    loaded_at: str
    source: str
    table: str
    source_file: str
    file_sha256: str
    mapping_hash: str
    bytes: int
    rows_read: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The ledger's content, oldest first. `published` pairs a run's id with its files' hashes."""

    loads: tuple[LoadEntry, ...] = ()
    published: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def find(self, *, source: str, table: str, file_sha256: str, mapping_hash: str) -> LoadEntry | None:
        """The load of a file with a mapping, if it has been done."""
        wanted = (source, table, file_sha256, mapping_hash)
        return next((e for e in self.loads if (e.source, e.table, e.file_sha256, e.mapping_hash) == wanted), None)

    def published_files(self, source: str) -> dict[str, str]:
        """Name → SHA-256 of a source's files that published runs used; the last published of each name."""
        names = {entry.file_sha256: entry.source_file for entry in self.loads if entry.source == source}
        return {names[sha256]: sha256 for _, files in self.published for sha256 in files if sha256 in names}


def read_ledger(raw_dir: Path) -> Ledger:
    """Read the ledger; an absent one is empty.

    A last line without its line end is what a crash leaves, and is passed over. Raises SourceError when any
    other line is damaged.
    """
    path = raw_dir / LEDGER_FILE
    if not path.exists():
        return Ledger()
    *lines, _torn = path.read_bytes().split(b"\n")
    loads, published = [], []
    for number, line in enumerate(lines, start=1):
        try:
            item = json.loads(line)
            if item.pop("kind") == "published":
                published.append((item["run_id"], tuple(item["files"])))
            else:
                loads.append(LoadEntry(**item))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise SourceError(
                f"{path.as_posix()}: line {number} is damaged; restore the file from a backup, or move the "
                "whole raw folder away so that the inbox is loaded anew."
            ) from None
    return Ledger(loads=tuple(loads), published=tuple(published))


def append_load(raw_dir: Path, entry: LoadEntry) -> None:
    """Append one load and force it to disk."""
    item = {name: getattr(entry, name) for name in entry.__slots__}
    _append(raw_dir, {"kind": "load", **item})


def record_published(raw_dir: Path, run_id: str, files: Iterable[str]) -> None:
    """Note that a run was published from the files with these SHA-256 hashes; once is enough."""
    noted = tuple(sorted(set(files)))
    published = read_ledger(raw_dir).published
    if published and published[-1] == (run_id, noted):
        return
    _append(raw_dir, {"kind": "published", "run_id": run_id, "files": noted})


def _append(raw_dir: Path, item: dict[str, Any]) -> None:
    raw_dir.mkdir(parents=True, exist_ok=True)
    path = raw_dir / LEDGER_FILE
    with path.open("a+b") as stream:
        stream.seek(0)
        content = stream.read()
        # What a crash left of a line would join with the new one and spoil both.
        stream.truncate(content.rfind(b"\n") + 1)
        stream.write(json.dumps(item, ensure_ascii=False, sort_keys=True).encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
