"""Why an account's risk differs from the average account's: its largest contributions to the log hazard, in words.

Belongs here: splitting a prediction into themes, which of them may be named, and their words. Does not belong here:
the prediction itself (`account_predictions.py`), rules of attention (dbt's account list).

A reason describes the model, not the cause of what the account feels. It is named only where it moves the hazard of the
next month by a fifth or more and its 95% interval does not hold nil: what the data do not show is no reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.hazards.design import MISSING_LEVEL, parse_control_key
from roi_models.hazards.hazard import Z95
from roi_models.results import HazardFit

MIN_CONTRIBUTION = float(np.log(1.2))
MAX_REASONS = 3
NOTHING = "close to the average account"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeWords:
    """Days up to which an answer is fresh, and after which an account is silent (metrics.yml)."""

    fresh_days: int
    stale_days: int

    @staticmethod
    def of(days: int) -> str:
        """Days as people say them."""
        if abs(days - 365) <= 1:
            return "a year"
        if abs(days - 183) <= 2:
            return "six months"
        return f"{days} days"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Theme:
    """`deviation`: accounts × terms, from the average account. `words` names it for an account, or not at all."""

    deviation: np.ndarray
    words: Callable[[int], str | None]


def name_reasons(fit: HazardFit, accounts: pd.DataFrame, design: np.ndarray, ages: AgeWords) -> list[str]:
    """One text per account: what raises its risk, largest first, then what lowers it.

    `accounts`: score (as answered), count_answers, score_state, tenure_months, control_key; `design`: accounts × terms
    of the fit in the next month.
    """
    themes = _themes(fit, accounts, design, ages)
    contribution = np.column_stack([theme.deviation @ fit.coef for theme in themes])
    error = np.column_stack(
        [np.sqrt(np.maximum(((theme.deviation @ fit.covariance) * theme.deviation).sum(axis=1), 0)) for theme in themes]
    )
    # Rounded, so that equal contributions keep the order of the themes on every machine.
    contribution = np.round(contribution, 9)
    told = (np.abs(contribution) >= MIN_CONTRIBUTION) & (np.abs(contribution) > Z95 * error)
    order = np.argsort(-np.abs(contribution), axis=1, kind="stable")
    return [
        _text(account, themes, contribution[account], told[account], order[account]) for account in range(len(design))
    ]


def _text(account: int, themes: list[_Theme], contribution: np.ndarray, told: np.ndarray, order: np.ndarray) -> str:
    raising, lowering = [], []
    for position in order[told[order]]:
        words = themes[position].words(account)
        if words is not None and len(raising) + len(lowering) < MAX_REASONS:
            (raising if contribution[position] > 0 else lowering).append(words)
    parts = [*raising, *([f"less risk: {', '.join(lowering)}"] if lowering else [])]
    return "; ".join(parts) or NOTHING


def _themes(fit: HazardFit, accounts: pd.DataFrame, design: np.ndarray, ages: AgeWords) -> list[_Theme]:
    """All terms but the intercept, each in exactly one theme, so that the contributions add up to the difference."""
    scored = accounts["score"].notna().to_numpy()
    is_score = np.array([term == "score" for term in fit.terms])
    is_state = np.array([term.startswith("state_") for term in fit.terms])
    centred = design - design.mean(axis=0)
    own = np.where(scored[:, None] & is_score, design - design[scored].mean(axis=0) if scored.any() else 0.0, 0.0)
    themes = [
        _Theme(deviation=own, words=_score_words(accounts)),
        _Theme(deviation=np.where(is_score | is_state, centred, 0.0) - own, words=_state_words(accounts, ages)),
    ]
    position = {term: at for at, term in enumerate(fit.terms)}
    if "is_renewal" in position:
        renews = design[:, position["is_renewal"]] > 0
        # Nearly nobody renews next month, so not to renew tells nothing.
        themes.append(_only(centred, ["is_renewal"], position, lambda at: "renewal next month" if renews[at] else None))
    tenure = [term for term in fit.terms if term.startswith("tenure_")]
    if tenure:
        themes.append(_only(centred, tenure, position, _tenure_words(accounts)))
    return themes + _control_themes(fit, accounts, centred, position)


def _only(
    centred: np.ndarray, terms: list[str], position: dict[str, int], words: Callable[[int], str | None]
) -> _Theme:
    kept = np.zeros(centred.shape[1], dtype=bool)
    kept[[position[term] for term in terms]] = True
    return _Theme(deviation=np.where(kept, centred, 0.0), words=words)


def _control_themes(
    fit: HazardFit, accounts: pd.DataFrame, centred: np.ndarray, position: dict[str, int]
) -> list[_Theme]:
    levels = [parse_control_key(key) for key in accounts["control_key"]]
    rest = [term for term in fit.terms if term.partition("=")[0] not in {"intercept", "score", "is_renewal"}]
    named = [term for term in rest if not term.startswith(("state_", "tenure_"))]
    controls = sorted({term.partition("=")[0] for term in named})
    return [
        _only(
            centred,
            [term for term in named if term.partition("=")[0] == control],
            position,
            _control_words(fit, control, levels),
        )
        for control in controls
    ]


def _control_words(fit: HazardFit, control: str, levels: list[dict[str, str]]) -> Callable[[int], str | None]:
    values = fit.encoding.level_values if fit.encoding else {}
    name = control.replace("_", " ")

    def words(account: int) -> str | None:
        level = levels[account].get(control, MISSING_LEVEL)
        if level == MISSING_LEVEL:
            return f"{name} unknown"
        value = values.get(f"{control}={level}")
        if value is None:
            return f"{name} {level}"
        return f"{name} {'above' if value > 0 else 'below'} average"

    return words


def _score_words(accounts: pd.DataFrame) -> Callable[[int], str | None]:
    score = accounts["score"].to_numpy(float)
    distance = score - accounts["score"].mean()
    single = accounts["count_answers"].to_numpy() == 1

    def words(account: int) -> str | None:
        side = "below" if distance[account] < 0 else "above"
        source = " from one answer" if single[account] else ""
        return f"score {score[account]:.1f}{source}, {abs(distance[account]):.1f} {side} average"

    return words


def _state_words(accounts: pd.DataFrame, ages: AgeWords) -> Callable[[int], str | None]:
    state = accounts["score_state"].to_numpy()
    texts = {
        "silent": f"silent for over {ages.of(ages.stale_days)}",
        "stale": f"last answer over {ages.of(ages.fresh_days)} old",
        "fresh": f"answered within {ages.of(ages.fresh_days)}",
    }
    return lambda account: texts[state[account]]


def _tenure_words(accounts: pd.DataFrame) -> Callable[[int], str | None]:
    months = accounts["tenure_months"].to_numpy(float)

    def words(account: int) -> str | None:
        if not np.isfinite(months[account]):
            return None
        if months[account] < 24:
            return f"customer for {months[account]:.0f} month{'' if months[account] == 1 else 's'}"
        return f"customer for {months[account] // 12:.0f} years"

    return words
