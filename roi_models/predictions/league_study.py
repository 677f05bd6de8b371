"""The metric league as the page tells it: who leads, or that nobody does, and how many departures decided it.

Belongs here: from leagues to sentences and tables. Does not belong here: predictions and intervals
(`metric_league.py`), which candidates there are (`league_candidates.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from roi_models.predictions.league_candidates import LeagueComposite, LeagueMetric, candidates
from roi_models.predictions.metric_league import CONTROLS_ALONE, MIN_TEST_EVENTS, League, hold_league
from roi_models.study import Section, Shown, Study, StudyTable

ID = "league"
TABLE, PRINTED = "metric_league", "metric_league_best"
PRINTED_COLUMNS = {
    "label": "object", "candidate": "object", "version": "object", "gain": "float64", "gain_low": "float64",
    "gain_high": "float64", "lift": "float64", "coverage": "float64", "prob_best": "float64",
}  # fmt: skip
MAX_NAMED = 4
_SHOWN = (
    Shown(column="version", heading="Version"),
    Shown(
        column="gain",
        heading="Gain in ranking",
        unit="pct_points",
        scale=100,
        low="gain_low",
        high="gain_high",
        is_signed=True,
        definition=(
            "{label}: how much more often a leaver is ranked above a stayer of the same date than by the "
            "controls alone, out of time, in percentage points (AUC)."
        ),
    ),
    Shown(
        column="lift",
        heading="Lift in top tenth",
        unit="ratio",
        definition="{label}: departures among the tenth ranked riskiest, as a multiple of the average.",
    ),
    Shown(
        column="coverage",
        heading="Accounts heard",
        unit="share_pct",
        scale=100,
        definition="{label}: share of accounts that had answered, over the test dates.",
    ),
    Shown(
        column="prob_best",
        heading="Chance to be best",
        unit="probability",
        definition="{label}: share of resampled sets of accounts in which one of its versions came first.",
    ),
)
_AIM = {"retention": "departures", "wallet share": "share of wallet"}
_TESTS = {"retention": "departures in the test periods", "wallet share": "measured shares in the test periods"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeagueFrames:
    """Rows and answers of one outcome, as `hold_league` and `candidates` take them."""

    rows: pd.DataFrame
    answers: pd.DataFrame


def conduct_league(
    retention: LeagueFrames,
    share: LeagueFrames,
    *,
    metrics: Sequence[LeagueMetric],
    composites: Sequence[LeagueComposite],
    lags: Sequence[int],
    primary: str,
) -> Study:
    """Hold the league for retention and for the measured share of wallet; `primary` is the primary metric's label."""
    leagues = [
        _hold(retention, metrics, composites, lags, outcome="retention"),
        _hold(share, metrics, composites, lags, outcome="wallet share"),
    ]
    table = pd.concat([league.table for league in leagues], ignore_index=True)
    sentences = [_sentence(leagues[0])]
    if not share.rows.empty:
        sentences.append(_sentence(leagues[1]))
    sentences.append(
        f"This comparison is exploratory: {primary} stays the primary metric that was declared in advance."
        + (" The best of many versions looks better than it is." if table["is_leading"].any() else "")
        + _sampled(retention.rows)
    )
    return Study(
        id=ID,
        section=Section.SCORES,
        title="Which metric foretells best",
        sentences=tuple(sentences),
        tables=(StudyTable(name=TABLE, frame=table), _printed(leagues[0])),
    )


def _hold(
    frames: LeagueFrames,
    metrics: Sequence[LeagueMetric],
    composites: Sequence[LeagueComposite],
    lags: Sequence[int],
    *,
    outcome: str,
) -> League:
    # Sorted, so that no sum hangs on the order in which rows arrive.
    rows = frames.rows.sort_values("row_id", kind="stable").reset_index(drop=True)
    heard = set(frames.answers["metric_id"])
    present = [metric for metric in metrics if metric.id in heard]
    return hold_league(rows, candidates(rows["row_id"], frames.answers, present, composites, lags), outcome=outcome)


def _sentence(league: League) -> str:
    """What the league says about one outcome."""
    aim, tests = _AIM[league.outcome], f"{league.count_events:,} {_TESTS[league.outcome]}"
    if league.problem is not None:
        return f"Which metric foretells {aim} best cannot be said. {league.problem}"
    if not league.is_decidable:
        return f"Tied: with {tests}, fewer than {MIN_TEST_EVENTS}, no metric can be said to foretell {aim} best."
    lead = league.table[league.table["is_leading"]]
    labels = list(lead["label"])
    if not labels:
        return f"Tied: no metric foretells {aim} better than tenure, renewal and the other controls alone ({tests})."
    if len(labels) > 1:
        named = labels[:MAX_NAMED] if len(labels) <= MAX_NAMED else [*labels[: MAX_NAMED - 1], "others"]
        return f"Tied: {', '.join(named[:-1])} and {named[-1]} foretell {aim} about equally well out of time ({tests})."
    return _winner(league, lead.iloc[0])


def _winner(league: League, row: pd.Series) -> str:
    gain, low, high = (100 * row[column] for column in ("gain", "gain_low", "gain_high"))
    measured = (
        f"It ranks a leaver above a stayer {gain:.2f} percentage points more often"
        if league.outcome == "retention"
        else f"It explains {gain:.2f} percentage points more of the differences"
    )
    return (
        f"{row['label']} foretells {_AIM[league.outcome]} best out of time ({_version(row['coding'], row['lag'])}). "
        f"{measured} than the controls alone (95% interval {low:.2f} to {high:.2f}; {league.count_events:,} "
        f"{_TESTS[league.outcome]})."
    )


def _version(coding: str, lag: int) -> str:
    """Lag k knows what was known k − 1 months before the date."""
    return f"{coding}, {'up to date' if lag == 1 else f'{lag - 1} months old'}"


def _sampled(rows: pd.DataFrame) -> str:
    """Large companies are compared on a part of their accounts, and say so."""
    if rows.empty or len(rows) >= int(rows["count_all"].iloc[0]):
        return ""
    return f" To save time it took {len(rows):,} of {int(rows['count_all'].iloc[0]):,} account dates, by account group."


def _printed(league: League) -> StudyTable:
    """The best version of each metric and combination; nothing where no ranking is decidable."""
    table = league.table[league.table["candidate"] != CONTROLS_ALONE]
    if not league.is_decidable:
        table = table.head(0)
    chance = table.groupby("label")["prob_best"].sum()
    best = table.drop_duplicates("label")
    frame = best.assign(
        version=[_version(coding, lag) for coding, lag in zip(best["coding"], best["lag"], strict=True)],
        prob_best=best["label"].map(chance),
    )
    frame = frame[list(PRINTED_COLUMNS)].astype(PRINTED_COLUMNS).reset_index(drop=True)
    return StudyTable(
        name=PRINTED,
        frame=frame,
        keys=("candidate",),
        named_by="label",
        caption="Foretelling departures half a year ahead: the best version of each metric",
        rows=6,
        shown=_SHOWN,
    )
