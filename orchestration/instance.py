"""Dagster's instance of a profile: where it keeps runs, and how many it lets run.

Belongs here: dagster.yaml, serving the web UI. Does not belong here: jobs and schedules (`jobs.py`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import yaml

from orchestration.settings import PROJECT_ROOT, Settings

INSTANCE_CONFIG = {
    "telemetry": {"enabled": False},
    # No sign-up dialogue over the asset graph.
    "nux": {"enabled": False},
    # SQLite and DuckDB both want one writer: further runs wait in the queue instead of failing on a lock.
    "concurrency": {"runs": {"max_concurrent_runs": 1}},
    "retention": {
        "schedule": {"purge_after_days": 90},
        "sensor": {"purge_after_days": {"skipped": 7, "failure": 30, "success": 90}},
    },
}


def write_instance_config(settings: Settings) -> Path:
    """Write DAGSTER_HOME/dagster.yaml unless someone has put one there (docs/operations.md shows Postgres)."""
    path = settings.dagster_dir / "dagster.yaml"
    settings.dagster_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(yaml.safe_dump(INSTANCE_CONFIG, sort_keys=True), encoding="utf-8")
    return path


def serve(settings: Settings, *, port: int) -> None:
    """Become `dagster dev` for this profile: web UI and daemon, reachable from this machine only."""
    settings.apply_to_process()
    write_instance_config(settings)
    dagster = Path(sys.executable).with_name("dagster")
    print(f"http://localhost:{port} (profile {settings.profile}; stop with Ctrl-C)", file=sys.stderr, flush=True)
    os.execv(
        dagster,
        [
            str(dagster),
            "dev",
            *("--workspace", str(PROJECT_ROOT / "workspace.yaml")),
            *("--host", "127.0.0.1", "--port", str(port)),
        ],
    )
