"""The chart of what customers answered as SVG text: the score by quarter.

Belongs here: drawing rows that are already chosen.
Does not belong here: canvas and colours (`chart_base.py`), choosing rows (`rows_measures.py`), the bridge
(`charts_waterfall.py`), captions (`templates/`).
"""

from __future__ import annotations

from collections.abc import Sequence

from roi_models.report.chart_base import MUTED, SERIES, canvas
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
