"""Charts of how well the model tells who leaves: by band of scores, by group of predicted risk.

Belongs here: drawing observed against expected.
Does not belong here: canvas and colours (`chart_base.py`), lags and curves (`charts.py`), counting
(`dose_response.py`, `retention.py`).
"""

from __future__ import annotations

import pandas as pd

from roi_models.report.chart_base import INK, MUTED, SERIES, canvas


def dose_response_chart(bands: pd.DataFrame) -> str:
    """`bands`: the rows of `dose_response`. Points with intervals are what was seen, the line is the model."""
    description = (
        "Points with intervals: per cent of accounts that leave within twelve months at the rate seen in each band of "
        "scores. The line: what the model expects there. Accounts without a recent answer stand apart at the right."
    )
    scored = bands[bands["score_mean"].notna()]
    silent = bands[bands["score_mean"].isna()]
    mean = scored["score_mean"].to_numpy(float)
    low, high = float(scored["score_low"].min()), float(scored["score_high"].max())
    apart = high + 0.16 * ((high - low) or 1.0)
    with canvas("dose", "Departures by score, seen and expected", description) as (axes, out):
        axes.plot(mean, scored["predicted_pct"], "-", color=SERIES[0], linewidth=2)
        for place, row in zip([*mean, *[apart] * len(silent)], [*_rows(scored), *_rows(silent)], strict=True):
            axes.plot([place, place], [row.observed_low_pct, row.observed_high_pct], color=INK, linewidth=1.4)
            axes.plot([place], [row.observed_pct], "o", color=INK, markersize=6)
        for row in _rows(silent):
            axes.plot([apart], [row.predicted_pct], "_", color=SERIES[0], markersize=16, markeredgewidth=2)
        axes.annotate(
            "seen", (mean[0], scored["observed_high_pct"].iloc[0]), xytext=(0, 5), textcoords="offset points",
            ha="center", color=INK,
        )  # fmt: skip
        # Beside the line's first stretch: between two points no interval can run into the word.
        middle = [(scored[name].iloc[:2]).mean() for name in ("score_mean", "predicted_pct")]
        axes.annotate("model", middle, xytext=(6, 4), textcoords="offset points", color=SERIES[0])
        axes.set_ylim(0, max(bands["observed_high_pct"].max(), bands["predicted_pct"].max()) * 1.14)
        _score_ticks(axes, low, high, apart if len(silent) else None)
        axes.set_xlabel("score of the account, points")
        axes.set_ylabel("leave within 12 months, %")
    return out[0]


def _rows(frame: pd.DataFrame) -> list:
    return list(frame.itertuples())


def _score_ticks(axes, low: float, high: float, silent_at: float | None) -> None:
    """Whole scores on the axis, and a place of its own for accounts without an answer."""
    import numpy as np

    whole = np.arange(np.ceil(low), np.floor(high) + 1)
    ticks = whole if len(whole) <= 11 else whole[:: int(np.ceil(len(whole) / 11))]
    if len(ticks) < 2:
        ticks = np.array([low, high])
    labels = [f"{tick:g}" for tick in ticks]
    margin = 0.06 * ((high - low) or 1.0)
    end = high + margin
    if silent_at is not None:
        # A whole score directly beside it would run into the word.
        kept = ticks < silent_at - 2.2 * margin
        ticks, labels = ticks[kept], [label for label, keep in zip(labels, kept, strict=True) if keep]
        ticks, labels = [*ticks, silent_at], [*labels, "no\nanswer"]
        axes.axvline((high + silent_at) / 2, color=MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
        end = silent_at + 2 * margin
    axes.set_xticks(ticks, labels)
    axes.set_xlim(low - margin, end)


def calibration_chart(groups: pd.DataFrame) -> str:
    """`groups`: the rows of `calibrate`. On the line as many left as the model expected; above it, more did."""
    description = (
        "A point with an interval for each tenth of account-months by predicted risk: departures expected by the model "
        "against departures seen. On the dashed line the two are equal."
    )
    with canvas("calibration", "Departures expected and seen, by predicted risk", description) as (axes, out):
        top = float(max(groups["observed_high"].max(), groups["predicted_events"].max())) * 1.06
        axes.plot([0, top], [0, top], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        for row in groups.itertuples():
            held = row.observed_low <= row.predicted_events <= row.observed_high
            colour = SERIES[0]
            axes.plot([row.predicted_events] * 2, [row.observed_low, row.observed_high], color=colour, linewidth=1.4)
            # A hollow point is off the line by more than chance: shape and not colour says so.
            face = colour if held else "none"
            axes.plot([row.predicted_events], [row.observed_events], "o", color=colour, markerfacecolor=face, ms=6.5)
        right = float(groups["predicted_events"].max()) * 1.12
        axes.set_xlim(0, right)
        axes.set_ylim(0, top)
        axes.set_xlabel("departures the model expects")
        axes.set_ylabel("departures seen")
    return out[0]
