"""Does revenue grow where the score is higher? Accounts followed for a year, those who stayed and all of them.

Belongs here: the regressions of a year's revenue change on the score as it was known before, the study that tells them.
Does not belong here: leaving itself (`retention.py`), expansion and contraction by month, reading (`orchestration`).

Among those who stayed the outcome is the log change of monthly recurring revenue. That is conditional on staying: the
score also moves who stays, so those compared were selected by what follows it, and the slope is no causal effect
whatever is controlled for. The same year is therefore told once more with everybody in it, leavers at nothing, beside
how often they stayed: the three together show how far the missing leavers bend the first.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.hazards.design import design_matrix, learn_encoding
from roi_models.regression.clustered_ols import OlsFit, fit_ols, largest_share
from roi_models.study import Section, Shown, Study, StudyTable

TABLES = ("stayers",)
MIN_ACCOUNTS = 50
ACCOUNTS_PER_COLUMN = 5
MIN_LEAVERS = 5
# Beyond it one account decides what the effect is.
MAX_SHARE_OF_ONE_ACCOUNT = 0.5
# Revenue kept is bounded, so that an account which began at next to nothing is not the whole result.
MOST_KEPT = 2.0
OUTCOMES = {
    "growth": "Growth of those who stayed",
    "kept": "Revenue after a year, leavers at nothing",
    "stayed": "Still there after a year",
}
STAYER_TYPES = {
    "outcome": "object", "label": "object", "effect": "float64", "ci_low": "float64", "ci_high": "float64",
    "p_value": "float64", "coef": "float64", "std_error": "float64", "count_rows": "int64", "count_accounts": "int64",
    "count_landmarks": "int64", "problem": "object",
}  # fmt: skip
_SHOWN = (
    Shown(
        column="effect",
        heading="One point higher",
        unit="pct_points",
        scale=100,
        low="ci_low",
        high="ci_high",
        is_signed=True,
        definition=(
            "{label}: difference per point of the score, in per cent of revenue before or percentage points of "
            "accounts; 95% interval clustered by account."
        ),
    ),
    Shown(column="count_rows", heading="Account-years", unit="count", definition="{label}: accounts times years."),
    Shown(column="count_accounts", heading="Accounts", unit="count", definition="{label}: accounts they are of."),
)


def stayers_study(accounts: pd.DataFrame, control_levels: pd.DataFrame, *, metric: str) -> Study:
    """The study from one row per account and yearly landmark.

    `accounts`: account_id, landmark (YYYY-MM), mrr_before, mrr_after (monthly; missing where not active a year later),
    is_left, score, score_state, control_key, tenure_step, all but the outcomes known at the landmark. `control_levels`:
    rows of agg_control_levels.
    """
    table = stayer_effects(accounts, control_levels)
    return Study(
        id="stayers",
        section=Section.WALLET,
        title="Revenue of those who stay",
        sentences=_sentences(table, metric),
        tables=(
            StudyTable(
                name=TABLES[0],
                frame=table,
                keys=("outcome",),
                named_by="label",
                caption=f"A year later, per point of {metric} as known before",
                shown=_SHOWN,
                rows=int((table["problem"] == "").sum()),
            ),
        ),
    )


def stayer_effects(accounts: pd.DataFrame, control_levels: pd.DataFrame) -> pd.DataFrame:
    """One row per outcome (columns `STAYER_TYPES`), those that could be estimated first.

    `coef`: per point of score; of log revenue for `growth`, of the share of revenue kept (at most `MOST_KEPT`) for
    `kept`, of the share of accounts for `stayed`. `effect` is the same, for `growth` exp(coef) − 1. Errors are CR2,
    clustered by account, read against Student's t.
    """
    accounts = accounts.sort_values(["account_id", "landmark"], ignore_index=True)
    accounts = accounts[accounts["mrr_before"] > 0].reset_index(drop=True)
    after = accounts["mrr_after"].astype(float).fillna(0.0)
    # Whoever left and came back has left, but what it pays again is revenue.
    is_stayer = ~accounts["is_left"].astype(bool) & (after > 0)
    ratio = after / accounts["mrr_before"]
    rows = [
        _effect("growth", accounts[is_stayer], np.log(ratio[is_stayer]), control_levels),
        _effect("kept", accounts, ratio.clip(upper=MOST_KEPT), control_levels),
        _effect("stayed", accounts, is_stayer.astype(float), control_levels),
    ]
    table = pd.DataFrame(rows, columns=list(STAYER_TYPES)).astype(STAYER_TYPES)
    return table.sort_values("problem", key=lambda problem: problem != "", kind="stable", ignore_index=True)


def _effect(outcome: str, accounts: pd.DataFrame, values: pd.Series, control_levels: pd.DataFrame) -> dict[str, object]:
    row: dict[str, object] = {
        "outcome": outcome,
        "label": OUTCOMES[outcome],
        "count_rows": len(accounts),
        "count_accounts": accounts["account_id"].nunique(),
        "count_landmarks": accounts["landmark"].nunique(),
    }
    found = _fit(outcome, accounts.reset_index(drop=True), values.to_numpy(float), control_levels)
    if isinstance(found, str):
        return row | {"problem": found}
    coef, (low, high) = float(found.coef[0]), found.interval(0)
    told = np.expm1 if outcome == "growth" else float
    return row | {
        "effect": float(told(coef)),
        "ci_low": float(told(low)),
        "ci_high": float(told(high)),
        "p_value": found.p_value(0),
        "coef": coef,
        "std_error": found.std_error(0),
        "problem": "",
    }


def _fit(outcome: str, accounts: pd.DataFrame, values: np.ndarray, control_levels: pd.DataFrame) -> OlsFit | str:
    """The fit with the score in its first column, or the sentence that says why there is none."""
    problem = _data_problem(outcome, accounts, values)
    if problem:
        return problem
    design, names = _design(accounts, control_levels), accounts["account_id"].to_numpy()
    heard = accounts.loc[accounts["score"].notna(), "account_id"].nunique()
    needed = ACCOUNTS_PER_COLUMN * design.shape[1]
    if heard < needed:
        return f"{heard} accounts with a score cannot carry {design.shape[1]} coefficients: {needed} are needed."
    if largest_share(design, names) > MAX_SHARE_OF_ONE_ACCOUNT:
        return "What is held equal, or one account alone, makes up most of the differences in the score."
    return fit_ols(values, design, names) or "The score cannot be told apart from what is held equal."


def _data_problem(outcome: str, accounts: pd.DataFrame, values: np.ndarray) -> str:
    """Why these rows carry no estimate; empty where they do."""
    scored = accounts["score"].notna().to_numpy()
    heard = accounts.loc[scored, "account_id"].nunique()
    if heard < MIN_ACCOUNTS:
        return f"{heard} accounts with a score could be followed for a year, {MIN_ACCOUNTS} are needed."
    if np.ptp(accounts.loc[scored, "score"].to_numpy(float)) < 1e-9:
        return "Every score is the same, so nothing can follow it."
    if outcome != "growth" and int((accounts["mrr_after"].isna() | accounts["is_left"]).sum()) < MIN_LEAVERS:
        return f"Fewer than {MIN_LEAVERS} accounts left, so nothing is to be learnt from adding them."
    if np.ptp(values[scored]) == 0:
        return "It is the same for every account with a score, so there is nothing to explain."
    return ""


def _design(accounts: pd.DataFrame, control_levels: pd.DataFrame) -> np.ndarray:
    """Score, state, tenure and controls as the hazard model codes them, log revenue before, a level per landmark."""
    # Every row counts as an event: levels are merged for want of events there, and here none is wanted.
    frame = accounts.assign(at_risk=1.0, events=1.0)
    encoding = learn_encoding(frame, control_levels)
    coded = design_matrix(encoding, frame)
    score = encoding.terms.index("score")
    log_revenue = np.log(accounts["mrr_before"].to_numpy(float))
    blocks = [coded[:, [score]], np.delete(coded, score, axis=1)]
    if np.ptp(log_revenue) > 0:
        blocks.append((log_revenue - log_revenue.mean())[:, None])
    _, code = np.unique(accounts["landmark"], return_inverse=True)
    blocks.append((code[:, None] == np.arange(1, code.max() + 1)).astype(float))
    return np.hstack(blocks)


def _sentences(table: pd.DataFrame, metric: str) -> tuple[str, ...]:
    rows = table.set_index("outcome")
    growth = rows.loc["growth"]
    if growth["problem"]:
        return (f"How revenue moves with {metric} among those who stay cannot be said: {growth['problem']}",)
    found = (
        f"Among accounts that stayed a year, one point more of {metric} goes with {_signed(growth['effect'])}% "
        f"revenue (95% interval {_signed(growth['ci_low'])} to {_signed(growth['ci_high'])}); this is conditional on "
        "staying and no causal effect."
    )
    return found, _bias_sentence(rows)


def _bias_sentence(rows: pd.DataFrame) -> str:
    """How the leavers who are missing bend the slope of those who stayed."""
    stayed, kept = rows.loc["stayed"], rows.loc["kept"]
    if stayed["problem"] or kept["problem"]:
        return f"How far leavers bend it cannot be said: {stayed['problem'] or kept['problem']}"
    if stayed["ci_low"] <= 0 <= stayed["ci_high"]:
        return "Leavers are missing from it; low and high scorers leave too much alike to tell how that bends it."
    who, direction = ("Low", "understates") if stayed["effect"] > 0 else ("High", "overstates")
    return (
        f"{who} scorers leave more often and are then missing, so it {direction} what a point goes with: with leavers "
        f"at nothing it is {_signed(kept['effect'])}% ({_signed(kept['ci_low'])} to {_signed(kept['ci_high'])})."
    )


def _signed(share: float) -> str:
    return f"{100 * share:+.2f}".replace("-", "\u2212")
