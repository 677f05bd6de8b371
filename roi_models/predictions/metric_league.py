"""Which metric foretells best out of time: the same accounts, dates and controls for all, fitted before, judged after.

Belongs here: rolling-origin predictions of every candidate, and the league table. Does not belong here: which
candidates there are (`league_candidates.py`), scores and resampling (`group_bootstrap.py`), sentences
(`league_study.py`).

Ridge models, because a league needs a prediction from every candidate at every date and never an effect: a control
level without events must not stop it. Effects are estimated elsewhere (`hazard.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.hazards.design import parse_control_key
from roi_models.predictions.group_bootstrap import (
    Comparison,
    Scored,
    compare,
    concordance,
    explained_share,
    group_draws,
    lift_at,
    not_beaten,
)
from roi_models.predictions.league_candidates import Candidate

# Below so many events (or measured shares) in the test periods no ranking of metrics is decidable (methods.md).
MIN_TEST_EVENTS = 250
# A model fitted on fewer events (or shares) before the cut than this would judge chance.
MIN_TRAINING = 20
MIN_GROUPS = 20
# Weight of the penalty: as if each standardised slope had been seen once at nil with a standard error of 1.
RIDGE = 1.0
NEWTON_STEPS = 25
CONTROLS_ALONE = "controls"
COLUMNS = {
    "outcome": "object", "rank": "Int64", "candidate": "object", "label": "object", "metrics": "object",
    "coding": "object", "lag": "Int64", "score": "float64", "gain": "float64", "gain_low": "float64",
    "gain_high": "float64", "lift": "float64", "coverage": "float64", "prob_best": "float64",
    "is_tied_with_best": "bool", "adds_to_controls": "bool", "is_leading": "bool",
    "count_test": "int64", "count_test_events": "int64",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class League:
    """`table`: COLUMNS, best first, the controls alone among them; empty beside a `problem`.

    `score` is the AUC within dates (retention) or the explained share of variance (wallet share), `gain` is it less
    that of the controls alone. `count_events`: departures (measured shares) in the test periods. Where they are too
    few, all are tied, nobody has a rank or a chance to be best, and the order is that of the ids.
    """

    outcome: str
    table: pd.DataFrame
    count_events: int
    problem: str | None = None

    @property
    def is_decidable(self) -> bool:
        """Whether there were events enough to rank metrics at all."""
        return self.problem is None and self.count_events >= MIN_TEST_EVENTS


def empty_table() -> pd.DataFrame:
    """A league without entries, typed."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})


def hold_league(rows: pd.DataFrame, entries: Sequence[Candidate], *, outcome: str) -> League:
    """Fit before each test period, predict in it, and compare all entries on all test periods together.

    `rows`, in the order of the entries' values: row_id, account_group, period (test periods, in order of time), month
    (a number, when predictors were known), known_month (when the outcome was), is_heard, control columns (tenure_step,
    is_renewal_near, control_key, and n_brands where given) and target: bool for `outcome` 'retention' (True: left), a
    share for 'wallet share'. A test period learns from rows whose outcome was known when it began.
    """
    is_event = outcome == "retention"
    target = rows["target"].to_numpy(float)
    problem = _problem(rows, entries, target, is_event=is_event)
    if problem is not None:
        return League(outcome=outcome, table=empty_table(), count_events=0, problem=problem)
    everyone = [_no_candidate(len(rows)), *entries]
    predictions, tested = _predict(rows, everyone, _control_columns(rows), target, is_event=is_event)
    problem = _test_problem(target[tested], is_event=is_event)
    if problem is not None:
        return League(outcome=outcome, table=empty_table(), count_events=0, problem=problem)
    count_events = int(target[tested].sum()) if is_event else int(tested.sum())
    table = _judge(rows[tested], everyone, predictions[tested], target[tested], is_event=is_event).assign(
        outcome=outcome,
        coverage=[float(entry.heard[tested].mean()) if entry.metrics else np.nan for entry in everyone],
        count_test=int(tested.sum()),
        count_test_events=count_events,
    )
    return League(outcome=outcome, table=_ranked(table), count_events=count_events)


def _judge(
    rows: pd.DataFrame, entries: Sequence[Candidate], predictions: np.ndarray, target: np.ndarray, *, is_event: bool
) -> pd.DataFrame:
    """Score the predictions of the tested rows and compare them, one row per entry."""
    groups, group = np.unique(rows["account_group"].to_numpy(), return_inverse=True)
    draws = group_draws(len(groups))
    if is_event:
        scored = concordance(predictions, target > 0, rows["month"].to_numpy(), group, draws)
        lift = lift_at(predictions, target > 0, rows["month"].to_numpy())
    else:
        scored = explained_share(predictions, target, group, draws)
        lift = np.full(predictions.shape[1], np.nan)
    against = compare(scored)
    return _table(entries, scored.estimate, against).assign(lift=lift, is_leading=leading(entries, scored, against))


def leading(entries: Sequence[Candidate], scored: Scored, against: Comparison) -> np.ndarray:
    """Which entries lead: those that may be the best, reduced to the ones that need the fewest metrics.

    One is a winner, several are tied, none means that nothing adds to the controls. A combination that holds an entry's
    metrics and cannot be told from it does not dethrone it, as its other metrics are not shown to add anything. But an
    entry that does without one of a leader's metrics, and is not beaten by that leader itself, shares the lead.
    """
    able = against.adds & np.array([bool(entry.metrics) for entry in entries])
    lead = _with_fewest_metrics(entries, able & against.tied, scored.estimate)
    for leader in np.flatnonzero(lead):
        without = np.array([not set(entries[leader].metrics) <= set(entry.metrics) for entry in entries])
        lead |= able & without & not_beaten(scored, int(leader))
    return _with_fewest_metrics(entries, lead, scored.estimate)


def _with_fewest_metrics(entries: Sequence[Candidate], chosen: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Of the chosen, the best entry of every set of metrics that holds no smaller chosen set."""
    sets = {int(position): frozenset(entries[position].metrics) for position in np.flatnonzero(chosen)}
    kept = np.zeros(len(entries), dtype=bool)
    for metrics in set(sets.values()):
        if not any(other < metrics for other in sets.values()):
            kept[max((position for position in sets if sets[position] == metrics), key=lambda at: score[at])] = True
    return kept


def _problem(rows: pd.DataFrame, entries: Sequence[Candidate], target: np.ndarray, *, is_event: bool) -> str | None:
    """Why there can be no league, or None."""
    if rows.empty:
        return "The history is too short for a period to learn from and a later one to judge by."
    if not any(entry.heard.any() for entry in entries):
        return "No account had been heard at any of the dates, so there is nothing to compare."
    seen = target.sum() if is_event else len(target)
    if seen < 2 * MIN_TRAINING:
        return f"{_cases(int(seen), is_event)} in all: too few to compare metrics."
    if rows["account_group"].nunique() < MIN_GROUPS:
        return f"Fewer than {MIN_GROUPS} groups of accounts: no interval can be drawn from them."
    if not is_event and np.ptp(target) < 1e-9:
        return "Every measured share is the same, so there is nothing to foretell."
    return None


def _test_problem(target: np.ndarray, *, is_event: bool) -> str | None:
    """Why the rows that could be tested allow no comparison, or None."""
    count = int(target.sum()) if is_event else len(target)
    if count < MIN_TRAINING:
        return f"{_cases(count, is_event)} in test periods, after a first period to learn from: too few to compare."
    if np.ptp(target) < 1e-9:
        return "All accounts of the test periods did the same, so there is nothing to foretell."
    return None


def _cases(count: int, is_event: bool) -> str:
    noun = "departure" if is_event else "measured share"
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _no_candidate(count_rows: int) -> Candidate:
    return Candidate(
        id=CONTROLS_ALONE,
        label="Controls alone",
        coding="no metric",
        lag=0,
        metrics=(),
        values=np.empty((count_rows, 0)),
    )


def _control_columns(rows: pd.DataFrame) -> np.ndarray:
    """Dummies of what every entry may use: tenure, renewal near, declared controls, whether heard at all."""
    keys = [parse_control_key(key) for key in rows["control_key"]]
    levels = pd.DataFrame(keys, index=rows.index).fillna("").add_prefix("control_")
    named = levels.assign(tenure=rows["tenure_step"].fillna(""))
    if "n_brands" in rows:
        named = named.assign(n_brands=rows["n_brands"].astype(str))
    dummies = pd.get_dummies(named[sorted(named.columns)], dtype=float).to_numpy()
    return np.column_stack([dummies, rows["is_renewal_near"].to_numpy(float), rows["is_heard"].to_numpy(float)])


def _predict(
    rows: pd.DataFrame, entries: Sequence[Candidate], controls: np.ndarray, target: np.ndarray, *, is_event: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Predictions (rows × entries) in the periods that could be tested, and which rows those are."""
    predictions = np.full((len(rows), len(entries)), np.nan)
    tested = np.zeros(len(rows), dtype=bool)
    period, month, known = (rows[name].to_numpy() for name in ("period", "month", "known_month"))
    fit = _ridge_logit if is_event else _ridge_line
    for test in np.unique(period):
        later = period == test
        earlier = known <= month[later].min()
        learned = target[earlier].sum() if is_event else earlier.sum()
        if learned < MIN_TRAINING or (is_event and learned == earlier.sum()):
            continue
        tested |= later
        for position, entry in enumerate(entries):
            design = _standardised(controls, entry.values, earlier)
            predictions[later, position] = design[later] @ fit(design[earlier], target[earlier])
    if not is_event:
        predictions = np.clip(predictions, 0.0, 1.0)
    return predictions, tested


def _standardised(controls: np.ndarray, values: np.ndarray, earlier: np.ndarray) -> np.ndarray:
    """Intercept, controls, the entry's values and whether each was heard, all scaled by the rows learned from.

    A value that was not heard stands at the mean beside a column of its own: silence is a state, not a score.
    """
    heard = np.isfinite(values)
    # What hardly anybody had said before the cut has taught nothing: its slope would be carried far beyond the data.
    heard &= (heard & earlier[:, None]).sum(axis=0) >= MIN_TRAINING
    means = np.array(
        [
            column[earlier & known].mean() if known.any() else 0.0
            for column, known in zip(values.T, heard.T, strict=True)
        ]
    )
    columns = np.column_stack([controls, np.where(heard, values, means), heard])
    centre, spread = columns[earlier].mean(axis=0), columns[earlier].std(axis=0)
    varying = spread > 1e-9
    scaled = np.where(varying, (columns - centre) / np.where(varying, spread, 1.0), 0.0)
    return np.column_stack([np.ones(len(columns)), scaled])


def _penalty(design: np.ndarray) -> np.ndarray:
    """The intercept goes free."""
    return RIDGE * np.diag([1e-9, *np.ones(design.shape[1] - 1)])


def _ridge_logit(design: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Penalised logistic coefficients by Newton's method from the overall rate; the penalty keeps them finite."""
    penalty = _penalty(design)
    coef = np.zeros(design.shape[1])
    rate = target.mean()
    coef[0] = np.log(rate / (1 - rate))
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-(design @ coef)))
        gradient = design.T @ (target - chance) - penalty @ coef
        information = (design * (chance * (1 - chance))[:, None]).T @ design + penalty
        step = np.linalg.solve(information, gradient)
        # Longer steps than this overshoot where nearly all or nearly nobody left.
        coef += step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-12))
        if gradient @ step < 1e-9:
            break
    return coef


def _ridge_line(design: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Penalised least squares; the penalty is scaled by the variance of the target."""
    return np.linalg.solve(design.T @ design + _penalty(design), design.T @ target)


def _table(entries: Sequence[Candidate], score: np.ndarray, against: Comparison) -> pd.DataFrame:
    """One row per entry, in their order."""
    return pd.DataFrame(
        {
            "candidate": [entry.id for entry in entries],
            "label": [entry.label for entry in entries],
            "metrics": ["+".join(entry.metrics) for entry in entries],
            "coding": [entry.coding for entry in entries],
            "lag": [entry.lag for entry in entries],
            "score": score,
            "gain": against.gain,
            "gain_low": against.low,
            "gain_high": against.high,
            "prob_best": against.prob_best,
            "is_tied_with_best": against.tied,
            "adds_to_controls": against.adds,
        }
    )


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Best first, equal scores by id, or all tied; typed. The controls alone have no lag."""
    table = table.sort_values(["score", "candidate"], ascending=[False, True], kind="stable").reset_index(drop=True)
    table = table.assign(rank=np.arange(1, len(table) + 1), lag=table["lag"].astype("Int64").where(table["lag"] > 0))
    if len(table) and table["count_test_events"].iloc[0] < MIN_TEST_EVENTS:
        table = table.assign(rank=pd.NA, prob_best=np.nan, is_tied_with_best=True, is_leading=False)
        table = table.sort_values("candidate", ignore_index=True)
    return table.astype(COLUMNS)[list(COLUMNS)]
