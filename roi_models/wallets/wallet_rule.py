"""Does the Wallet Allocation Rule hold here? Measured share of spend regressed on the rule's share.

Belongs here: slope, intercept and their joint test. Does not belong here: the rule itself (`wallet.py`), what moves
share (`wallet_effects.py`).

The rule is not fitted to anything, so it has to be held against what customers say they spend: it holds where measured
share has slope 1 and intercept 0 on the rule's. Least squares of measured less rule's share on the rule's share gives
both at once; errors are clustered by account (CR2), the joint test is Wald's F.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.regression.clustered_ols import fit_ols
from roi_models.wallets.brand_answers import several_brands

MIN_ACCOUNTS = 30
POPULATIONS = {"several": "Those who use several brands", "all": "Everybody, sole suppliers included"}
RULE_TYPES = {
    "population": "object", "label": "object", "count_answers": "int64", "count_accounts": "int64",
    "rule_share": "float64", "measured_share": "float64", "slope": "float64", "slope_low": "float64",
    "slope_high": "float64", "intercept": "float64", "intercept_low": "float64", "intercept_high": "float64",
    "p_value": "float64", "problem": "object",
}  # fmt: skip


def validate_rule(answers: pd.DataFrame) -> pd.DataFrame:
    """One row per population (columns `RULE_TYPES`), from answers as `brand_answers.measured` gives them.

    `p_value`: of slope 1 and intercept 0 together. Where they cannot be estimated they are missing beside `problem`.
    A sole supplier has the whole wallet by the rule, whatever is ranked, so the first row is without them.
    """
    rows = [_validated("several", several_brands(answers)), _validated("all", answers)]
    return pd.DataFrame(rows, columns=list(RULE_TYPES)).astype(RULE_TYPES)


def rule_sentence(rule: pd.DataFrame) -> str:
    """What the test says, and what follows for the use of the rule's share."""
    row = rule.iloc[0]
    if row["problem"]:
        return f"Whether the Wallet Allocation Rule holds here cannot be said: {row['problem']}"
    found = (
        f"slope {row['slope']:.2f}, 95% interval {row['slope_low']:.2f} to {row['slope_high']:.2f}, and intercept "
        f"{row['intercept']:.2f} on the rule’s share; one and zero if it held"
    )
    if row["p_value"] < 0.05:
        return (
            f"Measured share is not what the Wallet Allocation Rule says ({found}): "
            "rank customers by the rule, but count money by measured share."
        )
    return f"These answers do not contradict the Wallet Allocation Rule ({found})."


def _validated(population: str, answers: pd.DataFrame) -> dict[str, object]:
    rule, share = answers["war_share"].to_numpy(float), answers["share"].to_numpy(float)
    accounts = answers["account_id"].nunique()
    row: dict[str, object] = {
        "population": population,
        "label": POPULATIONS[population],
        "count_answers": len(answers),
        "count_accounts": accounts,
        "rule_share": float(rule.mean()) if len(rule) else np.nan,
        "measured_share": float(share.mean()) if len(share) else np.nan,
    }
    if accounts < MIN_ACCOUNTS:
        return row | {"problem": f"measured shares of {accounts} accounts are too few, {MIN_ACCOUNTS} are needed."}
    if np.ptp(rule) == 0:
        return row | {"problem": "the rule gives everybody the same share."}
    # Rounded, so that a share that is the rule's to the last digit leaves nothing to test.
    fit = fit_ols(
        np.round(share - rule, 9), np.column_stack([rule, np.ones(len(rule))]), answers["account_id"].to_numpy()
    )
    (slope_low, slope_high), (low, high) = fit.interval(0), fit.interval(1)
    return row | {
        "slope": 1 + float(fit.coef[0]),
        "slope_low": 1 + slope_low,
        "slope_high": 1 + slope_high,
        "intercept": float(fit.coef[1]),
        "intercept_low": low,
        "intercept_high": high,
        "p_value": fit.joint_p_value([0, 1]),
        "problem": "",
    }
