"""Where a run's time goes, beside the floor: the same SQL run by plain DuckDB in one process on the same data.

Belongs here: timing whole runs, imports and dbt from outside, and the floor. It prints a table and asserts nothing.
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
from pathlib import Path
from statistics import median

from child_environment import without_settings
from plain_sql import compiled_nodes, copy_sources, create_model

PROJECT_ROOT = Path(__file__).resolve().parents[1]
COMMAND = "from orchestration.cli import main; main()"
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
class Cost:
    """Seconds by the clock, and of processor time (all threads), which a busy machine falsifies less."""

    wall: float
    cpu: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(wall=self.wall - other.wall, cpu=self.cpu - other.cpu)


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A finished child process: what it cost and what it printed."""

    cost: Cost
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Medians over the runs. `steps` are a rebuild's, by the clock; the first to need a library imports it."""

    accounts: int
    runs: int
    processors: int
    first_run: Cost
    unchanged_run: Cost
    rebuild: Cost
    steps: dict[str, float]
    interpreter: Cost
    imports: dict[str, Cost]
    all_imports: Cost
    parse_cold: float
    parse_warm: float
    floor_models: Cost
    floor_tests: Cost

    @property
    def outside_steps(self) -> float:
        """Interpreter, imports before the first step, Dagster's own work."""
        return self.rebuild.wall - sum(self.steps.values())

    @property
    def least(self) -> Cost:
        """What cannot be had cheaper: an interpreter, importing the libraries, and the models' SQL."""
        parts = (self.interpreter, self.all_imports, self.floor_models)
        return Cost(wall=sum(part.wall for part in parts), cpu=sum(part.cpu for part in parts))

    @property
    def ratios(self) -> dict[str, float]:
        """A warm rebuild over the least, by the clock and in processor time."""
        wall, cpu = self.rebuild.wall / self.least.wall, self.rebuild.cpu / self.least.cpu
        return {"wall": round(wall, 2), "cpu": round(cpu, 2)}


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="voc-roi-bench-") as folder:
        report = measure(Path(folder), accounts=arguments.accounts, runs=arguments.runs)
    print(as_markdown(report))
    if arguments.json:
        numbers = asdict(report) | {"ratios": report.ratios}
        arguments.json.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")


def measure(folder: Path, *, accounts: int, runs: int) -> Report:
    """Run the pipeline once cold and `runs` times warm in a home of its own, then imports, parsing and the floor."""
    environment = _environment(folder / "home", accounts)
    home = folder / "home" / "demo"
    first = run_child(["-c", COMMAND, "run"], environment)
    rebuilds = [run_child(["-c", COMMAND, "run", "--rebuild"], environment) for _ in range(runs)]
    unchanged = [run_child(["-c", COMMAND, "run"], environment) for _ in range(runs)]
    floors = [time_floor(home, folder / f"floor-{number}") for number in range(runs)]
    parses = [time_parse(_environment(folder / f"parse-{number}", accounts)) for number in range(runs)]

    def cost_of(code: str) -> Cost:
        return median_cost(run_child(["-c", code], environment).cost for _ in range(runs))

    interpreter = cost_of("pass")
    return Report(
        accounts=accounts,
        runs=runs,
        processors=os.cpu_count() or 1,
        first_run=first.cost,
        unchanged_run=median_cost(child.cost for child in unchanged),
        rebuild=median_cost(child.cost for child in rebuilds),
        steps=median_steps(child.err for child in rebuilds),
        interpreter=interpreter,
        imports={name: cost_of(code) - interpreter for name, code in LIBRARIES.items()},
        all_imports=cost_of("; ".join(LIBRARIES.values())) - interpreter,
        parse_cold=_median(cold for cold, _ in parses),
        parse_warm=_median(warm for _, warm in parses),
        floor_models=median_cost(models for models, _ in floors),
        floor_tests=median_cost(tests for _, tests in floors),
    )


def run_child(arguments: Sequence[str], environment: Mapping[str, str]) -> Child:
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
    return Child(cost=Cost(wall=wall, cpu=cpu), out=done.stdout, err=done.stderr)


def time_parse(environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds that dbt takes to parse the project: from nothing, and with its own cache."""
    return tuple(map(float, run_child(["-c", TIMED_PARSE], environment).out.split()[-2:]))


def median_steps(consoles: Iterable[str]) -> dict[str, float]:
    """Median seconds per step, in the order in which the console of a run lists them."""
    runs = [{match["name"]: float(match["seconds"]) for match in _STEP.finditer(console)} for console in consoles]
    if not runs[0]:
        sys.exit("The runs printed no steps: the console's lines have changed, mend _STEP.")
    return {name: _median(run[name] for run in runs) for name in runs[0]}


def time_floor(home: Path, folder: Path) -> tuple[Cost, Cost]:
    """What plain DuckDB needs for the models that the last run of `home` compiled, and for its data tests."""
    import duckdb

    models, tests = compiled_nodes(home)
    folder.mkdir()
    # The file's name is the database's name in the compiled SQL.
    with duckdb.connect(str(folder / "run.duckdb")) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 2")
        copy_sources(connection, home / "work" / "run.duckdb")
        for schema in sorted({model["schema"] for model in models}):
            connection.execute(f"create schema {schema}")
        begun = _now()
        for model in models:
            create_model(connection, model)
        built = _now()
        for test in tests:
            connection.execute(f"select count(*) from ({test['compiled_code']}) as failures").fetchall()
        return built - begun, _now() - built


def as_markdown(report: Report) -> str:
    """The report as one table, parts under their wholes."""
    rows = [
        ("**a warm run, rebuilt**", report.rebuild),
        *((f"– {name}", seconds) for name, seconds in report.steps.items()),
        ("– outside the steps: interpreter, first imports, Dagster", report.outside_steps),
        ("the first run (demo made, dbt parsed)", report.first_run),
        ("a run with nothing changed (verified, reused)", report.unchanged_run),
        ("**interpreter**", report.interpreter),
        ("**all libraries imported in one process**", report.all_imports),
        *((f"– {name} alone", cost) for name, cost in report.imports.items()),
        ("dbt parse, cold", report.parse_cold),
        ("dbt parse, warm", report.parse_warm),
        ("**floor: the models' SQL by plain DuckDB**", report.floor_models),
        ("the data tests' SQL by plain DuckDB", report.floor_tests),
        ("**interpreter + imports + floor**", report.least),
    ]
    lines = [
        f"{report.accounts:,} accounts, {report.processors} processors, medians of {report.runs} run(s)",
        "",
        "| what | seconds | processor seconds |",
        "|---|---:|---:|",
        *(_row(name, cost) for name, cost in rows),
        "",
        f"warm run / (interpreter + imports + floor) = **{report.ratios['wall']:.2f}** by the clock, "
        f"{report.ratios['cpu']:.2f} in processor time",
    ]
    return "\n".join(lines)


def _row(name: str, cost: Cost | float) -> str:
    """A line of the table; steps are known by the clock only."""
    if isinstance(cost, Cost):
        return f"| {name} | {cost.wall:.2f} | {cost.cpu:.2f} |"
    return f"| {name} | {cost:.2f} | |"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=3000, help="size of the demo (default 3000)")
    parser.add_argument("--runs", type=int, default=3, help="how often each thing is timed (default 3)")
    parser.add_argument("--json", type=Path, help="write the numbers here as well")
    arguments = parser.parse_args()
    if min(arguments.accounts, arguments.runs) < 1:
        parser.error("--accounts and --runs must be at least 1.")
    return arguments


def _environment(home: Path, accounts: int) -> dict[str, str]:
    """The caller's environment with a profile, home and demo of the benchmark's own."""
    return without_settings(VOC_HOME=str(home), VOC_PROFILE="config/demo", VOC_DEMO_ACCOUNTS=str(accounts))


def _now() -> Cost:
    return Cost(wall=time.perf_counter(), cpu=time.process_time())


def median_cost(costs: Iterable[Cost]) -> Cost:
    """Median by the clock and median in processor time, each for itself."""
    known = list(costs)
    return Cost(wall=_median(cost.wall for cost in known), cpu=_median(cost.cpu for cost in known))


def _median(values: Iterable[float]) -> float:
    return round(median(values), 3)


if __name__ == "__main__":
    main()
