"""How the warehouse grows, beside SQL written by hand for DuckDB alone that makes the same tables from the same rows.

Belongs here: drawing raw rows of any size, building them both ways in processes of their own, comparing the results.
Does not belong here: tests of speed; there are none, because a shared machine's clock proves nothing.

    python bench/warehouse.py [--accounts 10000 100000] [--answers 10] [--json PATH]

`ours` is dbt with staging (casts, rules, versions), point-in-time states, account-months and hazard cells; `by hand`
casts without asking and uses what only DuckDB has (ASOF JOIN). Both must give the same three tables, column by column.
Then one month arrives: ours carries over what it does not touch, and must again give what the hand-written SQL gives.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from child_environment import without_settings
from warehouse_rows import FIRST_MONTH, METRICS, NEW_MONTH, draw

PROJECT_ROOT = Path(__file__).resolve().parents[1]
MODELS = ("agg_hazard_cells", "fct_feedback_states")
BY_HAND = PROJECT_ROOT / "bench/warehouse_by_hand.sql"
# What both ways must agree on, by position: every column of the three tables.
COMPARISONS = {
    "account-months": ("marts.fct_account_months", "hand.account_months"),
    "states": ("marts.fct_feedback_states", "hand.feedback_states"),
    "cells": ("marts.agg_hazard_cells", "hand.cells"),
}


def main() -> None:
    arguments = _arguments()
    if arguments.child:
        print(json.dumps(_child(arguments.child)))
        return
    results = []
    for accounts in arguments.accounts:
        with tempfile.TemporaryDirectory(prefix="voc-roi-bench-") as folder:
            results.append(measure(Path(folder), accounts=accounts, answers=arguments.answers))
        print(json.dumps(results[-1]), file=sys.stderr, flush=True)
    print(as_markdown(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def measure(folder: Path, *, accounts: int, answers: int) -> dict[str, float]:
    """Draw the rows, build both ways, let a month arrive and build again; each in a process of its own.

    Stops when the tables of the two ways differ, before or after the month that arrived.
    """
    profile = folder / "bench"
    profile.mkdir()
    (profile / "metrics.yml").write_text(METRICS, encoding="utf-8")
    for name in ("sources.yml", "business_case.yml"):
        text = (PROJECT_ROOT / "config/demo" / name).read_text(encoding="utf-8").replace("USD", "EUR")
        (profile / name).write_text(text, encoding="utf-8")
    environment = without_settings(VOC_HOME=str(folder / "home"), VOC_PROFILE=str(profile), VOC_MEMORY_LIMIT="10GB")

    def both(*way: str) -> list[dict[str, float]]:
        results = [_run(["--child", step], environment) for step in way]
        different = _run(["--child", "compare"], environment)
        if any(different.values()):
            sys.exit(f"{accounts} accounts, after {' and '.join(way)}: rows that differ: {different}")
        return results

    _run(["--child", f"draw:{accounts}:{answers}"], environment)
    ours, hand = both("anew", f"hand:{FIRST_MONTH}:2024-06-01")
    _run(["--child", f"arrive:{accounts}:{answers}"], environment)
    month, _ = both("carry", f"hand:{FIRST_MONTH}:{NEW_MONTH}")
    return {
        "accounts": accounts,
        "answers": accounts * answers,
        "ours_seconds": ours["seconds"],
        "hand_seconds": hand["seconds"],
        "ratio": round(ours["seconds"] / hand["seconds"], 2),
        "ours_cpu_seconds": ours["cpu_seconds"],
        "hand_cpu_seconds": hand["cpu_seconds"],
        "ours_peak_mib": ours["peak_mib"],
        "hand_peak_mib": hand["peak_mib"],
        "month_seconds": month["seconds"],
        "month_share": round(month["seconds"] / ours["seconds"], 2),
        "month_cpu_share": round(month["cpu_seconds"] / ours["cpu_seconds"], 2),
    }


def _run(arguments: list[str], environment: dict[str, str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        env=environment,
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(arguments)} ended with exit code {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def _child(step: str) -> dict[str, float]:
    sys.path.insert(0, str(PROJECT_ROOT))
    from orchestration.settings import Settings

    settings = Settings.from_env()
    settings.apply_to_process()
    way, *arguments = step.split(":")
    if way in {"draw", "arrive"}:
        draw(settings, _warehouse(settings), *(int(number) for number in arguments), is_arrival=way == "arrive")
        return {}
    if way == "compare":
        return _compare(settings)
    begun = _by_hand(settings, *arguments) if way == "hand" else _build_ours(settings, anew=way == "anew")
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": round(time.perf_counter() - begun.clock, 2),
        "cpu_seconds": round(used.ru_utime + used.ru_stime - begun.cpu, 2),
        "peak_mib": round(used.ru_maxrss / 1024),
    }


class _Begun(NamedTuple):
    """When the work itself began: programs are imported and the project is parsed before."""

    clock: float
    cpu: float

    @classmethod
    def now(cls) -> _Begun:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return cls(time.perf_counter(), used.ru_utime + used.ru_stime)


def _warehouse(settings):
    from orchestration.warehouse import Warehouse

    return Warehouse(
        path=settings.warehouse_path,
        spill_dir=settings.work_dir / "spill",
        threads=settings.threads,
        memory_limit=settings.memory_limit,
    )


def _by_hand(settings, first_month: str, as_of: str) -> _Begun:
    begun = _Begun.now()
    with _warehouse(settings).connect() as connection:
        connection.execute(BY_HAND.read_text(encoding="utf-8").format(first_month=first_month, as_of=as_of))
    return begun


def _build_ours(settings, *, anew: bool) -> _Begun:
    """Build with dbt as a run does, parsed before; returns when it began."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    from orchestration import transform
    from orchestration.carry_over import keep_fingerprints

    transform.manifest(settings)
    begun = _Begun.now()
    folders = ["--project-dir", str(settings.dbt_dir), "--profiles-dir", str(settings.dbt_dir)]
    target = ["--target-path", str(settings.dbt_target_dir), "--log-path", str(settings.dbt_target_dir)]
    select = [f"+{name}" for name in MODELS] + (["--full-refresh"] if anew else [])
    result = dbtRunner().invoke(
        ["run", "--no-write-json", "--select", *select, *folders, *target, "--log-level", "none"]
    )
    DuckDBConnectionManager.close_all_connections()
    if not result.success:
        sys.exit(f"dbt stopped: {result.exception or [item.message for item in result.result.results if item.message]}")
    keep_fingerprints(_warehouse(settings))
    return begun


def _compare(settings) -> dict[str, float]:
    with _warehouse(settings).connect() as connection:
        return {
            what: connection.execute(
                f"select count(*) from ((from {ours} except all from {hand}) "
                f"union all (from {hand} except all from {ours}))"
            ).fetchone()[0]
            for what, (ours, hand) in COMPARISONS.items()
        }


def as_markdown(results: list[dict[str, float]]) -> str:
    """One line per size, and between sizes the exponent with which time grows."""
    lines = [
        f"36 months and one that arrives, {os.cpu_count()} processors",
        "",
        "| accounts | answers | ours, s | by hand, s | ratio | of processor time | ours, MiB | by hand, MiB | growth "
        "| one month, s | of a full build | of its processor time |",
        "|---:" * 12 + "|",
    ]
    before = None
    for row in results:
        cpu_ratio = row["ours_cpu_seconds"] / row["hand_cpu_seconds"]
        growth = ""
        if before:
            slower, larger = (row[key] / before[key] for key in ("ours_seconds", "accounts"))
            growth = f"{math.log(slower) / math.log(larger):.2f}"
        lines.append(
            f"| {row['accounts']:,} | {row['answers']:,} | {row['ours_seconds']:.1f} | {row['hand_seconds']:.1f} | "
            f"{row['ratio']:.2f} | {cpu_ratio:.2f} | {row['ours_peak_mib']:,} | "
            f"{row['hand_peak_mib']:,} | {growth} | {row['month_seconds']:.1f} | {row['month_share']:.0%} | "
            f"{row['month_cpu_share']:.0%} |"
        )
        before = row
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--accounts", type=int, nargs="+", default=[10_000, 100_000], help="sizes (default 10000 100000)"
    )
    parser.add_argument("--answers", type=int, default=10, help="answers per account (default 10)")
    parser.add_argument("--json", type=Path, help="write the numbers here as well")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
