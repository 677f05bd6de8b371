"""Where a run's time goes, beside the floor: the same SQL run by plain DuckDB in one process on the same data.

Belongs here: timing whole runs, imports and dbt from outside, and the floor. It prints a Markdown table and asserts nothing.
Does not belong here: tests of speed; there are none, because a shared machine's clock proves nothing.

    python bench/overhead.py [--accounts 3000] [--runs 3] [--json PATH]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median
from typing import Any

PROJECT_ROOT = Path(__file__).resolve().parents[1]
COMMAND = "from orchestration.cli import main; main()"
# What a run imports, heaviest first; `pandas` alone shows how much of it the others share.
LIBRARIES = {
    "dagster, dagster_dbt": "import dagster, dagster_dbt",
    "dbt": "import dbt.cli.main, dbt.adapters.duckdb.connections",
    "great_expectations": "import great_expectations",
    "lifelines, statsmodels": "import lifelines, statsmodels.api",
    "matplotlib": "import matplotlib.pyplot",
    "pandas, duckdb": "import pandas, duckdb",
}
TIMED_PARSE = """
import time
from orchestration.settings import Settings
from orchestration import transform
import dbt.cli.main, dbt.adapters.duckdb.connections
settings = Settings.from_env()
settings.apply_to_process()
begun = time.perf_counter()
transform.manifest(settings)
cold = time.perf_counter() - begun
(settings.dbt_target_dir / "manifest.key").unlink()
transform.manifest.cache_clear()
begun = time.perf_counter()
transform.manifest(settings)
print(cold, time.perf_counter() - begun)
"""
_STEP = re.compile(r"^✓ (?P<name>\S.*?)\s+(?P<seconds>\d+\.\d) s(?:\s|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """A finished child process: seconds by the clock, seconds of processor time, and what it printed."""

    wall: float
    cpu: float
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Seconds, medians over the runs. `steps` are those of a rebuild; the imports happen inside whichever needs them."""

    accounts: int
    runs: int
    processors: int
    first_run: float
    unchanged_run: float
    rebuild: float
    rebuild_cpu: float
    interpreter: float
    imports: dict[str, float]
    all_imports: float
    parse_cold: float
    parse_warm: float
    steps: dict[str, float]
    floor_models: float
    floor_tests: float

    @property
    def outside_steps(self) -> float:
        """Interpreter, imports before the first step, Dagster's own work."""
        return self.rebuild - sum(self.steps.values())

    @property
    def ratio(self) -> float:
        """A warm rebuild over what cannot be had cheaper: importing the libraries, and the SQL itself."""
        return self.rebuild / (self.interpreter + self.all_imports + self.floor_models)


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="voc-roi-bench-") as folder:
        report = measure(Path(folder), accounts=arguments.accounts, runs=arguments.runs)
    print(as_markdown(report))
    if arguments.json:
        numbers = {**asdict(report), "outside_steps": report.outside_steps, "ratio": report.ratio}
        arguments.json.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")


def measure(folder: Path, *, accounts: int, runs: int) -> Report:
    """Run the pipeline once cold and `runs` times warm in a home of its own, then imports, parsing and the floor."""
    environment = _environment(folder / "home", accounts)
    home = folder / "home" / "demo"
    first = run_child(["-c", COMMAND, "run"], environment)
    rebuilds = [run_child(["-c", COMMAND, "run", "--rebuild"], environment) for _ in range(runs)]
    unchanged = [run_child(["-c", COMMAND, "run"], environment) for _ in range(runs)]
    floors = [time_floor(home, folder / f"floor-{number}") for number in range(runs)]
    interpreter = _median(run_child(["-c", "pass"], environment).wall for _ in range(runs))
    imports = {name: _import_time(code, environment, runs) - interpreter for name, code in LIBRARIES.items()}
    parses = [time_parse(_environment(folder / f"parse-{number}", accounts)) for number in range(runs)]
    return Report(
        accounts=accounts,
        runs=runs,
        processors=os.cpu_count() or 1,
        first_run=first.wall,
        unchanged_run=_median(timing.wall for timing in unchanged),
        rebuild=_median(timing.wall for timing in rebuilds),
        rebuild_cpu=_median(timing.cpu for timing in rebuilds),
        interpreter=interpreter,
        imports=imports,
        all_imports=_import_time("; ".join(LIBRARIES.values()), environment, runs) - interpreter,
        parse_cold=_median(cold for cold, _ in parses),
        parse_warm=_median(warm for _, warm in parses),
        steps=median_steps(timing.err for timing in rebuilds),
        floor_models=_median(models for models, _ in floors),
        floor_tests=_median(tests for _, tests in floors),
    )


def run_child(arguments: Sequence[str], environment: Mapping[str, str]) -> Timing:
    """Time a fresh interpreter; a child that fails ends the benchmark with what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(arguments)[:80]} ended with exit code {done.returncode}:\n{done.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Timing(wall=wall, cpu=cpu, out=done.stdout, err=done.stderr)


def time_parse(environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds that dbt takes to parse the project: from nothing, and with its own cache."""
    cold, warm = run_child(["-c", TIMED_PARSE], environment).out.split()[-2:]
    return float(cold), float(warm)


def median_steps(consoles: Iterable[str]) -> dict[str, float]:
    """Median seconds per step, in the order in which the console of a run lists them."""
    runs = [{match["name"]: float(match["seconds"]) for match in _STEP.finditer(console)} for console in consoles]
    if not runs[0]:
        sys.exit("The runs printed no steps: the console's lines have changed, mend _STEP.")
    return {name: _median(run[name] for run in runs) for name in runs[0]}


def time_floor(home: Path, folder: Path) -> tuple[float, float]:
    """Seconds of plain DuckDB for the models that the last run of `home` compiled, and for its data tests."""
    import duckdb

    manifest = json.loads((home / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    models, tests = compiled_nodes(manifest)
    folder.mkdir()
    # The file's name is the database's name in the compiled SQL.
    with duckdb.connect(str(folder / "run.duckdb")) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 2")
        _copy_sources(connection, home / "work" / "run.duckdb")
        for schema in sorted({model["schema"] for model in models}):
            connection.execute(f"create schema {schema}")
        begun = time.perf_counter()
        for model in models:
            connection.execute(
                f"create {model['config']['materialized']} {model['relation_name']} as {model['compiled_code']}"
            )
        built = time.perf_counter()
        for test in tests:
            connection.execute(f"select count(*) from ({test['compiled_code']}) as failures").fetchall()
        return built - begun, time.perf_counter() - built


def compiled_nodes(manifest: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Models in an order in which each comes after what it reads, and data tests."""
    nodes = manifest["nodes"]
    models = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}
    graph = {key: [up for up in node["depends_on"]["nodes"] if up in models] for key, node in models.items()}
    tests = [node for _, node in sorted(nodes.items()) if node["resource_type"] == "test"]
    return [models[key] for key in TopologicalSorter(graph).static_order()], tests


def _copy_sources(connection: Any, finished: Path) -> None:
    """The raw views and the control tables of a finished run."""
    connection.execute(f"attach '{finished}' as finished (read_only)")
    connection.execute("create schema raw")
    connection.execute("create schema control")
    views = "select sql from duckdb_views() where database_name = 'finished' and schema_name = 'raw'"
    for (statement,) in connection.execute(views).fetchall():
        connection.execute(statement)
    tables = "select table_name from duckdb_tables() where database_name = 'finished' and schema_name = 'control'"
    for (table,) in connection.execute(tables).fetchall():
        connection.execute(f"create table control.{table} as select * from finished.control.{table}")
    connection.execute("detach finished")


def as_markdown(report: Report) -> str:
    """The report as one table, parts under their wholes."""
    steps = [(f"– {name}", seconds) for name, seconds in report.steps.items()]
    imports = [(f"– {name}", seconds) for name, seconds in report.imports.items()]
    rows = [
        ("**a warm run, rebuilt**", report.rebuild),
        *steps,
        ("– outside the steps: interpreter, first imports, Dagster", report.outside_steps),
        ("processor time of that run", report.rebuild_cpu),
        ("the first run (demo made, dbt parsed)", report.first_run),
        ("a run with nothing changed (verified, reused)", report.unchanged_run),
        ("**interpreter**", report.interpreter),
        ("**all libraries imported in one process**", report.all_imports),
        *[(f"{name} alone", seconds) for name, seconds in imports],
        ("dbt parse, cold", report.parse_cold),
        ("dbt parse, warm", report.parse_warm),
        ("**floor: the models' SQL by plain DuckDB**", report.floor_models),
        ("the data tests' SQL by plain DuckDB", report.floor_tests),
    ]
    lines = [
        f"{report.accounts:,} accounts, {report.processors} processors, medians of {report.runs} run(s)",
        "",
        "| what | seconds |",
        "|---|---:|",
        *(f"| {name} | {seconds:.2f} |" for name, seconds in rows),
        "",
        f"warm run / (interpreter + imports + floor) = **{report.ratio:.2f}**",
    ]
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=3000, help="size of the demo (default 3000)")
    parser.add_argument("--runs", type=int, default=3, help="how often each thing is timed (default 3)")
    parser.add_argument("--json", type=Path, help="write the numbers here as well")
    arguments = parser.parse_args()
    if arguments.runs < 1 or arguments.accounts < 1:
        parser.error("--accounts and --runs must be at least 1.")
    return arguments


def _environment(home: Path, accounts: int) -> dict[str, str]:
    """The caller's environment with a profile, home and demo of the benchmark's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VOC_")}
    return {**kept, "VOC_HOME": str(home), "VOC_PROFILE": "config/demo", "VOC_DEMO_ACCOUNTS": str(accounts)}


def _import_time(code: str, environment: Mapping[str, str], runs: int) -> float:
    return _median(run_child(["-c", code], environment).wall for _ in range(runs))


def _median(values: Iterable[float]) -> float:
    return round(median(values), 3)


if __name__ == "__main__":
    main()
