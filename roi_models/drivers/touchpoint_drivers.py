"""What answers at a touchpoint foretell: the account's next answer to the overall question.

Belongs here: pairing touchpoint answers with the next and the previous overall answer, and their slopes.
Does not belong here: attributes (`drivers.py`), sentences and tables (`drivers_study.py`).

An association: a happy account is pleased at the touchpoint and by the whole. The slope beside the previous overall
answer takes out what that answer already told, which is less than all, because one answer is a noisy measure.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.regression.cluster_jackknife import fit_jackknife

MIN_PAIRS = 100
MIN_ACCOUNTS = 20
_KEYS = ["metric_id", "metric_label", "touchpoint"]
_TYPES = {
    "metric_id": "str", "metric_label": "str", "touchpoint": "str", "count_pairs": "int64", "count_accounts": "int64",
    "slope": "float64", "slope_low": "float64", "slope_high": "float64",
    "given_previous_slope": "float64", "given_previous_low": "float64", "given_previous_high": "float64",
    "problem": "str",
}  # fmt: skip


def touchpoint_drivers(touchpoints: pd.DataFrame, overall: pd.DataFrame, *, within_days: int) -> pd.DataFrame:
    """Points of the next overall answer per point of the touchpoint's score; a row per metric and touchpoint.

    `touchpoints`: response_id, metric_id, metric_label, touchpoint, account_id, known_at, score. `overall`:
    response_id, account_id, known_at, score. The next answer is the account's first known strictly after the
    touchpoint's and at most `within_days` later, by whomever it was given; the previous one is its last known strictly
    before. Errors leave out one account at a time; too few pairs, or scores that never vary, give a `problem` and NaN.
    """
    pairs = _paired(touchpoints, overall, within_days)
    rows = [_row(dict(zip(_KEYS, key, strict=True)), part) for key, part in pairs.groupby(_KEYS, sort=True)]
    return pd.DataFrame(rows, columns=list(_TYPES)).astype(_TYPES)


def _paired(touchpoints: pd.DataFrame, overall: pd.DataFrame, within_days: int) -> pd.DataFrame:
    """Touchpoint answers with `next_score` and `previous_score`, missing where there is none."""
    left = touchpoints.assign(score=touchpoints["score"].astype(float), known_at=_time(touchpoints))
    right = overall.assign(score=overall["score"].astype(float), known_at=_time(overall))
    left = left.sort_values(["known_at", "account_id", "metric_id", "response_id"], kind="stable")
    right = right.sort_values(["known_at", "account_id", "response_id"], kind="stable")
    # Of several answers at one time the mean: no order among them is given.
    right = right.groupby(["known_at", "account_id"], as_index=False, sort=True)["score"].mean()
    for direction, name in (("forward", "next_score"), ("backward", "previous_score")):
        left = pd.merge_asof(
            left,
            right.rename(columns={"score": name}),
            on="known_at",
            by="account_id",
            direction=direction,
            allow_exact_matches=False,
            tolerance=pd.Timedelta(days=within_days) if direction == "forward" else None,
        )
    return left.dropna(subset=["next_score"])


def _time(answers: pd.DataFrame) -> pd.Series:
    return answers["known_at"].astype("datetime64[us]")


def _row(key: dict[str, str], pairs: pd.DataFrame) -> dict[str, object]:
    known = pairs.dropna(subset=["previous_score"])
    row = key | {
        "count_pairs": len(pairs),
        "count_accounts": pairs["account_id"].nunique(),
        "problem": "",
        **_slope(pairs, ["score"], ("slope", "slope_low", "slope_high")),
        **_slope(
            known, ["score", "previous_score"], ("given_previous_slope", "given_previous_low", "given_previous_high")
        ),
    }
    if np.isnan(row["slope"]):
        row["problem"] = (
            f"{len(pairs):,} answers of {pairs['account_id'].nunique():,} accounts were followed by an overall answer "
            f"({MIN_PAIRS} of {MIN_ACCOUNTS} are needed), or all scores are the same"
        )
    return row


def _slope(pairs: pd.DataFrame, terms: list[str], names: tuple[str, str, str]) -> dict[str, float]:
    """Coefficient of the first term with its interval, NaN where it cannot be defended."""
    unknown = dict.fromkeys(names, float("nan"))
    if len(pairs) < MIN_PAIRS or pairs["account_id"].nunique() < MIN_ACCOUNTS or np.ptp(pairs["next_score"]) == 0:
        return unknown
    design = np.column_stack([np.ones(len(pairs)), pairs[terms].to_numpy(float)])
    fit = fit_jackknife(pairs["next_score"].to_numpy(float), design, pairs["account_id"].to_numpy(str))
    return unknown if fit is None else dict(zip(names, (float(fit.coef[1]), *fit.interval(1)), strict=True))
