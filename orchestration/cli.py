"""The command line `voc-roi`: what people type, and what they read back.

Belongs here: commands, their options, their lines on the console, exit codes.
Does not belong here: what a run does (`runner.py` and the assets).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestration.errors import SourceError, VocRoiError
from orchestration.settings import DEFAULT_REPORT_PORT, Settings

app = typer.Typer(
    help="Raw survey, CRM and billing exports to an audited business case.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
sources_app = typer.Typer(help="The profile's sources.", no_args_is_help=True)
app.add_typer(sources_app, name="sources")


@app.command()
def run(
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Compute anew even if nothing changed, and compare the bytes.")
    ] = False,
) -> None:
    """Run the main job and print where report, workbook and tables are."""
    from orchestration.runner import refresh

    outcome = refresh(Settings.from_env(), rebuild=rebuild)
    if outcome.folder is None:
        _fail(outcome.problem)
    print(outcome.text)


@app.command()
def demo(
    inbox: Annotated[Path, typer.Argument(help="Folder to write, absent or empty.")],
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 7,
    accounts: Annotated[int, typer.Option(help="Number of accounts.")] = 3000,
    months: Annotated[int, typer.Option(help="Months of history.")] = 36,
    switch: Annotated[list[str] | None, typer.Option(help="Alters the truth, e.g. null; may be repeated.")] = None,
) -> None:
    """Write the demo's exports into a folder."""
    from orchestration.demo import write_demo

    files = write_demo(inbox, seed=seed, accounts=accounts, months=months, switches=frozenset(switch or ()))
    print("\n".join(str(path) for path in files))


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port on localhost.", min=1, max=65534)] = 3000,
    report_port: Annotated[
        int | None, typer.Option(help="Port of the report; by default one higher.", min=0, max=65535)
    ] = None,
) -> None:
    """Serve Dagster's web UI, its daemon (schedules, sensors) and the latest report on localhost until interrupted."""
    from orchestration.instance import serve

    serve(Settings.from_env(), port=port, report_port=report_port)


@app.command()
def report(
    port: Annotated[
        int | None, typer.Option(help="Port on localhost; 0 for any that is free.", min=0, max=65535)
    ] = None,
) -> None:
    """Serve the latest report, and all that is published, on localhost until interrupted; without Dagster."""
    from orchestration.report_server import listen, serve_published

    settings = Settings.from_env()
    listening = listen(settings.report_port or DEFAULT_REPORT_PORT if port is None else port, "--port")
    at = listening.getsockname()[1]
    print(f"http://localhost:{at} (profile {settings.profile}; stop with Ctrl-C)", file=sys.stderr, flush=True)
    serve_published(settings.published_dir, listening)


@app.command()
def doctor() -> None:
    """Say what is installed, configured, locked and published, and what is wrong."""
    from orchestration.doctor import examine

    findings = examine(Settings.from_env())
    for finding in findings:
        print(f"{'✓' if finding.is_well else '✗'} {finding.text}")
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(1)


@app.command()
def trace(
    figure: Annotated[str, typer.Argument(help="Id of a figure; with --list, how ids begin.")] = "",
    run_id: Annotated[str, typer.Option("--run", help="Id of a published run instead of the latest.")] = "",
    list_figures: Annotated[bool, typer.Option("--list", help="List ids and values instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the trace as JSON.")] = False,
) -> None:
    """Trace a published figure: definition, table and rows, the models that make it, source files with hashes."""
    from orchestration import tracing

    published = tracing.open_published(Settings.from_env(), run_id)
    if list_figures:
        figures = [published.figures[found] for found in published.ids(figure)]
        print("\n".join(tracing.figure_lines(figures, published.currency)))
    elif not figure:
        _fail("Name the figure to trace, such as headline.npv; voc-roi trace --list shows all.")
    else:
        found = published.trace(figure)
        print(tracing.as_json(found) if as_json else "\n".join(tracing.trace_lines(found)))


@app.command("dbt-docs")
def dbt_docs() -> None:
    """Write dbt's documentation of the models and of the last run's tables, one page, and print where it is."""
    from orchestration.transform import generate_docs

    settings = Settings.from_env()
    settings.apply_to_process()
    print(generate_docs(settings))


@sources_app.command("check")
def sources_check() -> None:
    """Hold the profile's sources.yml against the files in the inbox; every problem is a sentence."""
    from orchestration.inputs import source_problems

    problems = source_problems(Settings.from_env())
    if problems:
        _fail("\n".join(problems))
    print("The sources can be read.")


def main() -> None:
    """The console script: every fault the user can mend ends as its sentence, without a traceback."""
    try:
        app()
    except SourceError as error:
        _print_problem("\n".join(error.problems))
        sys.exit(1)
    except VocRoiError as error:
        _print_problem(str(error))
        sys.exit(1)


def _fail(problem: str) -> None:
    _print_problem(problem)
    raise typer.Exit(1)


def _print_problem(problem: str) -> None:
    print(problem, file=sys.stderr, flush=True)
