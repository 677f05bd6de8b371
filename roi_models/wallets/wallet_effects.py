"""What moves our share of wallet: rank among brands, the score, and perceived value, each looked at in three ways.

Belongs here: the regressions of measured share, their refusals, the lead test.
Does not belong here: the estimators (`fractional_logit.py`, `clustered_ols.py`), preparing answers
(`brand_answers.py`), whether the rule holds (`wallet_rule.py`), how it is told (`share_study.py`).

`level`, `score_held` and `baseline` are fractional logits with the number of brands held equal, the latter two with
the account's score or its earlier share held equal too; their effect is the average partial effect times a
stated step. `change` is least squares of changes of share on changes of the exposure between waves of an account:
whatever is lasting about it drops out.
`lead` adds the *next* change of rank to it: what has not happened yet cannot move share, so it should show nothing.
The score has no lead test: it is a noisy measure, and noise alone makes its next change foretell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from roi_models.hazards.design import NotEstimableError
from roi_models.regression.clustered_ols import fit_ols, largest_share
from roi_models.wallets.brand_answers import changes, several_brands, size_columns
from roi_models.wallets.fractional_logit import average_partial_effect, fit_fractional_logit

MIN_ACCOUNTS = 30
ACCOUNTS_PER_COLUMN = 5
# Beyond it one account decides what the effect is.
MAX_SHARE_OF_ONE_ACCOUNT = 0.5
METHODS = {
    "level": "customer with customer",
    "score_held": "the same, score held equal",
    "baseline": "the same, earlier share held equal",
    "change": "change with change",
    "lead": "share with the next change (should be nil)",
}
EFFECT_TYPES = {
    "exposure": "object", "method": "object", "label": "object", "compared": "object", "step": "float64",
    "effect": "float64", "ci_low": "float64", "ci_high": "float64", "p_value": "float64", "coef": "float64",
    "std_error": "float64", "count_answers": "int64", "count_accounts": "int64", "problem": "object",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What share is regressed on: its column, the step its effect is told for, the name readers meet."""

    id: str
    column: str
    step: float
    label: str
    needs_rivals: bool


def exposures(metric: str) -> tuple[Exposure, ...]:
    """The three exposures; `metric` names the score."""
    return (
        Exposure(
            id="rank",
            column="war_share",
            step=0.1,
            label="Rank among brands, worth 10 points of share by the rule",
            needs_rivals=True,
        ),
        Exposure(id="score", column="score", step=1.0, label=f"{metric}, one point", needs_rivals=False),
        Exposure(
            id="value",
            column="value_ratio",
            step=0.1,
            label="Value against the competitors’, 0.1 of the ratio",
            needs_rivals=True,
        ),
    )


def share_effects(answers: pd.DataFrame, *, metric: str) -> pd.DataFrame:
    """One row per exposure and method (columns `EFFECT_TYPES`), from answers as `brand_answers.measured` gives them.

    `effect` and its 95% interval: change of measured share (0…1) per `step` of the exposure. `coef` and `std_error`:
    per unit, of the log-odds in the three fractional logits, of share in the changes. Missing beside a `problem`.
    """
    rows = []
    for exposure in exposures(metric):
        usable = several_brands(answers) if exposure.needs_rivals else answers
        known, is_rank = usable.dropna(subset=[exposure.column]), exposure.id == "rank"
        moved = changes(known)
        rows += [
            _level(exposure, "level", known, []),
            *([_level(exposure, "score_held", known.dropna(subset=["score"]), ["score"])] if is_rank else []),
            _level(exposure, "baseline", known.dropna(subset=["earlier_share"]), ["earlier_share"]),
            _change(exposure, "change", moved),
        ]
        if is_rank:
            rows.append(_change(exposure, "lead", moved.dropna(subset=[f"next_change_{exposure.column}"])))
    return pd.DataFrame(rows, columns=list(EFFECT_TYPES)).astype(EFFECT_TYPES)


def _level(exposure: Exposure, method: str, answers: pd.DataFrame, controls: list[str]) -> dict[str, object]:
    values = answers[exposure.column].to_numpy(float)
    held = [np.ones(len(answers)), *(answers[name].to_numpy(float) for name in controls)]
    design = np.column_stack([values, *held, size_columns(answers["count_brands"])])
    accounts = answers["account_id"].to_numpy()
    try:
        _require_spread(design, accounts)
        fit = fit_fractional_logit(answers["share"].to_numpy(float), design, accounts)
    except NotEstimableError as reason:
        return _row(exposure, method, accounts, problem=str(reason))
    effect, error = average_partial_effect(fit, design, 0)
    return _row(
        exposure, method, accounts, effect=effect, error=error, degrees=fit.degrees,
        coef=float(fit.coef[0]), std_error=float(np.sqrt(fit.covariance[0, 0])),
    )  # fmt: skip


def _change(exposure: Exposure, method: str, moved: pd.DataFrame) -> dict[str, object]:
    own = moved[f"change_{exposure.column}"].to_numpy(float)
    # For the lead test the next change stands first, and this one is held equal.
    tested = [moved[f"next_change_{exposure.column}"].to_numpy(float), own] if method == "lead" else [own]
    brands = moved["change_count_brands"].to_numpy(float)
    held = [np.ones(len(moved)), *([brands] if len(brands) and np.ptp(brands) > 0 else [])]
    design, accounts = np.column_stack([*tested, *held]), moved["account_id"].to_numpy()
    try:
        _require_spread(design, accounts)
        if np.ptp(moved["change_share"].to_numpy(float)) == 0:
            raise NotEstimableError("No share changed, so there is nothing to explain.")
        fit = fit_ols(moved["change_share"].to_numpy(float), design, accounts)
        if fit is None:
            raise NotEstimableError("Some covariates say the same thing, so their effects cannot be told apart.")
    except NotEstimableError as reason:
        return _row(exposure, method, accounts, problem=str(reason))
    effect, error = float(fit.coef[0]), fit.std_error(0)
    return _row(
        exposure, method, accounts, effect=effect, error=error, degrees=fit.degrees, coef=effect, std_error=error
    )


def _require_spread(design: np.ndarray, accounts: np.ndarray) -> None:
    """Refuse too few accounts, an exposure (the first column) that does not vary, or varies within one account only."""
    count = len(np.unique(accounts))
    needed = max(MIN_ACCOUNTS, ACCOUNTS_PER_COLUMN * design.shape[1])
    if count < needed:
        raise NotEstimableError(f"{count} accounts are too few: {needed} are needed.")
    if np.ptp(design[:, 0]) < 1e-12:
        raise NotEstimableError("It is the same everywhere, so nothing can follow it.")
    if largest_share(design, accounts) > MAX_SHARE_OF_ONE_ACCOUNT:
        raise NotEstimableError("What is held equal, or one account alone, makes up most of its differences.")


def _row(
    exposure: Exposure,
    method: str,
    accounts: np.ndarray,
    *,
    effect: float = np.nan,
    error: float = np.nan,
    degrees: int = 1,
    coef: float = np.nan,
    std_error: float = np.nan,
    problem: str = "",
) -> dict[str, object]:
    margin = float(stats.t.ppf(0.975, degrees)) * error
    return {
        "exposure": exposure.id,
        "method": method,
        "label": exposure.label,
        "compared": METHODS[method],
        "step": exposure.step,
        "effect": exposure.step * effect,
        "ci_low": exposure.step * (effect - margin),
        "ci_high": exposure.step * (effect + margin),
        "p_value": float(2 * stats.t.sf(abs(effect / error), degrees)) if error > 0 else np.nan,
        "coef": coef,
        "std_error": std_error,
        "count_answers": len(accounts),
        "count_accounts": len(np.unique(accounts)),
        "problem": problem,
    }
