"""The chart of retention beyond the data: what was observed, and both models through it.

Belongs here: drawing fitted against observed.
Does not belong here: canvas and colours (`chart_base.py`), other charts (`charts.py`), fitting (`extrapolation.py`).
"""

from __future__ import annotations

import pandas as pd

from roi_models.report.chart_base import INK, MUTED, SERIES, canvas

_MODELS = (("weibull", "Weibull", "--", SERIES[0]), ("log_normal", "log-normal", ":", SERIES[1]))


def beyond_chart(curve: pd.DataFrame) -> str:
    """The observed share as steps with its band, both models as lines, the months without data marked off."""
    description = (
        "A stepped curve with a band is the observed share of accounts still here; two lines are the models fitted to "
        "it. Right of the vertical line nothing was observed and the models alone speak."
    )
    with canvas("beyond", "Accounts still here: observed, fitted and extrapolated", description) as (axes, out):
        seen = curve[curve["basis"] == "observed"]
        month = seen["month"].to_numpy(float)
        low, high = (seen[name].to_numpy(float) * 100 for name in ("observed_low", "observed_high"))
        axes.step(month, seen["observed"].to_numpy(float) * 100, where="post", color=INK, linewidth=1.8)
        axes.fill_between(month, low, high, step="post", color=INK, alpha=0.14, linewidth=0)
        for column, label, style, colour in _MODELS:
            share = curve[column].to_numpy(float) * 100
            axes.plot(curve["month"].to_numpy(float), share, style, color=colour, linewidth=1.6, label=label)
        axes.axvline(month[-1], color=MUTED, linewidth=0.9)
        lowest = float(curve[["observed_low", "weibull", "log_normal"]].min().min()) * 100
        axes.set_ylim(0.0 if lowest < 40 else lowest - 5 - lowest % 5, 100.5)
        axes.set_xlim(0, float(curve["month"].max()))
        axes.legend(frameon=False, loc="lower left")
        axes.set_xlabel("months since the landmark")
        axes.set_ylabel("still here, %")
    return out[0]
