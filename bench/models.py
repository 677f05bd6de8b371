"""Fitting the hazard model: ours from the warehouse's rows, beside lifelines, statsmodels, duckreg and R on the same.

Belongs here: running each competitor in a process of its own on the same account-months, and one table of what came
out. Does not belong here: drawing the rows (`model_rows.py`); tests of speed, because a shared machine's clock proves
nothing.

    python bench/models.py [--rows 100000 1000000 4000000] [--runs 3] [--json PATH]

`ours` is everything: grouping the rows in SQL, the fit, and errors clustered over 256 account groups. The others get
their columns as numbers in memory, and neither reading nor coding them counts. All have the same terms. A Cox model has
a baseline of its own in each calendar month, and so is not quite the same model; over the tenure steps instead (`by
step`) its baseline is ours, and the two differ by how they treat departures in the same month alone.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from statistics import median
from typing import Any

from child_environment import with_path
from model_rows import CELLS, LAG, WITHOUT_GROUPS, draw

PROJECT_ROOT = Path(__file__).resolve().parents[1]
R_SCRIPT = PROJECT_ROOT / "bench/models_coxph.R"
TERMS = ("score", "stale", "silent", "renewal", "price", "ent", "mid", "step1", "step2", "step3", "step4", "step5")
WITHOUT_STEPS = TERMS[:7]
REPLICATES = 1_000
# Above this many rows a competitor is left out: statsmodels needed 3.7 GB for one million, the others a gigabyte.
MOST_ROWS = {"statsmodels": 1_500_000, "lifelines": 5_000_000, "R coxph": 5_000_000}
# What takes longer than this is timed once.
LONG_SECONDS = 10.0


def main() -> None:
    arguments = _arguments()
    if arguments.child:
        print(json.dumps(_child(arguments.child, arguments.panel, arguments.runs)))
        return
    results = []
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory(prefix="voc-roi-bench-") as folder:
            results.append(measure(Path(folder), rows=rows, runs=arguments.runs, skipped=arguments.skip))
        print(as_markdown(results[-1]), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def measure(folder: Path, *, rows: int, runs: int, skipped: list[str]) -> dict[str, Any]:
    """Draw one panel and fit it every way; what cannot be had is a sentence."""
    panel = folder / "panel.duckdb"
    drawn = _run("draw", panel, rows)
    print(f"{drawn['rows']:,} account-months, {drawn['events']:,} departures", file=sys.stderr, flush=True)
    fits, absent = {}, {}
    for name in COMPETITORS:
        why = "Left out by --skip." if name in skipped else _why_absent(name, drawn["rows"])
        if why:
            absent[name] = why
            continue
        fits[name] = _run(name, panel, runs)
        print(f"  {name}: {fits[name]['seconds']:.2f} s", file=sys.stderr, flush=True)
    setting = {"runs": runs, "processors": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}
    return {**drawn, **setting, "fits": fits, "absent": absent}


def _why_absent(name: str, rows: int) -> str | None:
    """The sentence why a competitor takes no part, or None."""
    library = name.split(",", maxsplit=1)[0]
    if library == "R coxph":
        if not which("Rscript"):
            return "R is not installed (Debian: r-base-core and r-cran-survival)."
    elif library in {"lifelines", "statsmodels", "duckreg"} and find_spec(library) is None:
        return f"{library} is not installed in this environment."
    if rows > MOST_ROWS.get(library, rows):
        return f"Left out above {MOST_ROWS[library]:,} rows, all of which it would hold in memory several times."
    return None


def _run(child: str, panel: Path, number: int) -> dict[str, Any]:
    """A child of this program: `number` is the rows to draw, or how often the fit is timed."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", child, "--panel", str(panel), "--runs", str(number)],
        cwd=PROJECT_ROOT,
        env=with_path(PROJECT_ROOT),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{child} ended with exit code {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def _child(name: str, panel: Path, number: int) -> dict[str, Any]:
    if name == "draw":
        return draw(panel, rows=number)
    return COMPETITORS[name](panel, number)


def _ours(panel: Path, runs: int) -> dict[str, Any]:
    from roi_models.hazards.bootstrap import bootstrap_fit

    found, cells, fit = _grouped(panel, runs, CELLS)
    timed = _timed(runs, lambda: bootstrap_fit(fit, cells, replicates=REPLICATES))
    drawn = timed.pop("result")
    place = fit.terms.index("score")
    return found | {
        "bootstrap_seconds": timed["seconds"],
        "bootstrap_cpu_seconds": timed["cpu_seconds"],
        "bootstrap_std_error": float(drawn.std_error[place]),
        "bootstrap_failed": drawn.count_failed,
        "peak_mib_with_bootstrap": _peak_mib(),
    }


def _ours_without_groups(panel: Path, runs: int) -> dict[str, Any]:
    """Cells that carry no account groups: what the others' information, and model-based errors, would cost."""
    found, _, fit = _grouped(panel, runs, WITHOUT_GROUPS)
    place = fit.terms.index("score")
    return found | {"std_error": float(fit.covariance_model[place, place] ** 0.5)}


def _grouped(panel: Path, runs: int, query: str) -> tuple[dict[str, Any], Any, Any]:
    """Group and fit; returns the measurements, the cells and the fit."""
    import duckdb

    from roi_models.hazards.hazard import fit_hazard, score_effect

    with duckdb.connect(str(panel), read_only=True) as connection:
        levels = connection.execute("select * from control_levels").df()
        both = _timed(runs, lambda: fit_hazard(connection.execute(query).df(), levels, lag=LAG))
        grouping = _timed(runs, lambda: connection.execute(query).df())
        fit, cells = both.pop("result"), grouping["result"]
        fitting = _timed(runs, lambda: fit_hazard(cells, levels, lag=LAG))
    coef, std_error = score_effect(fit)
    found = both | {
        "grouping_seconds": grouping["seconds"],
        "fit_seconds": fitting["seconds"],
        "fit_cpu_seconds": fitting["cpu_seconds"],
        "cells": len(cells.drop(columns="account_group").value_counts(list(cells.columns[2:7]), dropna=False)),
        "cell_groups": len(cells),
        "peak_mib": _peak_mib(),
        "coef": coef,
        "std_error": std_error,
    }
    return found, cells, fit


def _lifelines(panel: Path, runs: int, *, scale: str, terms: tuple[str, ...]) -> dict[str, Any]:
    import numpy as np
    from lifelines import CoxTimeVaryingFitter

    rows = _design(panel, [*terms, scale, "event"] if scale not in terms else [*terms, "event"])
    rows = rows.rename(columns={scale: "start"}).assign(stop=lambda frame: frame["start"] + 1, id=np.arange(len(rows)))
    times = {"id_col": "id", "event_col": "event", "start_col": "start", "stop_col": "stop"}
    timed = _timed(runs, lambda: CoxTimeVaryingFitter().fit(rows, **times))
    fitted = timed.pop("result")
    return timed | {"coef": float(fitted.params_["score"]), "std_error": float(fitted.standard_errors_["score"])}


def _statsmodels(panel: Path, runs: int) -> dict[str, Any]:
    import statsmodels.api as sm

    rows = _design(panel, [*TERMS, "event", "account_group"])
    design, family = sm.add_constant(rows[list(TERMS)]), sm.families.Binomial(link=sm.families.links.CLogLog())
    clusters = {"groups": rows["account_group"].astype(int)}
    timed = _timed(
        runs, lambda: sm.GLM(rows["event"], design, family=family).fit(cov_type="cluster", cov_kwds=clusters)
    )
    fitted = timed.pop("result")
    return timed | {"coef": float(fitted.params["score"]), "std_error": float(fitted.bse["score"])}


def _duckreg(panel: Path, runs: int) -> dict[str, Any]:
    """Its Poisson model: it has no complementary log-log. Nothing is clustered, which it cannot do for such models."""
    from duckreg import DuckPoissonRegression

    def fit() -> Any:
        model = DuckPoissonRegression(
            str(panel), "design", f"event ~ {' + '.join(TERMS)}", seed=1, n_bootstraps=0, method="irls"
        )
        model.fit()
        model.fit_vcov()
        return model

    timed = _timed(runs, fit)
    summary = timed.pop("result").summary()
    place = 1 + TERMS.index("score")
    return timed | {
        "coef": float(summary["point_estimate"].ravel()[place]),
        "std_error": float(summary["standard_error"].ravel()[place]),
    }


def _r_coxph(panel: Path, runs: int, *, clustered: bool) -> dict[str, Any]:
    columns = [*TERMS, "month", "event", "account_group"]
    binary = panel.with_suffix(".bin")
    _design(panel, columns).to_numpy().T.tofile(binary)
    how = [str(runs), "yes" if clustered else "no", str(LONG_SECONDS)]
    command = ["Rscript", str(R_SCRIPT), str(binary), ",".join(columns), *how]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr)
    clock, cpu, coef, std_error = (float(part) for part in done.stdout.split())
    peak = round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
    return {"seconds": clock, "cpu_seconds": cpu, "peak_mib": peak, "coef": coef, "std_error": std_error}


COMPETITORS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "ours": _ours,
    "ours, no account groups": _ours_without_groups,
    "lifelines": lambda panel, runs: _lifelines(panel, runs, scale="month", terms=TERMS),
    "lifelines, by step": lambda panel, runs: _lifelines(panel, runs, scale="step", terms=WITHOUT_STEPS),
    "statsmodels": _statsmodels,
    "duckreg": _duckreg,
    "R coxph": lambda panel, runs: _r_coxph(panel, runs, clustered=False),
    "R coxph, clustered": lambda panel, runs: _r_coxph(panel, runs, clustered=True),
}


def _design(panel: Path, columns: list[str]) -> Any:
    import duckdb

    with duckdb.connect(str(panel), read_only=True) as connection:
        return connection.execute(f"select {', '.join(columns)} from design").df()


def _timed(runs: int, work: Callable[[], Any]) -> dict[str, Any]:
    """Medians over the runs by the clock and in processor time, the peak of memory so far, and the last result."""
    clocks, cpus = [], []
    for _ in range(runs):
        clock, cpu = time.perf_counter(), time.process_time()
        result = work()
        clocks.append(time.perf_counter() - clock)
        cpus.append(time.process_time() - cpu)
        if clocks[-1] > LONG_SECONDS:
            break
    return {
        "seconds": round(median(clocks), 4),
        "cpu_seconds": round(median(cpus), 4),
        "peak_mib": _peak_mib(),
        "result": result,
    }


def _peak_mib() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def as_markdown(result: dict[str, Any]) -> str:
    """The table of one size, and what ours consists of."""
    ours = result["fits"]["ours"]
    lines = [
        "",
        f"{result['rows']:,} account-months, {result['events']:,} departures = "
        f"{result['events'] / result['rows']:.2%} a month, {result['processors']} processors, "
        f"load {result['load']}, medians of {result['runs']} run(s)",
        "",
        "| | seconds | processor seconds | × ours | × ours, of these | peak, MiB | slope | − ours | its error |",
        "|---|" + "---:|" * 8,
    ]
    for name, fit in result["fits"].items():
        lines.append(
            f"| {name} | {fit['seconds']:.3f} | {fit['cpu_seconds']:.3f} | "
            f"{fit['seconds'] / ours['seconds']:.1f} | {fit['cpu_seconds'] / ours['cpu_seconds']:.1f} | "
            f"{fit['peak_mib']:,} | {fit['coef']:.6f} | {fit['coef'] - ours['coef']:+.1e} | "
            f"{fit['std_error']:.6f} |"
        )
    lines += [
        "",
        f"Ours: {ours['cells']:,} cells, {ours['cell_groups']:,} with account groups; grouping "
        f"{ours['grouping_seconds']:.3f} s, fit and clustered errors {ours['fit_seconds']:.3f} s "
        f"({ours['fit_cpu_seconds']:.3f} processor seconds). "
        f"{REPLICATES:,} bootstrap replicates: {ours['bootstrap_seconds']:.2f} s = "
        f"{ours['bootstrap_seconds'] / ours['seconds']:.1f} × one fit from rows; bootstrap error / clustered error "
        f"{ours['bootstrap_std_error'] / ours['std_error']:.3f}.",
        *(f"{name}: {why}" for name, why in result["absent"].items()),
    ]
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[100_000, 1_000_000, 4_000_000], help="account-months (about)"
    )
    parser.add_argument("--runs", type=int, default=3, help="how often each fit is timed (default 3)")
    parser.add_argument("--skip", nargs="*", default=[], help="who takes no part, for example: --skip statsmodels")
    parser.add_argument("--json", type=Path, help="write the numbers here as well")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--panel", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if min(*arguments.rows, arguments.runs) < 1:
        parser.error("--rows and --runs must be at least 1.")
    return arguments


if __name__ == "__main__":
    main()
