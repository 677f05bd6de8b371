"""Runs dbt in this process, parsed once.

Belongs here: parsing into a manifest, building, documenting, turning dbt's events into progress and failures into
sentences.
Does not belong here: SQL (dbt_project), Dagster's view of the models (`assets_dbt.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.errors import VocRoiError
from orchestration.fingerprint import dbt_hash
from orchestration.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeResult:
    """What became of a dbt model or test. `failures` counts the rows a test returned; `seconds` is its run time."""

    unique_id: str
    name: str
    resource_type: str
    status: str
    seconds: float
    failures: int | None
    message: str


class BuildError(VocRoiError):
    """dbt models or tests that failed, in one text."""


@cache
def manifest(settings: Settings) -> Mapping[str, Any]:
    """dbt's manifest as a dict; the project is parsed only when its files changed since the manifest was written.

    Raises BuildError when the project cannot be parsed.
    """
    path, key_path = settings.dbt_target_dir / "manifest.json", settings.dbt_target_dir / "manifest.key"
    key = dbt_hash(settings.dbt_dir)
    if not (path.exists() and key_path.exists() and key_path.read_text(encoding="utf-8") == key):
        result = _invoke(settings, ["parse"])
        if not result.success:
            raise BuildError(f"dbt could not read the project in {settings.dbt_dir.name}: {result.exception}")
        key_path.write_text(key, encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


def build(settings: Settings, progress: Callable[[str], None], *, anew: bool) -> list[NodeResult]:
    """Build all models and run all data tests (unit tests belong to `make validate`).

    `anew` builds every row; otherwise incremental models carry over what the warehouse holds (carry_over.py).

    Raises BuildError naming each failed node, how many rows broke it and what dbt said; nothing of a failed build is
    published, because the caller stops.
    """
    counter = _Counter(progress)
    # The manifest is written when the project is parsed, and results come back in memory: dbt would write both thrice.
    arguments = ["build", "--exclude-resource-type", "unit_test", "--no-write-json"]
    arguments += ["--full-refresh"] if anew else []
    result = _invoke(settings, arguments, counter.on_event)
    if result.result is None:
        raise BuildError(f"dbt could not run: {result.exception}")
    nodes = [_node_result(item) for item in result.result.results]
    failed = [node for node in nodes if node.status in {"error", "fail"}]
    if failed or not result.success:
        raise BuildError("dbt stopped: " + "; ".join(_failure_sentence(node) for node in failed))
    return nodes


def run_unit_tests(settings: Settings) -> list[NodeResult]:
    """Run dbt's unit tests against the warehouse the settings name (its tables must exist, empty or not)."""
    result = _invoke(settings, ["test", "--select", "test_type:unit"])
    return [_node_result(item) for item in result.result.results]


def generate_docs(settings: Settings) -> Path:
    """Write dbt's documentation of the project and of the last run's tables as one page; returns it.

    Raises BuildError when no run has left its warehouse, and when dbt says an error or so much as a warning.
    """
    if not settings.warehouse_path.exists():
        raise BuildError(f"there is no {settings.warehouse_path.name} in {settings.work_dir}: finish a run first.")
    problems: list[str] = []

    def note(event: Any) -> None:
        if event.info.level in {"warn", "error"}:
            problems.append(" ".join(event.info.msg.split()))

    result = _invoke(settings, ["docs", "generate", "--static"], note)
    if problems or not result.success:
        raise BuildError("dbt could not document the project: " + "; ".join(problems or [str(result.exception)]))
    return settings.dbt_target_dir / "static_index.html"


def _invoke(settings: Settings, arguments: list[str], on_event: Callable[[Any], None] | None = None) -> Any:
    # Imported here: dbt takes seconds to import, and `doctor` or `sources check` need none of it.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    settings.dbt_target_dir.mkdir(parents=True, exist_ok=True)
    settings.work_dir.mkdir(parents=True, exist_ok=True)
    runner = dbtRunner(callbacks=[on_event] if on_event else [])
    try:
        return runner.invoke(_arguments(settings, arguments))
    finally:
        # dbt keeps its connection for the life of the process; DuckDB has one writer, and others come after dbt.
        DuckDBConnectionManager.close_all_connections()


def _arguments(settings: Settings, arguments: list[str]) -> list[str]:
    return [
        *arguments,
        *("--project-dir", str(settings.dbt_dir), "--profiles-dir", str(settings.dbt_dir)),
        *("--target-path", str(settings.dbt_target_dir), "--log-path", str(settings.dbt_target_dir)),
        # dbt's own lines go to its log file; the console gets ours.
        *("--log-level", "none", "--log-level-file", "info", "--no-use-colors"),
    ]


def _node_result(item: Any) -> NodeResult:
    return NodeResult(
        unique_id=item.node.unique_id,
        name=item.node.name,
        resource_type=str(item.node.resource_type),
        status=str(item.status),
        seconds=float(item.execution_time),
        failures=item.failures,
        message=(item.message or "").strip(),
    )


def _failure_sentence(node: NodeResult) -> str:
    if node.resource_type == "test" and node.failures:
        return f"the test {node.name} found {node.failures} row(s) that break it"
    return f"{node.resource_type} {node.name}: {' '.join(node.message.split())}"


class _Counter:
    """Says how far a build is, at every quarter of its nodes."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress = progress
        self._done = 0
        self._said = 0

    def on_event(self, event: Any) -> None:
        if event.info.name != "NodeFinished":
            return
        self._done += 1
        if self._done - self._said >= 40:
            self._said = self._done
            self._progress(f"{self._done} models and tests done")
