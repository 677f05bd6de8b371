"""Dagster's instance of a profile: where it keeps runs, and how many it lets run.

Belongs here: dagster.yaml. Does not belong here: jobs and schedules (`jobs.py`).
"""

from __future__ import annotations

from pathlib import Path

import yaml

from orchestration.settings import Settings

INSTANCE_CONFIG = {
    "telemetry": {"enabled": False},
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
