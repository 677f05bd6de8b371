"""One run: its lock, its configuration, its warehouse, and the account of its steps.

Belongs here: opening and closing a run, timing steps, telling the console.
Does not belong here: what the steps do (`assets_*.py`), where things are (`settings.py`).
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from expectations.runner import GateRunner, SuiteResult
from orchestration.audit import append_audit
from orchestration.carry_over import keep_warehouse
from orchestration.case_config import BusinessCaseConfig, load_business_case
from orchestration.errors import VocRoiError
from orchestration.fingerprint import code_hash, config_hash
from orchestration.ingest import Contract, LoadResult, SourcesConfig, load_contract, load_sources
from orchestration.lock import run_lock
from orchestration.profiles import MetricsConfig, load_metrics
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse

# How the audit log calls a stop for which there is no sentence.
UNFORESEEN = "an unforeseen error; last_error.txt or the run's page in the web UI has the details"


@dataclass(slots=True, kw_only=True)
class Step:
    """A finished step of a run, as manifest.json lists it."""

    name: str
    seconds: float


@dataclass(slots=True, kw_only=True)
class Run:
    """What the steps of one run share; they add to it as they finish."""

    settings: Settings
    sources: SourcesConfig
    metrics: MetricsConfig
    case: BusinessCaseConfig
    contract: Contract
    warehouse: Warehouse
    gates: GateRunner
    started_at: str
    config_sha256: str
    code_sha256: str
    steps: list[Step] = field(default_factory=list)
    loaded: LoadResult | None = None
    gate_results: list[SuiteResult] = field(default_factory=list)
    test_count: int = 0
    published_id: str | None = None
    problem: str | None = None

    def say(self, text: str) -> None:
        """One line under the current step."""
        print(f"    {text}", file=sys.stderr, flush=True)

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Time a step and print its line; what the body appends to the list is shown behind the name."""
        begun = time.perf_counter()
        remarks: list[str] = []
        try:
            yield remarks
        except Exception as error:
            print(f"✗ {name}", file=sys.stderr, flush=True)
            # The user's sentence must survive Dagster's wrapping of exceptions.
            if isinstance(error, VocRoiError) and self.problem is None:
                self.problem = str(error)
            raise
        seconds = time.perf_counter() - begun
        self.steps.append(Step(name=name, seconds=round(seconds, 3)))
        remark = f"  {'; '.join(remarks)}" if remarks else ""
        print(f"✓ {name:<16} {seconds:6.1f} s{remark}", file=sys.stderr, flush=True)


@contextmanager
def open_run(settings: Settings, *, started_from: str) -> Iterator[Run]:
    """Take the profile's lock, read its configuration, clear the work folder; note the outcome in the audit log.

    Raises VocRoiError when another run is under way or the configuration cannot stand.
    """
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    lock = run_lock(
        settings.work_dir / "run.lock",
        profile=settings.profile,
        holder={"started_at": started_at, "started_from": started_from},
    )
    with lock:
        run = _new_run(settings, started_at)
        append_audit(settings.home, "started", started_at=started_at, started_from=started_from)
        try:
            yield run
        finally:
            if run.published_id:
                append_audit(settings.home, "published", started_at=started_at, run_id=run.published_id)
            else:
                append_audit(settings.home, "stopped", started_at=started_at, problem=run.problem or UNFORESEEN)


def _new_run(settings: Settings, started_at: str) -> Run:
    # Hashed before they are read: what is published under a hash must not have been changed in between.
    config, code = config_hash(settings.profile_dir), code_hash()
    clear_work_dir(settings, keep_warehouse=keep_warehouse(settings, config_sha256=config, code_sha256=code))
    sources = load_sources(settings.profile_dir)
    return Run(
        config_sha256=config,
        code_sha256=code,
        settings=settings.with_inbox_of(sources.inbox),
        sources=sources,
        metrics=load_metrics(settings.profile_dir),
        case=load_business_case(settings.profile_dir),
        contract=load_contract(settings.dbt_dir / "models/staging/_raw__sources.yml"),
        warehouse=Warehouse(
            path=settings.warehouse_path,
            spill_dir=settings.work_dir / "spill",
            threads=settings.threads,
            memory_limit=settings.memory_limit,
        ),
        gates=GateRunner(
            database=settings.warehouse_path,
            docs_dir=settings.work_dir / "data_docs",
            threads=settings.threads,
            memory_limit=settings.memory_limit,
        ),
        started_at=started_at,
    )


def clear_work_dir(settings: Settings, *, keep_warehouse: bool = False) -> None:
    """Remove what an earlier run, finished or killed, left in `work/` and in `published/`.

    The lock stays, and the warehouse where the run may carry it over.
    """
    kept = {"run.lock"}
    if keep_warehouse:
        kept |= {settings.warehouse_path.name, settings.built_path.name}
    for item in settings.work_dir.iterdir():
        if item.name in kept:
            continue
        shutil.rmtree(item) if item.is_dir() else item.unlink()
    for unfinished in settings.published_dir.glob(".building-*"):
        shutil.rmtree(unfinished)
