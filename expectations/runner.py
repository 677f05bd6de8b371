"""Runs suites inside the warehouse by push-down: no frame is loaded. The only module that knows Great Expectations.

Belongs here: the adapter for DuckDB, running a set of suites, Data Docs, results in our own shape.
Does not belong here: what is expected (`suites.py`), blocking a run (`orchestration/checks.py`).
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from expectations.suites import Suite


class GateError(Exception):
    """An expectation could not be evaluated; a gate that did not look must not pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One evaluated expectation: what it says, whether it holds, and what was seen instead."""

    description: str
    success: bool
    observed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResult:
    """One suite on one table. `seconds` is not kept: timings belong to the run's steps."""

    edge: str
    table: str
    outcomes: tuple[Outcome, ...]

    @property
    def success(self) -> bool:
        """Whether every expectation holds."""
        return all(outcome.success for outcome in self.outcomes)

    @property
    def failures(self) -> tuple[str, ...]:
        """A sentence for each expectation that does not hold."""
        return tuple(
            f"{self.edge}.{self.table}: expected that {outcome.description}, but saw {outcome.observed}"
            for outcome in self.outcomes
            if not outcome.success
        )


def run_suites(
    suites: Sequence[Suite], *, database: Path, gx_dir: Path, threads: int, memory_limit: str
) -> list[SuiteResult]:
    """Evaluate suites against tables of a DuckDB file.

    `gx_dir` holds the context of this run; its Data Docs gather over calls (`build_docs`). Raises GateError when an
    expectation raised or was not evaluated.
    """
    import great_expectations as gx  # seconds to import, so only where a gate runs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _buffer_duckdb_results()
        context = _context(gx, gx_dir)
        source = context.data_sources.add_or_update_sql(
            name="warehouse", connection_string=f"duckdb:///{database}?threads={threads}&memory_limit={memory_limit}"
        )
        try:
            return [_run_suite(gx, context, source, suite) for suite in suites]
        finally:
            # DuckDB has one writer: dbt cannot open the file while GX holds its connection.
            source.get_execution_engine().close()
            source.get_engine().dispose()


def build_docs(gx_dir: Path, target: Path) -> None:
    """Render the Data Docs of all suites run in `gx_dir` into the folder `target`."""
    import great_expectations as gx

    context = _context(gx, gx_dir)
    context.build_data_docs()
    shutil.copytree(gx_dir / "gx" / "uncommitted" / "data_docs" / "local_site", target)


def _context(gx: Any, gx_dir: Path) -> Any:
    gx_dir.mkdir(parents=True, exist_ok=True)
    context = gx.get_context(mode="file", project_root_dir=str(gx_dir))
    context.variables.progress_bars = {"globally": False}
    context.variables.analytics_enabled = False
    return context


def _run_suite(gx: Any, context: Any, source: Any, suite: Suite) -> SuiteResult:
    name = f"{suite.edge}.{suite.table}"
    asset = source.add_table_asset(name=name, table_name=suite.table, schema_name=suite.edge)
    expectations = [expectation.to_gx(gx.expectations) for expectation in suite.expectations]
    definition = context.validation_definitions.add_or_update(
        gx.ValidationDefinition(
            name=name,
            data=asset.add_batch_definition_whole_table("all"),
            suite=context.suites.add_or_update(gx.ExpectationSuite(name=name, expectations=expectations)),
        )
    )
    checkpoint = context.checkpoints.add_or_update(
        gx.Checkpoint(name=name, validation_definitions=[definition], result_format="SUMMARY")
    )
    (validation,) = checkpoint.run().run_results.values()
    if len(validation.results) != len(suite.expectations):
        raise GateError(
            f"The gate {name} evaluated {len(validation.results)} of its {len(suite.expectations)} expectations; "
            "look at expectations/suites.py for two that are the same, or one that Great Expectations does not know."
        )
    return SuiteResult(
        edge=suite.edge,
        table=suite.table,
        outcomes=tuple(sorted((_outcome(name, result) for result in validation.results), key=lambda o: o.description)),
    )


def _outcome(name: str, result: Any) -> Outcome:
    config = result.expectation_config
    raised = result.exception_info or {}
    # GX keys exceptions by metric where there are several, and flat where there is one.
    details = [raised, *(item for item in raised.values() if isinstance(item, dict))]
    for detail in details:
        if detail.get("raised_exception"):
            raise GateError(
                f"The gate {name} could not evaluate that {config.description}: {detail.get('exception_message')}"
            )
    found = result.result or {}
    observed = found.get("observed_value", found.get("unexpected_count"))
    if config.type == "unexpected_rows_expectation":
        observed = f"{observed} row(s) that break it"
    return Outcome(description=config.description, success=bool(result.success), observed=str(observed))


_is_buffering = False


def _buffer_duckdb_results() -> None:
    """Read DuckDB's results before the connection goes back to the pool, where GX would find them gone (IndexError)."""
    global _is_buffering  # noqa: PLW0603 — a listener is registered once per process
    if _is_buffering:
        return
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

    @event.listens_for(Engine, "after_cursor_execute")
    def buffer_rows(  # noqa: PLR0917 — SQLAlchemy calls it by position
        connection: Any, cursor: Any, statement: Any, parameters: Any, context: Any, executemany: Any
    ) -> None:
        if connection.dialect.name == "duckdb" and context is not None and cursor.description is not None:
            context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(cursor, initial_buffer=cursor.fetchall())

    _is_buffering = True
