"""What an engineer asks first when something does not work.

Belongs here: findings about the installation, the profile, the lock and what is published.
Does not belong here: mending any of it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from orchestration.audit import read_audit
from orchestration.case_config import load_business_case
from orchestration.errors import SourceError
from orchestration.inputs import source_problems
from orchestration.lock import LockedError, run_lock
from orchestration.manifest import changed_outputs
from orchestration.profiles import load_metrics
from orchestration.publish import LATEST
from orchestration.settings import PROJECT_ROOT, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor's report."""

    is_well: bool
    text: str


def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order in which a run would meet them."""
    return [
        Finding(is_well=sys.version_info[:2] == (3, 11), text=f"Python {sys.version.split()[0]} (3.11 is needed)"),
        *_libraries(),
        *_configuration(settings),
        *_lock(settings),
        *_published(settings),
    ]


def _libraries() -> Iterator[Finding]:
    lock = PROJECT_ROOT / "requirements.lock"
    pinned = dict(
        line.split(" ")[0].split("==") for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line
    )
    different = []
    for name, wanted in sorted(pinned.items()):
        try:
            found = version(name.partition("[")[0])
        except PackageNotFoundError:
            found = "not installed"
        if found != wanted:
            different.append(f"{name} {found} (locked: {wanted})")
    if different:
        yield Finding(is_well=False, text=f"libraries differ from the lock: {', '.join(different)}; run make install")
    else:
        yield Finding(is_well=True, text=f"{len(pinned)} libraries as locked")


def _configuration(settings: Settings) -> Iterator[Finding]:
    yield Finding(is_well=True, text=f"profile {settings.profile_dir}, home {settings.home}, inbox {settings.inbox}")
    for name, load in (("metrics.yml", load_metrics), ("business_case.yml", load_business_case)):
        try:
            load(settings.profile_dir)
        except SourceError as error:
            yield from (Finding(is_well=False, text=problem) for problem in error.problems)
        else:
            yield Finding(is_well=True, text=f"{name} can be read")
    problems = source_problems(settings)
    yield from (Finding(is_well=False, text=problem) for problem in problems)
    if not problems:
        yield Finding(is_well=True, text="sources.yml fits the files in the inbox")


def _lock(settings: Settings) -> Iterator[Finding]:
    holder = {"started_at": "a moment ago", "started_from": "voc-roi doctor"}
    try:
        with run_lock(settings.work_dir / "run.lock", profile=settings.profile, holder=holder):
            yield Finding(is_well=True, text="no run is under way")
    except LockedError as error:
        yield Finding(is_well=True, text=str(error))


def _published(settings: Settings) -> Iterator[Finding]:
    events = read_audit(settings.home)
    stopped = [event for event in events[-1:] if event["event"] == "stopped"]
    yield from (
        Finding(is_well=False, text=f"the last run stopped at {event['at']}: {event['problem']}") for event in stopped
    )
    latest = settings.published_dir / LATEST
    if not latest.exists():
        yield Finding(is_well=True, text="nothing is published yet")
        return
    changed = changed_outputs(latest)
    headline = json.loads((latest / "figures.json").read_text(encoding="utf-8"))["headline"]
    yield Finding(
        is_well=not changed,
        text=f"latest is {latest.resolve().name}, verdict {headline['verdict']}"
        + (f"; changed since: {', '.join(changed)}" if changed else ", its files as published"),
    )
