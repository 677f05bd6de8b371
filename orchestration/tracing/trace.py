"""A published run opened for tracing, and the trace of one figure.

Belongs here: finding the run, looking a figure up, gathering table, rows, lineage and files.
Does not belong here: how each is found (`rows.py`, `lineage.py`), how a trace is printed (`lines.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from orchestration import transform
from orchestration.errors import VocRoiError, did_you_mean
from orchestration.fingerprint import code_hash
from orchestration.ingest.inbox import KEPT_FILES
from orchestration.manifest import read_manifest
from orchestration.measures import QUERIES
from orchestration.publish import LATEST
from orchestration.settings import Settings
from orchestration.tracing.lineage import Lineage, Step, raw_tables, settings_read
from orchestration.tracing.rows import FoundRows, PublishedTable, find_rows

Document = Mapping[str, Any]
MANIFEST_SOURCE = "manifest"


class NothingPublishedError(VocRoiError):
    """There is no published run to trace in."""


class UnknownIdError(VocRoiError):
    """No figure, or no run, has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file that a run read: `kept` is where its original lies, None when it is no longer there."""

    table: str
    source: str
    file: str
    sha256: str
    rows_read: int
    kept: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A figure with all that stands behind it, nearest first.

    `figure` as in figures.json. `table`, `column`: its source. `column_description`: dbt's words on a mart's column.
    `queries`: those of `orchestration/measures.py` that read a mart for the report, by name.
    `rows` is None, and `stated` the manifest's entry, where the source is the manifest. `steps`: `Lineage.steps`.
    `table_rows`: rows of the published tables among them. `settings`: where the profile's files come in, which have
    the hash `settings_sha256` together.
    `without_file`: raw tables that the steps read and for which nothing was supplied. `remarks`: what to know first.
    """

    figure: Document
    run_id: str
    profile: str
    currency: str
    folder: str
    table: str
    column: str
    column_description: str = ""
    rows: FoundRows | None = None
    queries: Mapping[str, str] = field(default_factory=dict)
    stated: Any = None
    steps: Sequence[Step] = ()
    table_rows: Mapping[str, int] = field(default_factory=dict)
    settings: Sequence[str] = ()
    settings_sha256: str = ""
    files: Sequence[SourceFile] = ()
    without_file: Sequence[str] = ()
    remarks: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class PublishedRun:
    """A published folder, with what figures are traced by. What was read once is kept for the next figure."""

    folder: Path
    settings: Settings
    figures: Mapping[str, Document]
    currency: str
    manifest: Document
    tables: dict[str, PublishedTable] = field(default_factory=dict)

    @cached_property
    def lineage(self) -> Lineage:
        """The graph of the models; parses the dbt project when that changed since it was parsed last."""
        self.settings.apply_to_process()
        return Lineage(transform.manifest(self.settings))

    @cached_property
    def remarks(self) -> tuple[str, ...]:
        """A caution when models and assets are no longer those that made the run."""
        if code_hash() == self.manifest["code"]["sha256"]:
            return ()
        return (
            "The program has changed since this run: values, rows and files are the run's, but models and assets are "
            "named as they are now.",
        )

    def trace(self, figure_id: str) -> Trace:
        """Everything behind a figure. Raises UnknownIdError with the nearest ids when there is no such figure."""
        if figure_id not in self.figures:
            raise UnknownIdError(
                f"The run {self.folder.name} has no figure '{figure_id}'{did_you_mean(figure_id, self.figures)} "
                "voc-roi trace --list shows all."
            )
        figure = self.figures[figure_id]
        table, _, column = figure["source"].rpartition(".")
        found: dict[str, Any] = {"table": table, "column": column}
        if table.partition(".")[0] == MANIFEST_SOURCE:
            found |= self._from_manifest(figure["source"])
        else:
            found |= self._from_table(figure, table, column)
        return Trace(
            figure=figure,
            run_id=self.folder.name,
            profile=self.manifest["profile"],
            currency=self.currency,
            folder=str(self.folder),
            remarks=self.remarks,
            **found,
        )

    def ids(self, prefix: str) -> list[str]:
        """Ids of the figures that begin so, as they stand in figures.json."""
        found = [figure_id for figure_id in self.figures if figure_id.startswith(prefix)]
        if not found:
            groups = {figure_id.partition(".")[0] for figure_id in self.figures}
            raise UnknownIdError(f"No figure's id begins with '{prefix}'{did_you_mean(prefix, groups)}")
        return found

    @cached_property
    def _row_counts(self) -> Mapping[str, int]:
        """Rows of each published table."""
        tables = [output for output in self.manifest["outputs"] if "rows" in output]
        return {output["path"].removesuffix(".parquet").replace("/", "."): output["rows"] for output in tables}

    def _siblings(self, figure: Document) -> Iterator[tuple[str, Document]]:
        """Figures of the same printed row out of other columns of the same table."""
        row, (table, _, column) = figure["id"].rpartition(".")[0], figure["source"].rpartition(".")
        for other_id in self._by_row[row]:
            other_table, _, other_column = self.figures[other_id]["source"].rpartition(".")
            if other_table == table and other_column != column:
                yield other_column, self.figures[other_id]

    @cached_property
    def _by_row(self) -> Mapping[str, list[str]]:
        """Ids by what comes before their last part."""
        found: dict[str, list[str]] = {}
        for figure_id in self.figures:
            found.setdefault(figure_id.rpartition(".")[0], []).append(figure_id)
        return found

    def _from_manifest(self, source: str) -> dict[str, Any]:
        entry: Any = self.manifest
        for key in source.split(".")[1:]:
            entry = entry[key]
        return {"table": "manifest.json", "column": source.partition(".")[2], "stated": entry}

    def _from_table(self, figure: Document, table: str, column: str) -> dict[str, Any]:
        published = self.tables.setdefault(table, PublishedTable(self.folder, table))
        steps = self.lineage.steps(table)
        raw = raw_tables(steps)
        files = tuple(self._files(raw))
        return {
            "column_description": self.lineage.column_description(table, column),
            "rows": find_rows(published, figure, column, tuple(self._siblings(figure))),
            "queries": {name: sql for name, sql in QUERIES.items() if f"{table} " in " ".join(sql.split())},
            "steps": steps,
            "table_rows": {step.name: self._row_counts[step.name] for step in steps if step.name in self._row_counts},
            "settings_sha256": self.manifest["configuration"]["sha256"],
            "settings": settings_read(steps),
            "files": files,
            "without_file": tuple(sorted(set(raw) - {file.table for file in files})),
        }

    def _files(self, raw: Sequence[str]) -> Iterator[SourceFile]:
        for item in self.manifest["inputs"]:
            if item["table"] in raw:
                kept = self.settings.raw_dir / KEPT_FILES / item["sha256"]
                yield SourceFile(
                    table=item["table"],
                    source=item["source"],
                    file=item["file"],
                    sha256=item["sha256"],
                    rows_read=item["rows_read"],
                    kept=str(kept) if kept.is_file() else None,
                )


def open_published(settings: Settings, run_id: str = "") -> PublishedRun:
    """The published run of that id, else the latest. Raises NothingPublishedError or UnknownIdError."""
    folder = settings.published_dir / (run_id or LATEST)
    # Run ids begin with a year: unfinished folders (`.building-…`) are none.
    runs = sorted(path.name for path in settings.published_dir.glob("[0-9]*") if path.is_dir())
    if run_id and run_id not in runs:
        raise UnknownIdError(f"No run '{run_id}' is published in {settings.published_dir}{did_you_mean(run_id, runs)}")
    if not folder.is_dir():
        raise NothingPublishedError(
            f"Nothing is published yet in {settings.published_dir}: finish a run first (make run), then trace."
        )
    # `latest` may be switched while we read: all is read from the folder it points at now.
    folder = folder.resolve()
    document = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    return PublishedRun(
        folder=folder,
        settings=settings,
        figures={figure["id"]: figure for figure in document["figures"]},
        currency=document["currency"],
        manifest=read_manifest(folder),
    )
