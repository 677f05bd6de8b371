"""What following up does: arms compared as they were drawn, account by account, whoever was reached in the end.

Belongs here: the difference between arms (plain and covariate-adjusted) of every outcome, and the headline.
Does not belong here: what outcomes are and how they are read (`programme_outcomes.py`), whether arms look random
(`programme_balance.py`), sizes of the next trial (`next_holdout.py`).

The unit is the account, at its first case, in the arm of that case (intention to treat). That is valid whether arms
were drawn by account or by case: later cases, and who acted on them, came after the draw.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.programmes.difference_in_differences import DifferenceInDifferences, difference_in_differences
from roi_models.programmes.next_holdout import holdout_sentence, next_holdouts
from roi_models.programmes.programme_balance import balance_table, covariates, design_of
from roi_models.programmes.programme_outcomes import (
    MINIMUM_ACCOUNTS,
    Outcome,
    outcome_problem,
    outcomes_of,
    reading,
    values_of,
)
from roi_models.programmes.programme_results import EFFECT_COLUMNS, ProgrammeEvidence, Windows, as_table, no_evidence
from roi_models.regression.clustered_ols import fit_ols

ACCOUNTS_PER_COVARIATE = 10
MINUS = "\u2212"


def programme_evidence(
    cases: pd.DataFrame, panel: pd.DataFrame, *, metric: str, accounts_per_year: int, windows: Windows | None = None
) -> ProgrammeEvidence:
    """Effects, balance and the next hold-out from first cases and the scores around them (`programme_results.py`)."""
    windows = windows or Windows()
    if cases.empty:
        return no_evidence()
    cases = cases.sort_values("account_id", ignore_index=True)
    holdout = next_holdouts(cases, accounts_per_year=accounts_per_year, windows=windows)
    plan = {"next_holdout": holdout, "holdout_sentence": holdout_sentence(holdout)}
    problem = _arms_problem(cases)
    if problem:
        return ProgrammeEvidence(level="FAIL", headline=problem, balance_sentence="", **plan)
    balance = balance_table(cases)
    joint = balance.set_index("check").loc["joint"]
    if joint["level"] == "FAIL":
        headline = f"{joint['sentence']} Their difference afterwards is no effect of the programme, and is not shown."
        return ProgrammeEvidence(
            level="FAIL", headline=headline, balance_sentence=joint["sentence"], balance=balance, **plan
        )
    rows = [row for outcome in outcomes_of(windows) for row in _effects_of(outcome, cases)]
    rows.insert(2, _panel_row(difference_in_differences(_as_panel(panel)), windows))
    effects = as_table(rows, EFFECT_COLUMNS)
    return ProgrammeEvidence(
        level=_level(effects, balance),
        headline=_headline(effects, metric),
        balance_sentence=_balance_sentence(balance),
        effects=effects,
        balance=balance,
        **plan,
    )


def _arms_problem(cases: pd.DataFrame) -> str | None:
    treated = int(cases["is_treated"].astype(bool).sum())
    control = len(cases) - treated
    if control == 0 or treated == 0:
        arm, other = ("treated", "control") if control == 0 else ("control", "treated")
        return (
            f"All {len(cases)} accounts with a case are in the {arm} arm: without a {other} arm nothing tells the "
            "programme from what would have come about anyway, for low answers rise by themselves."
        )
    if min(treated, control) < MINIMUM_ACCOUNTS:
        return (
            f"{treated} treated and {control} control accounts are too few to compare: an arm needs "
            f"{MINIMUM_ACCOUNTS} at least."
        )
    return None


def _effects_of(outcome: Outcome, cases: pd.DataFrame) -> list[dict]:
    """The difference of means, then the same adjusted for what was known before."""
    values = values_of(outcome, cases)
    treated = cases.loc[values.index, "is_treated"].to_numpy(dtype=bool)
    if outcome.role == "placebo" and not values.any():
        return []
    problem = outcome_problem(outcome, values.to_numpy(), treated)
    if problem:
        # A placebo that cannot be compared was not passed, and is no reason for doubt either.
        level = None if outcome.role == "placebo" else "REVIEW"
        return [_row(outcome, "difference of means", treated, values, level=level, sentence=problem)]
    plain = np.column_stack([treated, np.ones(len(treated))]).astype(float)
    known = design_of(covariates(cases.loc[values.index]))[:, 1:]
    rows = [_estimated(outcome, "difference of means", plain, treated, values)]
    if min(treated.sum(), (~treated).sum()) >= ACCOUNTS_PER_COVARIATE * max(known.shape[1], 1):
        # Lin (2013): centred covariates with a slope of their own in each arm never make the estimate worse.
        adjusted = np.column_stack([plain, known, known * treated[:, None]])
        rows.append(_estimated(outcome, "covariate-adjusted", adjusted, treated, values))
    return [row for row in rows if row]


def _estimated(
    outcome: Outcome, method: str, design: np.ndarray, treated: np.ndarray, values: pd.Series
) -> dict | None:
    fit = fit_ols(values.to_numpy(dtype=float), design, np.arange(len(values)))
    if fit is None:
        return None
    low, high = fit.interval(0)
    found = {
        "effect": float(fit.coef[0]),
        "std_error": fit.std_error(0),
        "ci_low": low,
        "ci_high": high,
        "p_value": fit.p_value(0),
    }
    level, sentence = reading(outcome, low, high, found["p_value"])
    return _row(outcome, method, treated, values, level=level, sentence=sentence, **found)


def _row(
    outcome: Outcome,
    method: str,
    treated: np.ndarray,
    values: pd.Series,
    *,
    level: str | None,
    sentence: str,
    **found: object,
) -> dict:
    arms = values.to_numpy(dtype=float)[treated], values.to_numpy(dtype=float)[~treated]
    # What cannot be compared is not printed side by side either.
    means = [float(arm.mean()) if found else None for arm in arms]
    return {
        "outcome": outcome.name,
        "label": outcome.label,
        "role": outcome.role,
        "method": method,
        "unit": outcome.unit,
        "window_months": outcome.window_months,
        "count_treated": len(arms[0]),
        "count_control": len(arms[1]),
        "mean_treated": means[0],
        "mean_control": means[1],
        "level": level,
        "sentence": sentence,
        **found,
    }


def _as_panel(panel: pd.DataFrame) -> pd.DataFrame:
    return panel.rename(columns={"account_id": "unit", "quarter": "period", "score": "outcome"})


def _panel_row(found: DifferenceInDifferences, windows: Windows) -> dict:
    outcome = outcomes_of(windows)[0]
    return {
        "outcome": outcome.name,
        "label": outcome.label,
        "role": "cross-check",
        "method": "difference in differences",
        "unit": outcome.unit,
        "window_months": outcome.window_months,
        "level": found.level.name,
        **{
            name: getattr(found, name)
            for name in (
                "count_treated",
                "count_control",
                "effect",
                "std_error",
                "ci_low",
                "ci_high",
                "p_value",
                "sentence",
            )
        },
    }


def _level(effects: pd.DataFrame, balance: pd.DataFrame) -> str:
    """REVIEW where the arms or a guard ask for a look. An effect not found is no fault of the arms."""
    guards = effects[effects["role"].isin({"guardrail", "attrition", "placebo", "cross-check"})]
    doubts = pd.concat([guards["level"].dropna(), balance["level"]])
    primary = effects[effects["role"] == "primary"]
    return "PASS" if (doubts == "PASS").all() and primary["effect"].notna().all() else "REVIEW"


def _signed(value: float, decimals: int) -> str:
    text = f"{abs(value):.{decimals}f}"
    return f"{MINUS if value < 0 and float(text) else ''}{text}"


def _told(estimate: pd.Series) -> str:
    is_told = estimate["ci_low"] > 0 or estimate["ci_high"] < 0
    return "differ beyond chance" if is_told else "cannot be told to differ"


def _headline(effects: pd.DataFrame, metric: str) -> str:
    plain = effects[effects["method"] == "difference of means"].set_index("outcome")
    score, left = plain.loc["score_after"], plain.loc["is_departed"]
    if pd.isna(score["effect"]):
        first = score["sentence"]
    else:
        limits = f"{_signed(score['ci_low'], 2)} to {_signed(score['ci_high'], 2)}"
        first = (
            f"In the {score['window_months']} months after their first case, answers of accounts drawn to be followed "
            f"up {_told(score)} from those of accounts held out: by {_signed(score['effect'], 2)} points of {metric} "
            f"(95% interval {limits})."
        )
    if pd.isna(left["effect"]):
        return f"{first} {left['sentence']}"
    limits = f"{_signed(100 * left['ci_low'], 1)} to {_signed(100 * left['ci_high'], 1)}"
    return (
        f"{first} Departures within {left['window_months']} months {_told(left)}: by "
        f"{_signed(100 * left['effect'], 1)} percentage points (95% interval {limits})."
    )


def _balance_sentence(balance: pd.DataFrame) -> str:
    by_check = balance.set_index("check")["sentence"]
    return " ".join(by_check.loc[["sample_ratio", "joint", "mixed_arms"]])
