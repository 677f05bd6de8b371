"""Charts of models and case as SVG text: frames in, one `<svg>` element out, the same bytes every time.

Belongs here: drawing survival, lags, cash flows and simulated outcomes.
Does not belong here: canvas and colours (`chart_base.py`), what the warehouse measured (`charts_measures.py`), choosing
or computing numbers (`rows.py`, models), captions (`templates/`).
"""

from __future__ import annotations

import pandas as pd

from roi_models.report.chart_base import BAD, GOOD, INK, MUTED, SERIES, canvas, money_ticks, spread_apart
from roi_models.report.rows import ordered_groups


def survival_chart(curves: pd.DataFrame) -> str:
    """Kaplan–Meier curves with bands, one per landmark group, labelled at their ends."""
    groups = ordered_groups(curves)
    description = "Stepped curves of the share of accounts still here by month, with a confidence band for each group."
    with canvas("survival", "Accounts still here since the landmark, by group", description) as (axes, out):
        ends = []
        for group, colour in zip(groups, SERIES * 3, strict=False):
            curve = curves[curves["group"] == group].sort_values("month")
            month, share = curve["month"].to_numpy(float), curve["survival"].to_numpy(float) * 100
            low, high = (curve[name].to_numpy(float) * 100 for name in ("ci_low", "ci_high"))
            axes.step(month, share, where="post", color=colour, linewidth=1.8)
            axes.fill_between(month, low, high, step="post", color=colour, alpha=0.14, linewidth=0)
            ends.append((share[-1], month[-1], colour, group))
        lowest = min([*(curves["ci_low"].dropna() * 100), *(curves["survival"] * 100)])
        floor = 0.0 if lowest < 40 else max(0.0, lowest - 5 - lowest % 5)
        axes.set_ylim(floor, 100.5)
        last = float(curves["month"].max())
        axes.set_xlim(0, max(last, 1.0))
        heights = spread_apart([end[0] for end in ends], (100 - floor) * 0.075)
        for height, (share, month, colour, group) in zip(heights, ends, strict=True):
            line = {"arrowstyle": "-", "color": colour, "linewidth": 0.6}
            axes.annotate(
                group,
                (month, share),
                xytext=(last * 1.03, height),
                color=colour,
                va="center",
                annotation_clip=False,
                arrowprops=line,
            )
        axes.set_xlabel("months since the landmark")
        axes.set_ylabel("still here, %")
    return out[0]


def lag_profile_chart(profile: pd.DataFrame, headline_lag: int) -> str:
    """Hazard ratios with intervals by lag; the headline lag is filled, one (no effect) is a line."""
    description = (
        "A point with an interval for each lag. The filled point is the headline lag; the dashed line marks no effect."
    )
    with canvas("lags", "Hazard ratio per point of the score, by lag in months", description) as (axes, out):
        for row in profile.sort_values("lag").itertuples():
            is_headline = int(row.lag) == headline_lag
            colour = SERIES[0] if is_headline else MUTED
            axes.plot(
                [row.lag, row.lag],
                [row.ci_low, row.ci_high],
                color=colour,
                linewidth=2.4 if is_headline else 1.4,
            )
            face = colour if is_headline else "none"
            axes.plot([row.lag], [row.hazard_ratio], "o", color=colour, markerfacecolor=face, markersize=6.5)
            if is_headline:
                axes.annotate(
                    "headline",
                    (row.lag, row.ci_high),
                    xytext=(0, 5),
                    textcoords="offset points",
                    ha="center",
                    color=colour,
                )
        axes.axhline(1, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.set_xticks(sorted(int(lag) for lag in profile["lag"]))
        axes.set_xlim(profile["lag"].min() - 0.5, profile["lag"].max() + 0.5)
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + (high - low) * 0.12)
        axes.set_xlabel("lag of the score, months")
        axes.set_ylabel("hazard ratio")
    return out[0]


def cash_flow_chart(years: pd.DataFrame, currency: str) -> str:
    """Yearly net flows as bars and their running sum as a line."""
    description = "Bars show each year's benefit less cost; the line is their running sum, undiscounted."
    with canvas("cash", "Net cash flow by year and running sum", description) as (axes, out):
        year, net = years["year"].to_numpy(int), years["net"].to_numpy(float)
        total = years["cumulative_net"].to_numpy(float)
        axes.bar(year, net, width=0.56, color=[GOOD if value >= 0 else BAD for value in net], alpha=0.55)
        axes.plot(year, total, "o-", color=INK, linewidth=1.6, markersize=4.5)
        # On the side that the line is heading for, so that it does not strike through the label.
        above = len(total) < 2 or total[-1] >= total[-2]
        axes.annotate(
            "running sum",
            (year[-1], total[-1]),
            xytext=(0, 7 if above else -14),
            textcoords="offset points",
            ha="center",
            color=INK,
        )
        axes.axhline(0, color=MUTED, linewidth=0.9)
        axes.set_xticks(year, ["start" if value == 0 else f"year {value}" for value in year])
        axes.margins(y=0.14)
        axes.set_ylabel(currency)
        money_ticks(axes, "y")
    return out[0]


def npv_chart(draws: pd.DataFrame, currency: str) -> str:
    """Histogram of simulated net present values, losses and gains in two colours, zero marked."""
    import numpy as np

    description = "Histogram of the simulated outcomes; those left of zero lose money."
    with canvas("npv", "Simulated net present values", description) as (axes, out):
        values = draws["npv"].dropna().to_numpy(float)
        low, high = np.quantile(values, [0.005, 0.995])
        # Zero is an edge, so that no bar mixes losses with gains.
        step = max((max(high, 0.0) - min(low, 0.0)) / 36, 1e-9)
        edges = np.arange(np.floor(min(low, 0.0) / step), np.ceil(max(high, 0.0) / step) + 1) * step
        counts, edges = np.histogram(values, bins=edges)
        colours = [GOOD if left >= -step / 2 else BAD for left in edges[:-1]]
        axes.bar(edges[:-1], counts, width=step * 0.92, align="edge", color=colours, alpha=0.6)
        axes.axvline(0, color=INK, linewidth=1.1)
        axes.annotate(
            "break-even",
            (0, 1),
            xycoords=("data", "axes fraction"),
            xytext=(4, -9),
            textcoords="offset points",
            color=INK,
        )
        axes.set_yticks([])
        axes.set_xlabel(f"net present value, {currency}")
        axes.set_ylabel("how often")
        money_ticks(axes, "x")
    return out[0]
