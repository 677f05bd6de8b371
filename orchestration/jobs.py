"""Jobs, schedules and sensors, each with a description.

Belongs here: what runs when. Does not belong here: what a run does (`assets_*.py`).
"""

from collections.abc import Iterator

import dagster as dg

from orchestration.run import Run, open_run
from orchestration.settings import Settings

REFRESH = "refresh"

refresh_job = dg.define_asset_job(
    REFRESH,
    selection=dg.AssetSelection.all(),
    description=(
        "Raw exports to a published business case: load, gate, build, gate, model, publish. One process, one run at a "
        "time; the last step checks that nothing was passed over before `latest` is switched."
    ),
    # DuckDB has one writer: several processes would lose steps to its lock, and each would load every library anew.
    executor_def=dg.in_process_executor,
)

daily_refresh = dg.ScheduleDefinition(
    name="daily_refresh",
    job=refresh_job,
    cron_schedule="0 5 * * *",
    execution_timezone="UTC",
    description=(
        "Every day at 05:00 UTC. A day without new exports publishes nothing new: the run has the same id and is found "
        "equal. Stopped by default; start it in the web UI, which must run with its daemon (make ui)."
    ),
    default_status=dg.DefaultScheduleStatus.STOPPED,
)


@dg.run_failure_sensor(
    name="report_failure",
    monitored_jobs=[refresh_job],
    description="Says in the daemon's log which run failed and why; `latest` still shows the run before.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def report_failure(context: dg.RunFailureSensorContext) -> None:
    """Log a failed run."""
    context.log.error(f"Run {context.dagster_run.run_id} failed: {context.failure_event.message}")


def run_resource(settings: Settings) -> dg.ResourceDefinition:
    """The run that all steps share: takes the profile's lock when a job begins, gives it back when it ends."""

    @dg.resource(description="The current run: lock, configuration, warehouse, account of steps.")
    def run(context: dg.InitResourceContext) -> Iterator[Run]:
        with open_run(settings, started_from=f"Dagster run {context.run_id}") as opened:
            yield opened

    return run
