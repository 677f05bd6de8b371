"""manifest.json of a published run: what it was made from, and what it is made of.

Belongs here: its content, reading it, holding a folder against it.
Does not belong here: writing the outputs and switching `latest` (`publish.py`).
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.errors import VocRoiError
from orchestration.fingerprint import file_sha256
from orchestration.run import Run, Step
from roi_models.results import CaseFile

MANIFEST = "manifest.json"
_LIBRARIES = (
    "dagster",
    "dbt-core",
    "dbt-duckdb",
    "duckdb",
    "great-expectations",
    "lifelines",
    "numpy",
    "pandas",
)


def find_published(published_dir: Path, fingerprint: str) -> Path | None:
    """The folder of a published run with this fingerprint, if there is one."""
    # Run ids begin with a year: what a killed run left half-built (`.building-…`) is none.
    for folder in sorted(published_dir.glob(f"[0-9]*-{fingerprint[:12]}")):
        if read_manifest(folder)["fingerprint"] == fingerprint:
            return folder
    return None


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a published run. Raises VocRoiError when it is not there or not whole."""
    try:
        return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        raise VocRoiError(
            f"The published run {folder.resolve()} has no readable {MANIFEST}: it is not whole; move the folder away "
            "and run again."
        ) from None


def changed_outputs(folder: Path) -> list[str]:
    """Outputs of a published run that are missing or no longer hold the bytes its manifest states."""
    return [
        output["path"]
        for output in read_manifest(folder)["outputs"]
        if not (folder / output["path"]).is_file() or file_sha256(folder / output["path"]) != output["sha256"]
    ]


def manifest_of(
    run: Run, case_file: CaseFile, fingerprint: str, steps: Sequence[Step], outputs: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What manifest.json of a run holds; docs/outputs.md explains each key."""
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    inputs = [
        {
            "source": file.source,
            "file": file.source_file,
            "table": file.table,
            "sha256": file.file_sha256,
            "mapping": file.mapping_hash,
            "rows_read": file.rows_read,
        }
        for file in sorted(run.loaded.files, key=lambda f: (f.source_file, f.table, f.mapping_hash))
    ]
    return {
        "run_id": case_file.context.run_id,
        "fingerprint": fingerprint,
        "profile": run.settings.profile,
        "as_of": case_file.context.as_of,
        "started_at": run.started_at,
        "finished_at": finished,
        "verdict": case_file.verdict.level.name,
        "claim": case_file.verdict.claim.value,
        "inputs": inputs,
        "sources_absent": list(run.loaded.absent),
        "files_unread": list(run.loaded.unread),
        "absent": list(case_file.context.absent),
        "notes": dict(case_file.notes),
        "row_accounting": json.loads(case_file.row_accounting.to_json(orient="records")),
        "configuration": {
            "sha256": run.config_sha256,
            "churn_policy": case_file.context.churn_policy,
        },
        "code": {
            "sha256": run.code_sha256,
            "version": version("voc-roi"),
            "python": platform.python_version(),
            "libraries": {name: version(name) for name in _LIBRARIES},
        },
        "gates": [
            {"table": f"{result.edge}.{result.table}", "expectations": len(result.outcomes)}
            for result in sorted(run.gate_results, key=lambda r: (r.edge, r.table))
        ],
        "data_tests": run.test_count,
        "steps": [asdict(step) for step in steps],
        "outputs": outputs,
    }


def outputs_of(folder: Path, rows: Mapping[str, int]) -> list[dict[str, Any]]:
    """Every file below a folder: path, bytes, SHA-256, and its rows where they are given by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        {
            "path": path.relative_to(folder).as_posix(),
            "bytes": path.stat().st_size,
            "sha256": file_sha256(path),
            **({"rows": rows[name]} if (name := path.relative_to(folder).as_posix()) in rows else {}),
        }
        for path in paths
    ]


def json_text(document: Any) -> str:
    """A document as it is written to disk."""
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
