"""Charts of what the warehouse measured as SVG text: the score by quarter, the revenue bridge.

Belongs here: drawing rows that are already chosen.
Does not belong here: canvas and colours (`chart_base.py`), choosing rows (`rows_measures.py`), captions (`templates/`).
"""

from __future__ import annotations

from collections.abc import Sequence

from roi_models.report.chart_base import BAD, GOOD, INK, MUTED, SERIES, canvas, money_ticks
from roi_models.report.format import to_number
from roi_models.report.rows import Row


def score_chart(periods: Sequence[Row]) -> str:
    """Scores with intervals by quarter, oldest left; the latest is filled. Quarters without a score leave a gap."""
    description = "A point with an interval for each quarter. The filled point is the latest quarter with a score."
    with canvas("score", "Score by quarter", description) as (axes, out):
        shown = []
        for place, row in enumerate(reversed(periods)):
            score, low, high = (to_number(row.data[f"headline_{part}score"]) for part in ("", "low_", "high_"))
            if score is not None:
                shown.append((place, score, low, high))
        axes.plot([item[0] for item in shown], [item[1] for item in shown], color=MUTED, linewidth=0.9)
        for place, score, low, high in shown:
            is_latest = place == shown[-1][0]
            colour = SERIES[0] if is_latest else MUTED
            if low is not None and high is not None:
                axes.plot([place, place], [low, high], color=colour, linewidth=2.4 if is_latest else 1.4)
            face = colour if is_latest else "none"
            axes.plot([place], [score], "o", color=colour, markerfacecolor=face, markersize=6.5)
        axes.set_xticks(range(len(periods)), [_two_lines(str(row.data["period"])) for row in reversed(periods)])
        axes.set_xlim(-0.5, len(periods) - 0.5)
        axes.set_ylabel("score")
    return out[0]


def _two_lines(period: str) -> str:
    """`2024-Q4` as `Q4` above `2024`: eight quarters side by side leave no room for one line."""
    year, _, quarter = period.partition("-")
    return f"{quarter}\n{year}"


def bridge_chart(lines: Sequence[Row], currency: str) -> str:
    """The revenue bridge from top to bottom: each bar begins where the one before ended.

    Levels are points and not bars, so that the axis may leave out the long way from zero, where nothing happens.
    """
    description = (
        "Two points mark monthly recurring revenue at the beginning and at the end. Each bar between them is a "
        "movement, to the right where revenue rose, to the left where it fell."
    )
    with canvas("bridge", "From opening to closing monthly recurring revenue", description) as (axes, out):
        level, levels = 0.0, []
        for place, row in enumerate(lines):
            amount = float(to_number(row.data["amount"]) or 0.0)
            if row.data["sign"] == 0:
                level = amount
                axes.plot([level], [place], "o", color=INK, markersize=7)
            else:
                step = row.data["sign"] * amount
                axes.barh(place, step, left=level, height=0.56, color=GOOD if step >= 0 else BAD, alpha=0.6)
                level += step
            levels.append(level)
            if place + 1 < len(lines):
                axes.plot([level, level], [place, place + 1], color=MUTED, linewidth=0.8)
        axes.set_yticks(range(len(lines)), [row.label for row in lines])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        # Bars hold an axis to their ends: the points at both ends would be cut in half.
        room = 0.06 * ((max(levels) - min(levels)) or 1.0)
        axes.set_xlim(min(levels) - room, max(levels) + room)
        axes.set_xlabel(f"{currency} a month")
        axes.locator_params(axis="x", nbins=5)
        money_ticks(axes, "x")
    return out[0]
