"""Runs suites inside the warehouse by push-down: no frame is loaded. The only module that knows Great Expectations.

Belongs here: the adapter for DuckDB, running a set of suites, Data Docs, results in our own shape.
Does not belong here: what is expected (`raw_suites.py`, `mart_suites.py`), blocking a run (`orchestration/checks.py`).
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from expectations.expectation import Suite

SITE = "data_docs"
# Complete: the rows that break a rule are what a person wants to see.
RESULT_FORMAT = {"result_format": "COMPLETE", "include_unexpected_rows": False, "partial_unexpected_count": 5}
SHOWN_ROWS = 3


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


class GateRunner:
    """Great Expectations for one run: its context, its connection settings, and Data Docs that gather over calls.

    The context lives in memory: one on disk rewrites its YAML at every suite that is added.
    """

    def __init__(self, *, database: Path, docs_dir: Path, threads: int, memory_limit: str) -> None:
        self._url = f"duckdb:///{database}?threads={threads}&memory_limit={memory_limit}"
        self._docs_dir = docs_dir
        self._made: Any = None

    def run(self, suites: Sequence[Suite]) -> list[SuiteResult]:
        """Evaluate suites against the tables of the run's database.

        Raises GateError when an expectation raised or was not evaluated.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _buffer_duckdb_results()
            source = self._context.data_sources.add_or_update_sql(name="warehouse", connection_string=self._url)
            try:
                return [self._run_suite(source, suite) for suite in suites]
            finally:
                # DuckDB has one writer: dbt cannot open the file while GX holds its connection.
                source.get_execution_engine().close()
                source.get_engine().dispose()

    def build_docs(self, target: Path) -> None:
        """Render the Data Docs of all suites run so far into the folder `target`."""
        self._context.build_data_docs(site_names=[SITE])
        shutil.copytree(self._docs_dir, target)

    @property
    def _context(self) -> Any:
        if self._made is None:
            import great_expectations as gx  # seconds to import, so only where a gate runs

            self._made = gx.get_context(mode="ephemeral")
            self._made.variables.progress_bars = {"globally": False}
            for site in list(self._made.get_site_names()):
                self._made.delete_data_docs_site(site)
            store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(self._docs_dir)}
            index = {"class_name": "DefaultSiteIndexBuilder"}
            site = {"class_name": "SiteBuilder", "store_backend": store, "site_index_builder": index}
            self._made.add_data_docs_site(SITE, site | {"show_how_to_buttons": False})
        return self._made

    def _run_suite(self, source: Any, suite: Suite) -> SuiteResult:
        import great_expectations as gx

        context, name = self._context, f"{suite.edge}.{suite.table}"
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
            gx.Checkpoint(name=name, validation_definitions=[definition], result_format=RESULT_FORMAT)
        )
        (validation,) = checkpoint.run().run_results.values()
        if len(validation.results) != len(suite.expectations):
            raise GateError(
                f"The gate {name} evaluated {len(validation.results)} of its {len(suite.expectations)} expectations; "
                "look at expectations/raw_suites.py and mart_suites.py for two that are the same, or one that Great "
                "Expectations does not know."
            )
        outcomes = (_outcome(name, result) for result in validation.results)
        return SuiteResult(
            edge=suite.edge, table=suite.table, outcomes=tuple(sorted(outcomes, key=lambda o: o.description))
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
        rows = found.get("details", {}).get("unexpected_rows", [])[:SHOWN_ROWS]
        shown = "; ".join(", ".join(f"{column} {value}" for column, value in row.items()) for row in rows)
        observed = f"{observed} row(s) that break it ({shown})"
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
