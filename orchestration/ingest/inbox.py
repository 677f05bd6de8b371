"""Which files a run sees: those in the inbox, and for increments those of earlier published runs.

Belongs here: matching patterns, hashing, what is carried over from before.
Does not belong here: reading the files' content (`reader.py`), judging a mapping (`check.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import did_you_mean
from orchestration.fingerprint import file_sha256
from orchestration.ingest.grammar import SourcesConfig
from orchestration.ingest.ledger import Ledger

KEPT_FILES = "_files"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """One file that a run sees. `name` is relative to the inbox; `path` is where its bytes are now."""

    source: str
    name: str
    path: Path
    sha256: str
    is_carried_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was found: files by source and name, optional sources without any, faults as sentences.

    `repeated` pairs the name of a file with that of an earlier one of the same bytes, which alone is read.
    """

    files: tuple[ExportFile, ...]
    absent: tuple[str, ...]
    repeated: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]


def find_files(profile: SourcesConfig, inbox: Path, raw_dir: Path | None, ledger: Ledger) -> Seen:
    """Find each source's files. Earlier increments are looked for in `raw_dir`, unless it is None."""
    if not inbox.is_dir():
        where = inbox.as_posix()
        problem = f"{where}: the inbox folder does not exist; create it, or point VOC_INBOX at the exports."
        return Seen(files=(), absent=(), repeated=(), problems=(problem,))
    files: list[ExportFile] = []
    absent: list[str] = []
    repeated: list[tuple[str, str]] = []
    problems: list[str] = []
    for name, source in profile.sources.items():
        present, copies = _present(name, source.file, inbox)
        repeated += copies
        if source.delivery == "increment" and raw_dir is not None:
            present += _carried_over(name, present, raw_dir, ledger)
        if present:
            files += sorted(present, key=lambda file: file.name)
        elif source.optional:
            absent.append(name)
        else:
            problems.append(_missing(profile, name, inbox))
        if len(present) > 1 and source.delivery == "snapshot" and source.version_column is None:
            names = ", ".join(file.name for file in present)
            problems.append(
                f"{profile.where('sources', name, 'file')}: '{source.file}' matches {len(present)} snapshots "
                f"({names}); keep one in the inbox, or name a version_column, or declare delivery: increment."
            )
    return Seen(files=tuple(files), absent=tuple(absent), repeated=tuple(repeated), problems=tuple(problems))


def unmatched_files(inbox: Path, seen: Seen) -> list[str]:
    """Names of inbox files that no source reads, sorted."""
    used = {file.name for file in seen.files if not file.is_carried_over} | {name for name, _ in seen.repeated}
    return [name for name in _names(inbox) if name not in used]


def _present(source: str, pattern: str, inbox: Path) -> tuple[list[ExportFile], list[tuple[str, str]]]:
    """The inbox's files of a source, and each name whose bytes an earlier name has."""
    by_hash: dict[str, ExportFile] = {}
    copies = []
    for path in sorted(path for path in inbox.glob(pattern) if path.is_file()):
        name, sha256 = path.relative_to(inbox).as_posix(), file_sha256(path)
        if sha256 in by_hash:
            copies.append((name, by_hash[sha256].name))
            continue
        by_hash[sha256] = ExportFile(source=source, name=name, path=path, sha256=sha256, is_carried_over=False)
    return list(by_hash.values()), copies


def _carried_over(source: str, present: list[ExportFile], raw_dir: Path, ledger: Ledger) -> list[ExportFile]:
    """Files of earlier published runs that the inbox holds neither by name nor by content."""
    names, hashes = {file.name for file in present}, {file.sha256 for file in present}
    return [
        ExportFile(source=source, name=name, path=raw_dir / KEPT_FILES / sha256, sha256=sha256, is_carried_over=True)
        for name, sha256 in ledger.published_files(source).items()
        if name not in names and sha256 not in hashes
    ]


def _missing(profile: SourcesConfig, source: str, inbox: Path) -> str:
    pattern = profile.sources[source].file
    return (
        f"{profile.where('sources', source, 'file')}: no file in {inbox.as_posix()} matches '{pattern}'"
        f"{did_you_mean(pattern, _names(inbox))} Put the export there, or declare optional: true."
    )


def _names(inbox: Path) -> list[str]:
    return sorted(path.relative_to(inbox).as_posix() for path in inbox.rglob("*") if path.is_file())
