"""What lies behind the one slope: happier than others, or happier than before; and whose word foretells most.

Belongs here: the hazard model on baseline cells (level against an account's own past) and on role cells.
Does not belong here: the headline (`retention.py`), the optimiser (`cloglog.py`), coding of covariates (`design.py`).

The score enters as its level beside the account's baseline, an expanding mean that knows only earlier months: with
both in the model the coefficient of the level is what a change is worth, and that of the baseline what standing
differences between customers add to it. A raw change score would lose most of the effect (regression to the mean),
and a mean over the whole period would know the future.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from roi_models.hazards.design import NotEstimableError, design_matrix, learn_encoding
from roi_models.hazards.hazard import OUTCOME_COLUMNS, Z95, ClusteredFit, fit_clustered

ROLES = ("executive", "champion", "user")
COLUMNS = [
    "part", "coef", "std_error", "hazard_ratio", "ci_low", "ci_high", "p_value",
    "count_account_months", "count_events", "problem",
]  # fmt: skip
_NO_LEVELS = pd.DataFrame(columns=["control_id", "level", "kind", "mean_value"])


def decompose(
    baseline_cells: pd.DataFrame, role_cells: pd.DataFrame, *, outcome: str = "voluntary", lag: int
) -> pd.DataFrame:
    """One row per part of the slope, all log hazard ratios per point of score with account-clustered errors.

    `baseline_cells`, `role_cells`: rows of agg_baseline_cells and agg_role_cells. Parts: `pooled` (the score alone, on
    the account-months that have a baseline), `within` (the level given the baseline), `between` (level and baseline
    together: an account that stands one point higher, now as before), `difference` (between less within), and `role:…`
    (that role's score alone, on the months in which the role was heard). A part that cannot be estimated has NaN and a
    `problem`.
    """
    rows = [*_against_baseline(baseline_cells, outcome=outcome, lag=lag)]
    rows += [_of_role(role_cells, role, outcome=outcome, lag=lag) for role in ROLES]
    return pd.DataFrame(rows, columns=COLUMNS)


def _against_baseline(cells: pd.DataFrame, *, outcome: str, lag: int) -> list[dict[str, object]]:
    chosen = cells[(cells["lag"] == lag) & (cells["score_bin"] != "") & (cells["baseline_bin"] != "")]
    keys = ["score_state", "score_bin", "baseline_bin", "tenure_step", "is_renewal"]
    rows, frame = _select(chosen, keys, outcome=outcome, sums=["score_sum", "baseline_sum"])
    parts = ("pooled", "within", "between", "difference")
    try:
        encoding = learn_encoding(frame, _NO_LEVELS, outcome=outcome)
        design = design_matrix(encoding, frame)
        pooled = fit_clustered(design, frame, rows, terms=encoding.terms)
        centred = frame["baseline"].to_numpy(float) - encoding.score_centre
        both = fit_clustered(np.column_stack([design, centred]), frame, rows, terms=(*encoding.terms, "baseline"))
    except NotEstimableError as reason:
        return [_row(part, rows, problem=str(reason)) for part in parts]
    score, baseline = encoding.terms.index("score"), len(encoding.terms)
    directions = {"within": [score], "between": [score, baseline], "difference": [baseline]}
    return [
        _row("pooled", rows, pooled, [score]),
        *(_row(part, rows, both, positions) for part, positions in directions.items()),
    ]


def _of_role(cells: pd.DataFrame, role: str, *, outcome: str, lag: int) -> dict[str, object]:
    chosen = cells[(cells["lag"] == lag) & (cells["contact_role"] == role) & (cells["score_bin"] != "")]
    chosen = chosen.assign(score_state="fresh")
    rows, frame = _select(
        chosen, ["score_state", "score_bin", "tenure_step", "is_renewal"], outcome=outcome, sums=["score_sum"]
    )
    try:
        encoding = learn_encoding(frame, _NO_LEVELS, outcome=outcome)
        fitted = fit_clustered(design_matrix(encoding, frame), frame, rows, terms=encoding.terms)
    except NotEstimableError as reason:
        return _row(f"role:{role}", rows, problem=str(reason))
    return _row(f"role:{role}", rows, fitted, [encoding.terms.index("score")])


def _select(
    cells: pd.DataFrame, keys: list[str], *, outcome: str, sums: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows per covariates and account group, naming their cell, and the cells with the means of the scores."""
    counted = cells[[*keys, "account_group"]].assign(
        at_risk=cells["count_at_risk"].astype(float),
        events=cells[OUTCOME_COLUMNS[outcome]].astype(float),
        **{name: cells[name].astype(float) for name in sums},
    )
    values = ["at_risk", "events", *sums]
    rows = counted.groupby([*keys, "account_group"], sort=True, as_index=False)[values].sum()
    rows = rows[rows["at_risk"] > 0].reset_index(drop=True)
    rows = rows.assign(cell=rows.groupby(keys, sort=True).ngroup())
    frame = rows.groupby(keys, sort=True, as_index=False)[values].sum()
    means = {name.removesuffix("_sum"): frame[name] / frame["at_risk"] for name in sums}
    return rows, frame.assign(control_key="", **means)


def _row(
    part: str,
    rows: pd.DataFrame,
    fitted: ClusteredFit | None = None,
    positions: list[int] | None = None,
    *,
    problem: str | None = None,
) -> dict[str, object]:
    """The sum of the coefficients at these positions with its error; NaN beside a problem."""
    coef = std_error = float("nan")
    if fitted is not None and positions is not None:
        coef = float(fitted.coef[positions].sum())
        std_error = float(np.sqrt(fitted.covariance[np.ix_(positions, positions)].sum()))
    return {
        "part": part,
        "coef": coef,
        "std_error": std_error,
        "hazard_ratio": float(np.exp(coef)),
        "ci_low": float(np.exp(coef - Z95 * std_error)),
        "ci_high": float(np.exp(coef + Z95 * std_error)),
        "p_value": float(2 * norm.sf(abs(coef / std_error))) if std_error > 0 else float("nan"),
        "count_account_months": int(rows["at_risk"].sum()),
        "count_events": int(rows["events"].sum()),
        "problem": problem,
    }
