"""How covariates become columns of a hazard model: learned once from the data, then applied to any rows.

Belongs here: dummies, reference levels, merging of levels without events, centring, aliased columns.
Does not belong here: fitting (`cloglog.py`), account-month cells (`hazard.py`), future months
(`projection.py`).

A frame to be encoded has the columns score (float, NaN when silent), score_state ('fresh', 'stale', 'silent')
and control_key ("control=level" pairs joined by '|'), and may have tenure_step ('t000', 't006', …) and
is_renewal. To learn from it, it also needs at_risk and events (counts).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.results import DesignEncoding

MIN_EVENTS = 5
# With three events expected, seeing none has a probability of 5% (the "rule of three"): below, a state
# without events is no evidence that it differs from the others, above it is.
MAX_EXPECTED_WITHOUT_EVENTS = 3.0
MISSING_LEVEL = "missing"
# Relative length below which what is left of a column, after projecting it on earlier ones, is rounding.
ALIASED_REMAINDER = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeWords:
    """How sentences speak of an outcome: its name, what an account did, and what to do about too few."""

    noun: str
    did: str
    advice: str = "wait for more history or widen the churn definition in metrics.yml"


CHURN_WORDS = OutcomeWords(noun="churn", did="left")
REFUSAL_WORDS: Mapping[str, OutcomeWords] = {
    "involuntary": OutcomeWords(noun="involuntary churn", did="left involuntarily"),
    "contraction": OutcomeWords(noun="contraction", did="shrank", advice="wait for more history"),
    "expansion": OutcomeWords(noun="expansion", did="grew", advice="wait for more history"),
}


class NotEstimableError(ValueError):
    """The data cannot carry the model; the message is the sentence for the reader. Caught by the estimating
    functions."""


def learn_encoding(frame: pd.DataFrame, control_levels: pd.DataFrame, *, outcome: str = "voluntary") -> DesignEncoding:
    """Choose the columns for these rows; raises NotEstimableError where no score effect can be estimated from
    them.

    `control_levels`: control_id, level, kind ('categorical' | 'continuous'), mean_value. A control that it
    does not name is categorical. Silent rows carry a dummy and a score of nil: silence is a state, never a
    mean score. `outcome` says what the events are, for the words of a refusal.
    """
    words = REFUSAL_WORDS.get(outcome, CHURN_WORDS)
    _require_score_variation(frame, words)
    notes: list[str] = []
    scored = frame[frame["score"].notna()]
    terms = ["intercept", "score", *_state_terms(frame, notes, words), *_renewal_terms(frame, notes)]
    tenure_terms = _tenure_terms(frame, notes)
    level_terms, level_values = _control_codes(frame, control_levels, notes)
    continuous = sorted({key.split("=", 1)[0] for key in level_values})
    terms += sorted({term for term in tenure_terms.values() if term})
    terms += [*continuous, *sorted({term for term in level_terms.values() if term})]
    encoding = DesignEncoding(
        terms=tuple(terms),
        # Rounded so that the stated constant does not hang on the order of summation.
        score_centre=round(float(np.average(scored["score"], weights=scored["at_risk"])), 6),
        tenure_terms=tenure_terms,
        level_terms=level_terms,
        level_values=level_values,
    )
    return _without_aliases(encoding, frame, notes, words)


def design_matrix(encoding: DesignEncoding, frame: pd.DataFrame) -> np.ndarray:
    """Code rows as the columns of `encoding.terms` (rows × terms). Levels never seen in learning count as the
    reference."""
    columns = {"intercept": np.ones(len(frame))}
    columns["score"] = (frame["score"].astype(float) - encoding.score_centre).fillna(0.0).to_numpy()
    for state in ("stale", "silent"):
        columns[f"state_{state}"] = (frame["score_state"] == state).to_numpy(float)
    if "is_renewal" in frame:
        columns["is_renewal"] = frame["is_renewal"].to_numpy(float)
    if "tenure_step" in frame:
        tenure = frame["tenure_step"].map(encoding.tenure_terms)
        columns |= {term: (tenure == term).to_numpy(float) for term in tenure.dropna().unique()}
    columns |= _control_columns(encoding, frame["control_key"])
    blank = np.zeros(len(frame))
    return np.column_stack([columns.get(term, blank) for term in encoding.terms])


def parse_control_key(control_key: str) -> dict[str, str]:
    """Split "price_index=b2|segment=SMB" into {control: level}; a '|' inside a level is kept."""
    parts = re.split(r"\|(?=[A-Za-z_]\w*=)", control_key) if control_key else []
    return dict(part.split("=", 1) for part in parts)


def _control_columns(encoding: DesignEncoding, control_keys: pd.Series) -> dict[str, np.ndarray]:
    """Columns of the controls, computed once per distinct key."""
    codes, keys = pd.factorize(control_keys)
    columns: dict[str, np.ndarray] = {}
    for position, key in enumerate(keys):
        for control, level in parse_control_key(key).items():
            pair = f"{control}={level}"
            if pair in encoding.level_values:
                columns.setdefault(control, np.zeros(len(keys)))[position] = encoding.level_values[pair]
            term = encoding.level_terms.get(pair)
            if term:
                columns.setdefault(term, np.zeros(len(keys)))[position] = 1.0
    return {term: values[codes] for term, values in columns.items()}


def _require_score_variation(frame: pd.DataFrame, words: OutcomeWords) -> None:
    """Refuse data from which no score effect can come, saying which kind of nothing it is."""
    at_risk, events = frame["at_risk"].sum(), int(frame["events"].sum())
    if at_risk == 0:
        raise NotEstimableError("Nobody was at risk: there is no account-month to learn from.")
    if events < MIN_EVENTS:
        raise NotEstimableError(
            f"Only {events} {words.noun} event(s) in {at_risk:,.0f} account-months: at least {MIN_EVENTS} are needed "
            f"for any estimate; {words.advice}."
        )
    scored = frame[frame["score"].notna() & (frame["at_risk"] > 0)]
    if scored.empty:
        raise NotEstimableError(
            "Every account was silent: no account-month has a score, so no score effect can be estimated."
        )
    if scored["events"].sum() == 0:
        raise NotEstimableError(
            f"All {words.noun} fell into silent account-months: no account with a score {words.did}, so its effect is "
            "unknown."
        )
    if np.ptp(scored["score"].to_numpy(float)) < 1e-9:
        raise NotEstimableError(_same_scores(words))


def _same_scores(words: OutcomeWords) -> str:
    return f"Every score is the same, so there is no difference in scores that {words.noun} could follow."


def _state_terms(frame: pd.DataFrame, notes: list[str], words: OutcomeWords) -> list[str]:
    """Dummies for stale and silent; a state without events is pooled when that is no evidence, else
    refused."""
    totals = frame.groupby("score_state")[["at_risk", "events"]].sum()
    overall = totals["events"].sum() / totals["at_risk"].sum()
    terms = []
    for state in ("stale", "silent"):
        if state not in totals.index or totals.loc[state, "at_risk"] == 0:
            continue
        if totals.loc[state, "events"] > 0:
            terms.append(f"state_{state}")
            continue
        expected = overall * totals.loc[state, "at_risk"]
        if state == "silent" and expected > MAX_EXPECTED_WITHOUT_EVENTS:
            raise NotEstimableError(
                f"No silent account {words.did} although {expected:.0f} would have at the average rate: silence "
                f"separates the events, so check that {words.noun} is recorded for accounts that never answer."
            )
        notes.append(
            f"The state '{state}' had no events and is pooled with fresh scores ({expected:.1f} were expected)."
        )
    return terms


def _renewal_terms(frame: pd.DataFrame, notes: list[str]) -> list[str]:
    """The renewal-month dummy, unless renewals are unknown or hold none or all of the events."""
    if "is_renewal" not in frame or not frame["is_renewal"].any():
        return []
    in_renewal = frame.loc[frame["is_renewal"].astype(bool), "events"].sum()
    if 0 < in_renewal < frame["events"].sum():
        return ["is_renewal"]
    notes.append("Renewal months held none or all of the events, so they have no effect of their own in the model.")
    return []


def _tenure_terms(frame: pd.DataFrame, notes: list[str]) -> dict[str, str]:
    """Map tenure steps to dummies; the lowest block is the reference, steps without events join their
    neighbour."""
    if "tenure_step" not in frame:
        return {}
    blocks: list[list[str]] = []
    block_events: list[float] = []
    for step, events in frame.groupby("tenure_step", sort=True)["events"].sum().items():
        # A block still without events takes the next step in; a step without events joins the block before
        # it.
        if blocks and (events == 0 or block_events[-1] == 0):
            notes.append(f"Tenure step '{step}' is merged with '{blocks[-1][0]}', for want of events.")
            blocks[-1].append(step)
            block_events[-1] += events
        else:
            blocks.append([step])
            block_events.append(events)
    names = ["", *(f"tenure_{block[0]}" for block in blocks[1:])]
    return {step: name for name, block in zip(names, blocks, strict=False) for step in block}


def _control_codes(
    frame: pd.DataFrame, control_levels: pd.DataFrame, notes: list[str]
) -> tuple[dict[str, str], dict[str, float]]:
    """Codes of all controls: dummies per categorical level, centred values per level of a continuous
    control."""
    totals = _level_totals(frame)
    continuous = _continuous_means(control_levels)
    level_terms: dict[str, str] = {}
    level_values: dict[str, float] = {}
    for control, levels in totals.groupby("control", sort=True):
        means = continuous.get(control)
        if means is None:
            level_terms |= _categorical_codes(control, levels, notes)
            continue
        centre = _weighted_mean(levels, means)
        for level, events in zip(levels["level"], levels["events"], strict=True):
            pair = f"{control}={level}"
            level_values[pair] = means[level] - centre if level in means else 0.0
            # Unknown values sit at the mean and may differ through a dummy of their own.
            if level not in means:
                level_terms[pair] = pair if events > 0 else ""
    return level_terms, level_values


def _level_totals(frame: pd.DataFrame) -> pd.DataFrame:
    """Counts at risk and events per control and level: control, level, at_risk, events (sorted)."""
    per_key = frame.groupby("control_key", sort=True)[["at_risk", "events"]].sum()
    rows = [
        (control, level, at_risk, events)
        for key, at_risk, events in per_key.itertuples(name=None)
        for control, level in parse_control_key(key).items()
    ]
    totals = pd.DataFrame(rows, columns=["control", "level", "at_risk", "events"])
    return totals.groupby(["control", "level"], sort=True, as_index=False).sum()


def _continuous_means(control_levels: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Within-bin means per continuous control: {control: {level: mean}}, bins without a mean left out."""
    continuous = control_levels[control_levels["kind"] == "continuous"]
    known = continuous[continuous["mean_value"].notna() & (continuous["level"] != MISSING_LEVEL)]
    means: dict[str, dict[str, float]] = {control: {} for control in continuous["control_id"]}
    for control, level, value in zip(known["control_id"], known["level"], known["mean_value"], strict=True):
        means[control][level] = float(value)
    return means


def _weighted_mean(levels: pd.DataFrame, means: Mapping[str, float]) -> float:
    """Mean of a continuous control over the account-months whose value is known (0 when none is)."""
    known = levels[levels["level"].isin(means.keys())]
    if known["at_risk"].sum() == 0:
        return 0.0
    return round(float(np.average(known["level"].map(means), weights=known["at_risk"])), 6)


def _categorical_codes(control: str, levels: pd.DataFrame, notes: list[str]) -> dict[str, str]:
    """Dummies against the most frequent level that has events; levels without events join it."""
    eventful = levels[levels["events"] > 0].sort_values(["at_risk", "level"], ascending=[False, True])
    reference = eventful["level"].iloc[0]
    codes = {}
    for level, events in zip(levels["level"], levels["events"], strict=True):
        if events == 0:
            notes.append(f"{control} '{level}' had no events and is merged with the reference '{reference}'.")
        codes[f"{control}={level}"] = f"{control}={level}" if events > 0 and level != reference else ""
    return codes


def _without_aliases(
    encoding: DesignEncoding, frame: pd.DataFrame, notes: list[str], words: OutcomeWords
) -> DesignEncoding:
    """Leave out columns that earlier ones determine (as R does), so that the information can be inverted."""
    matrix = design_matrix(encoding, frame) * np.sqrt(frame["at_risk"].to_numpy(float))[:, None]
    basis = np.empty((len(matrix), 0))
    kept = []
    for term, column in zip(encoding.terms, matrix.T, strict=True):
        remainder = column
        for _ in range(2):  # twice, because one pass of projection leaves rounding that the next exposes
            remainder = remainder - basis @ (basis.T @ remainder)
        length = np.linalg.norm(remainder)
        if length > ALIASED_REMAINDER * max(np.linalg.norm(column), 1.0):
            basis = np.column_stack([basis, remainder / length])
            kept.append(term)
        else:
            notes.append(f"The term '{term}' is determined by the others and is left out.")
    if "score" not in kept:
        raise NotEstimableError(_same_scores(words))
    return DesignEncoding(
        terms=tuple(kept),
        score_centre=encoding.score_centre,
        tenure_terms=encoding.tenure_terms,
        level_terms=encoding.level_terms,
        level_values=encoding.level_values,
        notes=tuple(notes),
    )
