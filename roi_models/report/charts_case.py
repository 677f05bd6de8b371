"""The chart of what the case hangs on: net present value as each input goes from its low to its high value.

Belongs here: the tornado. Does not belong here: cash flows and simulated values (`charts.py`), the waterfall
(`charts_waterfall.py`), computing the ranges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from roi_models.report.chart_base import INK, MUTED, SERIES, canvas, money_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN_INPUTS = 10
_LONGEST_LABEL = 24


def tornado_chart(ranges: pd.DataFrame, base_npv: float, currency: str) -> str:
    """`ranges`: input, label, low_value, high_value, npv_low, npv_high; the widest bar on top, at most ten.

    A bar is filled where the input is at its high value and hollow where it is at its low one.
    """
    description = (
        "One bar for each input, the widest on top, around the net present value of the base case. The hollow part is "
        "the value with the input at its low end, the filled part with the input at its high end."
    )
    width = (ranges["npv_high"] - ranges["npv_low"]).abs()
    order = ranges.assign(_width=width).sort_values(["_width", "input"], ascending=[False, True], kind="stable")
    shown = order[order["_width"] > 0].head(SHOWN_INPUTS)
    title = "Net present value as one input at a time goes from low to high"
    with canvas("tornado", title, description, rows=len(shown)) as (axes, out):
        for place, row in enumerate(shown.itertuples()):
            _range(axes, place, row, base_npv)
        axes.axvline(base_npv, color=INK, linewidth=1.1)
        values = shown[["npv_low", "npv_high"]].to_numpy(float)
        if values.min() < 0 < values.max():
            axes.axvline(0, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.set_yticks(range(len(shown)), [_folded(label) for label in shown["label"]])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.margins(x=0.17)
        axes.set_xlabel(f"net present value, {currency}")
        axes.locator_params(axis="x", nbins=4)
        money_ticks(axes, "x")
    return out[0]


def _range(axes: Axes, place: int, row: Any, base: float) -> None:
    """One input's bar: hollow to its low value, filled to its high one, each end with its word."""
    shape = {"height": 0.56, "left": base, "edgecolor": SERIES[0], "linewidth": 1.3}
    axes.barh(place, row.npv_low - base, facecolor="none", **shape)
    axes.barh(place, row.npv_high - base, facecolor=SERIES[0], alpha=0.75, **shape)
    ends = ((row.npv_low, row.npv_high, "low"), (row.npv_high, row.npv_low, "high"))
    for npv, other, word in ends:
        # An end at the base itself stands opposite to the other one.
        is_right = npv > base or (npv == base and other < base)
        axes.annotate(
            word,
            (npv, place),
            xytext=(4 if is_right else -4, 0),
            textcoords="offset points",
            ha="left" if is_right else "right",
            va="center",
            color=MUTED,
            fontsize=9,
        )


def _folded(label: str) -> str:
    """A long name on two lines, so that bars keep most of the width."""
    if len(label) <= _LONGEST_LABEL:
        return label
    words, first = label.split(), ""
    while words and (not first or len(first) + 1 + len(words[0]) <= max(_LONGEST_LABEL, len(label) // 2 + 2)):
        first = f"{first} {words.pop(0)}".strip()
    rest = " ".join(words)
    return f"{first}\n{rest}" if rest else first
