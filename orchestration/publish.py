"""Write, audit, publish: a run's folder is built beside, checked, renamed, and `latest` switched at the very end.

Belongs here: what a published folder holds, completeness, the switch.
Does not belong here: the manifest (`manifest.py`), rendering (`roi_models/report`), judging (`roi_models/verdicts`).
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from expectations.mart_suites import MART_SUITES
from expectations.raw_suites import RAW_SUITES
from orchestration.errors import VocRoiError
from orchestration.fingerprint import code_hash, config_hash, run_hash
from orchestration.ingest import record_published
from orchestration.manifest import MANIFEST, changed_outputs, json_text, manifest_of, outputs_of, read_manifest
from orchestration.marts import as_of_month
from orchestration.run import Run, Step
from roi_models.case.change_bridge import Changes
from roi_models.report import (
    build_figures,
    changes_document,
    render_changes,
    render_report,
    render_summary,
    render_summary_markdown,
    render_workbook,
)
from roi_models.results import CaseFile

LATEST = "latest"
# Equal runs give these byte for byte; the rest is equal in content (workbook, database, Data Docs).
BYTE_EQUAL_SUFFIXES = (".parquet", "figures.json", "report.html", "summary.html", "summary.md")


class IncompleteRunError(VocRoiError):
    """A step did not do all it had to; nothing is published."""


class NotReproducibleError(VocRoiError):
    """A run with the same inputs, configuration and code gave other bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A published run, for asset metadata. `outputs`: path, bytes, sha256, rows."""

    run_id: str
    as_of: str
    folder: Path
    sentence: str
    verdict: str
    claim: str
    outputs: pd.DataFrame


def publish(
    run: Run,
    assemble: Callable[[str, str], CaseFile],
    tables_of: Callable[[CaseFile], Mapping[str, pd.DataFrame]],
    changes: Changes | None = None,
) -> Published:
    """Build the run's folder and make it the latest.

    A folder with the run's id that exists already was made from the same inputs, configuration and code: it must hold
    the same bytes, and is then used again. Raises IncompleteRunError or NotReproducibleError; `latest` stays as it was.
    """
    begun = time.perf_counter()
    with run.step("published") as remarks:
        require_complete(run)
        require_unchanged(run)
        as_of = as_of_month(run)
        inputs = {(file.source, file.file_sha256) for file in run.loaded.files}
        fingerprint = run_hash(inputs=inputs, config=run.config_sha256, code=run.code_sha256)
        run_id = f"{as_of}-{fingerprint[:12]}"
        case_file = assemble(run_id, as_of)
        run.settings.published_dir.mkdir(parents=True, exist_ok=True)
        building = run.settings.published_dir / f".building-{run_id}"
        building.mkdir()
        rows = _write_outputs(run, case_file, tables_of(case_file), building)
        (building / "changes.html").write_text(render_changes(case_file, changes), encoding="utf-8")
        (building / "changes.json").write_text(json_text(changes_document(case_file, changes)), encoding="utf-8")
        steps = [*run.steps, Step(name="published, to here", seconds=round(time.perf_counter() - begun, 3))]
        manifest = manifest_of(run, case_file, fingerprint, steps, outputs_of(building, rows))
        (building / MANIFEST).write_text(json_text(manifest), encoding="utf-8")
        folder = run.settings.published_dir / run_id
        if folder.exists():
            _require_equal(folder, building)
            shutil.rmtree(building)
            remarks.append("equal to the run published before")
        else:
            _seal(building)
            building.rename(folder)
        # The ledger first: were we killed between the two, the next run would see the same files and end here again.
        record_published(run.settings.raw_dir, run_id, run.loaded.file_hashes)
        switch_latest(run.settings.published_dir, run_id)
        run.published_id = run_id
        remarks.append(run_id)
    return Published(
        run_id=run_id,
        as_of=as_of,
        folder=folder,
        sentence=case_file.verdict.sentence,
        verdict=case_file.verdict.level.name,
        claim=case_file.verdict.claim.value,
        outputs=pd.DataFrame(manifest["outputs"]),
    )


def require_complete(run: Run) -> None:
    """Every gate was evaluated and holds, every mart exists. Dagster may skip assets and still call a run a success."""
    wanted = {(suite.edge, suite.table) for suite in (*RAW_SUITES, *MART_SUITES)}
    held = {(result.edge, result.table) for result in run.gate_results if result.success}
    marts = {path.stem for path in (run.settings.dbt_dir / "models/marts").rglob("*.sql")}
    built = {table for _, table in run.warehouse.tables("marts")}
    missing = sorted(f"gate {edge}.{table}" for edge, table in wanted - held)
    missing += sorted(f"mart {table}" for table in marts - built)
    if run.loaded is None or not run.test_count:
        missing.append("loading or dbt")
    if missing:
        raise IncompleteRunError(
            f"The run is not complete, so nothing was published: {', '.join(missing)} did not pass or did not run. "
            "Look at the run in the web UI (make ui), mend the cause and run again."
        )


def require_unchanged(run: Run) -> None:
    """Configuration and code are those the run began with: figures must not stand under the hash of others."""
    changed = [
        what
        for what, before, now in (
            ("the profile's files", run.config_sha256, config_hash(run.settings.profile_dir)),
            ("the program", run.code_sha256, code_hash()),
        )
        if before != now
    ]
    if changed:
        raise IncompleteRunError(
            f"While the run was under way, {' and '.join(changed)} changed, so nothing was published; run again."
        )


def switch_latest(published_dir: Path, run_id: str) -> None:
    """Point `latest` at a run, in one step that readers either see or do not."""
    fresh = published_dir / f".{LATEST}-{run_id}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(run_id, target_is_directory=True)
    fresh.replace(published_dir / LATEST)
    _sync(published_dir)


def _write_outputs(run: Run, case_file: CaseFile, tables: Mapping[str, pd.DataFrame], folder: Path) -> dict[str, int]:
    """Write everything but the manifest; returns the rows of each Parquet file by its path."""
    run.warehouse.write_frames(tables)
    rows = run.warehouse.export_parquet(["marts", "roi"], folder)
    run.warehouse.copy_tables(folder / "roi.duckdb", ["marts", "roi"])
    figures = build_figures(case_file)
    (folder / "figures.json").write_text(json_text(figures.as_document(case_file)), encoding="utf-8")
    (folder / "report.html").write_text(render_report(case_file, figures), encoding="utf-8")
    (folder / "summary.html").write_text(render_summary(case_file, figures), encoding="utf-8")
    (folder / "summary.md").write_text(render_summary_markdown(case_file, figures), encoding="utf-8")
    (folder / "business_case.xlsx").write_bytes(render_workbook(case_file, figures))
    run.gates.build_docs(folder / "data_docs")
    return rows


def _require_equal(folder: Path, building: Path) -> None:
    changed = changed_outputs(folder)
    if changed:
        raise NotReproducibleError(
            f"The published run {folder.name} was changed after it was published ({', '.join(changed[:5])}); move the "
            "folder away and run again."
        )
    rebuilt = {output["path"]: output["sha256"] for output in outputs_of(building, {})}
    published = {output["path"]: output["sha256"] for output in read_manifest(folder)["outputs"]}
    different = sorted(
        path
        for path in set(rebuilt) | set(published)
        if path.endswith(BYTE_EQUAL_SUFFIXES) and rebuilt.get(path) != published.get(path)
    )
    if different:
        raise NotReproducibleError(
            f"The run {folder.name} was made anew from the same inputs, configuration and code, but "
            f"{', '.join(different[:5])} came out otherwise; `latest` stays as it was. This is a defect: please report "
            "it."
        )


def _seal(folder: Path) -> None:
    """Force everything to disk, and make the files read-only: what is published is not edited."""
    for path in [*folder.rglob("*"), folder]:
        if path.is_file():
            path.chmod(0o444)
        _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
