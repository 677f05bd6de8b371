"""Waterfalls as SVG text: from what the programme brings to its net present value, from opening to closing revenue.

Belongs here: drawing steps that are already chosen.
Does not belong here: canvas and colours (`chart_base.py`), choosing steps (`rows_*.py`), captions (`templates/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from roi_models.report.chart_base import BAD, GOOD, INK, MUTED, canvas, money_ticks, short_money
from roi_models.report.format import to_number
from roi_models.report.rows import Row
from roi_models.report.rows_waterfall import TOTAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def npv_waterfall_chart(lines: pd.DataFrame, currency: str) -> str:
    """`lines`: label, amount (signed: costs below zero), kind (benefit, cost, total), from top to bottom.

    A total is a bar from zero; every other bar begins where the one before ended.
    """
    description = (
        "Bars to the right are present values of benefits, bars to the left those of costs, each beginning where the "
        "one before ended. The last bar, from zero, is the net present value."
    )
    with canvas("waterfall", "From benefits to net present value", description, rows=len(lines)) as (axes, out):
        steps = [(line.label, float(line.amount), line.kind == TOTAL) for line in lines.itertuples()]
        level, starts, levels = 0.0, [], []
        for place, (_, amount, is_total) in enumerate(steps):
            starts.append(0.0 if is_total else level)
            level = starts[-1] + amount
            levels.append(level)
            colour = GOOD if amount >= 0 else BAD
            axes.barh(place, amount, left=starts[-1], height=0.6, color=colour, alpha=0.85 if is_total else 0.5)
        axes.axvline(0, color=INK, linewidth=0.9)
        _finish(axes, steps, levels, starts=starts)
        axes.set_xlabel(f"present value, {currency}")
    return out[0]


def bridge_chart(lines: Sequence[Row], currency: str) -> str:
    """The revenue bridge from top to bottom: each bar begins where the one before ended.

    Levels are points and not bars, so that the axis may leave out the long way from zero, where nothing happens.
    """
    description = (
        "Two points mark monthly recurring revenue at the beginning and at the end. Each bar between them is a "
        "movement, to the right where revenue rose, to the left where it fell."
    )
    with canvas("bridge", "From opening to closing monthly recurring revenue", description, rows=len(lines)) as (
        axes,
        out,
    ):
        level, steps, starts, levels = 0.0, [], [], []
        for place, row in enumerate(lines):
            amount = float(to_number(row.data["amount"]) or 0.0)
            is_total = row.data["sign"] == 0
            step = amount if is_total else row.data["sign"] * amount
            starts.append(amount if is_total else level)
            level = amount if is_total else level + step
            if is_total:
                axes.plot([level], [place], "o", color=INK, markersize=7)
            else:
                axes.barh(place, step, left=starts[-1], height=0.6, color=GOOD if step >= 0 else BAD, alpha=0.6)
            steps.append((row.label, step, is_total))
            levels.append(level)
        _finish(axes, steps, levels, starts=starts)
        axes.set_xlabel(f"{currency} a month")
    return out[0]


def _finish(axes: Axes, steps: list[tuple[str, float, bool]], levels: list[float], *, starts: list[float]) -> None:
    """Labels, amounts beside the bars, lines from bar to bar, and room for the amounts on both sides."""
    for place, level in enumerate(levels[:-1]):
        if not steps[place + 1][2] or starts[place + 1] == level:
            axes.plot([level, level], [place, place + 1], color=MUTED, linewidth=0.8)
    low, high = min([*levels, *starts]), max([*levels, *starts])
    width = (high - low) or abs(high) or 100.0
    for place, (_, amount, is_total) in enumerate(steps):
        # Right of the bar, whichever way it goes: the eye then reads one column of amounts down the steps.
        edge = max(starts[place], levels[place])
        axes.annotate(
            short_money(amount, signed=not is_total, digits=3),
            (edge, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            fontweight="bold" if is_total else "normal",
        )
    axes.set_yticks(range(len(steps)), [label for label, _, _ in steps])
    axes.set_ylim(len(steps) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.set_xlim(low - 0.05 * width, high + 0.24 * width)
    axes.locator_params(axis="x", nbins=4)
    money_ticks(axes, "x")
