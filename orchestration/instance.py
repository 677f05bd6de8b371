"""Dagster's instance of a profile: where it keeps runs, and how many it lets run.

Belongs here: dagster.yaml, serving the web UI. Does not belong here: jobs and schedules (`jobs.py`), answering
requests for reports (`report_server.py`).
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import yaml

from orchestration.report_server import listen, start_beside
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


def serve(settings: Settings, *, port: int, report_port: int | None = None) -> None:
    """Become `dagster dev` for this profile, with the published reports beside it; both from this machine only.

    The reports are at `report_port`, else where the settings say, else one port higher. Raises PortInUseError.
    """
    listening = listen(settings.report_port or port + 1 if report_port is None else report_port)
    # Dagster would say so only after half a minute, and in a traceback.
    listen(port, "--port").close()
    settings = replace(settings, report_port=listening.getsockname()[1])
    settings.apply_to_process()
    write_instance_config(settings)
    start_beside(settings.published_dir, listening)
    dagster = Path(sys.executable).with_name("dagster")
    print(
        f"http://localhost:{port} (profile {settings.profile}; stop with Ctrl-C)\n{settings.report_url} (its report)",
        file=sys.stderr,
        flush=True,
    )
    os.execv(
        dagster,
        [
            str(dagster),
            "dev",
            *("--workspace", str(PROJECT_ROOT / "workspace.yaml")),
            *("--host", "127.0.0.1", "--port", str(port)),
        ],
    )
