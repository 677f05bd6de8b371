"""How long the business case takes: 100,000 draws for ten initiatives beside bare numpy, and the page in a browser.

    python bench/business_case.py [--draws N] [--report published/latest/report.html]

The floor does what any program has to do for a draw, in numpy and nothing else: read the revenue between two computed
uplifts, multiply, discount, subtract the costs. Both run in this process, in turn. The page is opened in headless
Chromium; without --report, or without Chromium, that part says so.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from roi_models.case.assumptions import Assumptions
from roi_models.case.initiatives import Initiative, own_case, value_initiatives
from roi_models.case.response import Response
from roi_models.case.sample import Sample, draw_sample
from roi_models.case.uncertainty import REPLICATES

SEGMENTS, MONTHS, INITIATIVES, ROUNDS = ("ENT", "MID", "SMB", "other"), 36, 10, 3
MOST_SECONDS, MOST_BYTES, MOST_INTERACTIVE = 2.0, 3_000_000, 1.0
TERMS = Assumptions(
    margin=0.75,
    discount_rate=0.10,
    horizon_months=MONTHS,
    ramp_months=6,
    uplift_low=4.0,
    uplift_base=8.0,
    uplift_high=12.0,
    uplift_unit="net_nps_points",
    initial_cost=150_000.0,
    annual_cost=120_000.0,
    ranges={"margin": (0.70, 0.80)},
)


def sample_response() -> Response:
    """A response of the demo's size: revenue kept grows with uplift and time, each replicate by a slope of its own."""
    uplifts = np.arange(13.0)
    month = np.arange(1, MONTHS + 1)
    kept = np.array([40_000.0, 25_000.0, 12_000.0, 3_000.0])[:, None, None] * (1 - np.exp(-0.1 * uplifts))[:, None]
    kept = kept * np.minimum(month / 12, 1.5)
    slope = np.random.default_rng(1).normal(1, 0.15, REPLICATES)
    return Response(
        segments=SEGMENTS,
        uplifts=uplifts,
        kept=kept,
        expanded=0.2 * kept,
        kept_draws=slope[:, None, None, None] * kept,
    )


def register() -> list[Initiative]:
    """Ten initiatives, every other one for two segments alone."""
    return [
        Initiative(
            id=f"i{number}",
            name=f"Initiative {number}",
            owner="owner",
            status="done",
            uplift_low=1.0,
            uplift_base=2.0 + number / 2,
            uplift_high=10.0,
            initial_cost=10_000.0,
            annual_cost=20_000.0,
            segments=SEGMENTS[:2] if number % 2 else (),
        )
        for number in range(INITIATIVES)
    ]


def floor(response: Response, initiatives: list[Initiative], sample: Sample) -> None:
    """The same draws in bare numpy, one programme after the other."""
    factor = 1.1 ** -np.arange(1, MONTHS // 12 + 1)
    for initiative in initiatives:
        own = own_case(initiative, TERMS)
        inputs = sample.inputs(own)
        chosen = response.chosen(own.segments)
        table = response.kept_draws[:, chosen].sum(axis=1).reshape(REPLICATES, -1, MONTHS // 12, 12).sum(axis=-1)
        left = np.minimum(inputs["uplift"].astype(int), len(response.uplifts) - 2)
        weight = (inputs["uplift"] - left)[:, None]
        kept = table[sample.replicate, left] * (1 - weight) + table[sample.replicate, left + 1] * weight
        npv = (kept * inputs["margin"][:, None]) @ factor - own.initial_cost - own.annual_cost * factor.sum()
        np.percentile(npv, [5, 95])


def seconds(work) -> float:
    """Median of `ROUNDS` runs."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def bench_draws(count: int) -> None:
    """Print both times and their ratio."""
    response, initiatives = sample_response(), register()
    sample = draw_sample(count, count_replicates=REPLICATES, seed=1, expansion_error=0.2)
    terms = replace(TERMS, n_draws=count)
    ours = seconds(lambda: value_initiatives(initiatives, response, terms, sample))
    bare = seconds(lambda: floor(response, initiatives, sample))
    print(
        f"{count:,} draws × {INITIATIVES} initiatives: {ours:.2f} s; bare numpy {bare:.2f} s; ratio {ours / bare:.2f}"
    )
    print(f"  aim: under {MOST_SECONDS:g} s: {'reached' if ours < MOST_SECONDS else 'NOT reached'}")


def bench_page(report: Path | None) -> None:
    """Print the page's weight, and the time until it can be used."""
    chromium = shutil.which("chromium")
    if report is None or not report.is_file() or chromium is None:
        print("page: not measured (name a published report.html with --report, and install chromium)")
        return
    from playwright.sync_api import sync_playwright

    size = report.stat().st_size
    print(f"page: {size / 1e6:.2f} MB; aim: under {MOST_BYTES / 1e6:g} MB: {'reached' if size < MOST_BYTES else 'NOT'}")
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        taken = []
        for _ in range(ROUNDS):
            page = browser.new_page()
            page.goto(report.resolve().as_uri())
            taken.append(page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive / 1000"))
            page.close()
        browser.close()
    interactive = statistics.median(taken)
    reached = "reached" if interactive < MOST_INTERACTIVE else "NOT reached"
    print(f"  interactive after {interactive:.2f} s; aim: under {MOST_INTERACTIVE:g} s: {reached}")


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=100_000)
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    bench_draws(arguments.draws)
    bench_page(arguments.report)


if __name__ == "__main__":
    main()
