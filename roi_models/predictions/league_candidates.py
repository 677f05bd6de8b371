"""The candidates of the metric league: every metric in the usual codings, at several lags, alone and together.

Belongs here: which candidates there are, their names, and their values per row. Does not belong here: fitting and
judging them (`metric_league.py`), where answers come from (queries).

The codings are those of de Haan, Verhoef & Wiesel (2015): the mean answer, the share of high answers (top-2-box of
satisfaction, 5 and above of effort), and promoters less detractors for NPS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd

WAR = "war"
CODINGS = {
    "nps": {"mean": "mean answer", "net": "promoters less detractors"},
    "csat": {"mean": "mean answer", "high": "share of high answers"},
    "ces": {"mean": "mean answer", "high": "share of high answers"},
    "custom": {"mean": "mean answer", "high": "share of high answers"},
    WAR: {"mean": "mean share by rank"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeagueMetric:
    """A metric that takes part. `kind`: a key of CODINGS; `scale`: its lowest and highest answer."""

    id: str
    label: str
    kind: str
    scale: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeagueComposite:
    """A declared composite: weights of metrics that are put on 0 to 100 first."""

    id: str
    label: str
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One entry: `metrics` that it knows, `coding` in words, `lag`; `values`: rows × columns, NaN where not heard."""

    id: str
    label: str
    coding: str
    lag: int
    metrics: tuple[str, ...]
    values: np.ndarray = field(repr=False)

    @property
    def heard(self) -> np.ndarray:
        """Rows on which all of the candidate's metrics had an answer."""
        return np.isfinite(self.values).all(axis=1)


def candidates(
    row_ids: pd.Series,
    answers: pd.DataFrame,
    metrics: Sequence[LeagueMetric],
    composites: Sequence[LeagueComposite],
    lags: Sequence[int],
) -> list[Candidate]:
    """All candidates on the rows `row_ids`, in a fixed order.

    `answers`: row_id, lag, metric_id, mean_score, high_share, low_share (shares 0 … 1 of people); a metric without a
    row had not been heard.
    """
    found = []
    for lag in lags:
        known = answers[answers["lag"] == lag]
        coded = {metric.id: _coded(row_ids, known, metric) for metric in metrics}
        found += _alone(metrics, coded, lag)
        found += _together(metrics, coded, lag)
        found += _declared(metrics, composites, coded, lag)
    return found


def _coded(row_ids: pd.Series, known: pd.DataFrame, metric: LeagueMetric) -> dict[str, np.ndarray]:
    """The metric's codings, a vector each."""
    columns = ["mean_score", "high_share", "low_share"]
    own = known[known["metric_id"] == metric.id].set_index("row_id")[columns].astype(float).reindex(row_ids)
    values = {"mean": own["mean_score"], "high": own["high_share"], "net": own["high_share"] - own["low_share"]}
    return {coding: values[coding].to_numpy() for coding in CODINGS[metric.kind]}


def _alone(
    metrics: Sequence[LeagueMetric], coded: Mapping[str, dict[str, np.ndarray]], lag: int
) -> Iterator[Candidate]:
    for metric in metrics:
        for coding, values in coded[metric.id].items():
            yield Candidate(
                id=f"{metric.id}_{coding}_lag{lag}",
                label=metric.label,
                coding=CODINGS[metric.kind][coding],
                lag=lag,
                metrics=(metric.id,),
                values=values[:, None],
            )


def _together(
    metrics: Sequence[LeagueMetric], coded: Mapping[str, dict[str, np.ndarray]], lag: int
) -> Iterator[Candidate]:
    """Two and more survey metrics side by side in one model, each with a weight that the data choose.

    All pairs and all at once: with many custom metrics, every subset would be a lottery.
    """
    asked = [metric for metric in metrics if metric.kind != WAR]
    groups = list(combinations(asked, 2))
    if len(asked) > 2:
        groups.append(tuple(asked))
    for group in groups:
        yield Candidate(
            id="_with_".join(metric.id for metric in group) + f"_lag{lag}",
            label=" + ".join(metric.label for metric in group),
            coding="means, weighted by the model",
            lag=lag,
            metrics=tuple(metric.id for metric in group),
            values=np.column_stack([coded[metric.id]["mean"] for metric in group]),
        )


def _declared(
    metrics: Sequence[LeagueMetric],
    composites: Sequence[LeagueComposite],
    coded: Mapping[str, dict[str, np.ndarray]],
    lag: int,
) -> Iterator[Candidate]:
    by_id = {metric.id: metric for metric in metrics}
    for composite in composites:
        if not composite.parts.keys() <= by_id.keys():
            continue
        value = np.zeros(len(next(iter(coded.values()))["mean"]))
        for part, weight in composite.parts.items():
            low, high = by_id[part].scale
            value = value + weight / sum(composite.parts.values()) * 100 * (coded[part]["mean"] - low) / (high - low)
        yield Candidate(
            id=f"{composite.id}_lag{lag}",
            label=composite.label,
            coding="composite as declared",
            lag=lag,
            metrics=tuple(sorted(composite.parts)),
            values=value[:, None],
        )
