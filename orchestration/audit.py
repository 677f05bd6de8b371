"""The audit log: every run that began, and how it ended.

Belongs here: appending to and reading `<home>/audit.jsonl`. It is ours, because Dagster's event log is pruned.
Does not belong here: what a published run holds (its manifest.json, `publish.py`).
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

AUDIT_FILE = "audit.jsonl"


def append_audit(home: Path, event: str, **facts: str) -> None:
    """Append one event (`started`, `published`, `reused`, `stopped`) with its facts, and force it to disk."""
    home.mkdir(parents=True, exist_ok=True)
    line = json.dumps(
        {"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **facts},
        ensure_ascii=False,
        sort_keys=True,
    )
    with (home / AUDIT_FILE).open("a+b") as stream:
        stream.seek(0)
        # What a crash left of a line would join with the new one and spoil both.
        stream.truncate(stream.read().rfind(b"\n") + 1)
        stream.write(line.encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def read_audit(home: Path) -> list[dict[str, str]]:
    """All events, oldest first; a last line torn by a crash is passed over."""
    path = home / AUDIT_FILE
    if not path.exists():
        return []
    *lines, _torn = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines]
