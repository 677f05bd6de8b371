"""Running the main job from the command line, in this process.

Belongs here: finding that nothing changed, executing the job, the closing lines.
Does not belong here: the job's steps (`assets_*.py`), what a published folder holds (`publish.py`).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.audit import append_audit, read_audit
from orchestration.carry_over import forget_build
from orchestration.errors import VocRoiError
from orchestration.fingerprint import code_hash, config_hash, run_hash
from orchestration.ingest import load_sources, record_published
from orchestration.inputs import ensure_inbox, seen_inputs
from orchestration.instance import write_instance_config
from orchestration.lock import run_lock
from orchestration.manifest import changed_outputs, find_published, read_manifest
from orchestration.publish import switch_latest
from orchestration.run import UNFORESEEN
from orchestration.settings import Settings

if TYPE_CHECKING:
    import dagster as dg


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended: the folder and closing lines, or the problem."""

    folder: Path | None
    text: str = ""
    problem: str = ""


def refresh(settings: Settings, *, rebuild: bool = False) -> Outcome:
    """Run the job `refresh`, or, when inputs, configuration and code are those of a published run, verify that one.

    Raises VocRoiError for faults found before the job begins; those inside it are in the outcome.
    """
    settings.apply_to_process()
    if rebuild:
        forget_build(settings)
    reused = None if rebuild else _reuse(settings)
    if reused is not None:
        return Outcome(folder=reused, text=closing_lines(reused))
    return _execute(settings)


def closing_lines(folder: Path) -> str:
    """The headline, and where report, workbook and tables are."""
    headline = json.loads((folder / "figures.json").read_text(encoding="utf-8"))["headline"]
    latest = folder.parent / "latest"
    lines = [
        headline["sentence"],
        f"verdict {headline['verdict']}, claim {headline['claim']}",
        f"report    {latest / 'report.html'}",
        f"summary   {latest / 'summary.html'} (one page; summary.md beside it for a mail)",
        f"workbook  {latest / 'business_case.xlsx'}",
        f"tables    {latest / 'roi.duckdb'} (and as Parquet in marts/ and roi/ beside it)",
    ]
    return "\n".join(lines)


def _reuse(settings: Settings) -> Path | None:
    """The published run of the same inputs, configuration and code, if its files are what its manifest states."""
    sources = load_sources(settings.profile_dir)
    settings = settings.with_inbox_of(sources.inbox)
    holder = {"started_at": "a moment ago", "started_from": "the command line"}
    with run_lock(settings.work_dir / "run.lock", profile=settings.profile, holder=holder):
        ensure_inbox(settings, sources, lambda text: print(f"    {text}", file=sys.stderr, flush=True))
        fingerprint = run_hash(
            inputs=seen_inputs(settings, sources), config=config_hash(settings.profile_dir), code=code_hash()
        )
        folder = find_published(settings.published_dir, fingerprint)
        if folder is None:
            return None
        changed = changed_outputs(folder)
        if changed:
            raise VocRoiError(
                f"The published run {folder.name} was changed after it was published ({', '.join(changed[:5])}); "
                "move the folder away and run again."
            )
        # A run killed right after its folder was renamed may not have noted its files.
        files = {item["sha256"] for item in read_manifest(folder)["inputs"]}
        record_published(settings.raw_dir, folder.name, files)
        switch_latest(settings.published_dir, folder.name)
        append_audit(settings.home, "reused", run_id=folder.name)
        print(f"✓ nothing changed since the run {folder.name}; its files are as published", file=sys.stderr)
        return folder


def _execute(settings: Settings) -> Outcome:
    # Seconds to import, and not needed when nothing changed.
    import dagster as dg

    from orchestration.definitions import build_definitions
    from orchestration.jobs import REFRESH

    print(f"profile {settings.profile}: running the job {REFRESH}", file=sys.stderr, flush=True)
    write_instance_config(settings)
    job = build_definitions(settings).resolve_job_def(REFRESH)
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            # Dagster's own lines are in its event log and in the web UI; the console shows ours.
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    folder = _published_by(settings) if result.success else None
    if folder is None:
        return Outcome(folder=None, problem=_problem_of(settings, result))
    return Outcome(folder=folder, text=closing_lines(folder))


def _published_by(settings: Settings) -> Path | None:
    """The folder that the run just finished published. A run can succeed with steps skipped; then there is none."""
    last = read_audit(settings.home)[-1]
    return settings.published_dir / last["run_id"] if last["event"] == "published" else None


def _problem_of(settings: Settings, result: dg.ExecuteInProcessResult) -> str:
    """The sentence that says why nothing was published, and where the details are when the fault is ours."""
    sentence = _user_sentence(result)
    if sentence is not None:
        return sentence
    stopped = read_audit(settings.home)[-1].get("problem")
    if stopped and stopped != UNFORESEEN:
        return stopped
    log = settings.home / "last_error.txt"
    log.write_text("\n".join(str(error) for error in _errors(result)), encoding="utf-8")
    return (
        "The run stopped for a reason that this program did not foresee; nothing was published. The details are in "
        f"{log}: please report them."
    )


def _errors(result: dg.ExecuteInProcessResult) -> list[Any]:
    """Errors of the failed steps and of the run itself, each followed by its causes."""
    errors = []
    for event in result.all_events:
        error = getattr(event.event_specific_data, "error", None)
        while error is not None:
            errors.append(error)
            error = error.cause
    return errors


def _user_sentence(result: dg.ExecuteInProcessResult) -> str | None:
    """The text of the first VocRoiError among the errors; Dagster keeps only class names and messages."""
    ours = {error_class.__name__ for error_class in _subclasses(VocRoiError)}
    for error in _errors(result):
        if error.cls_name in ours:
            return error.message.partition(": ")[2].strip()
    return None


def _subclasses(error_class: type) -> list[type]:
    return [error_class, *(item for child in error_class.__subclasses__() for item in _subclasses(child))]
