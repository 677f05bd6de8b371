"""What is known of a programme's effect: the shape of frames in and of results out.

Belongs here: columns and their meaning, and how an absent programme looks.
Does not belong here: estimating (`programme_effects.py`), reading (`orchestration/programme.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

# One row per account: its first case, what was known before it was opened, and what came after.
CASE_COLUMNS = (
    *("account_id", "is_treated", "is_mixed_arm", "count_months_after"),
    *("trigger_score", "prior_score", "mrr_amount", "tenure_months"),
    *("score_after", "is_departed", "is_departed_otherwise", "mrr_after_amount"),
)
# Mean score of an account in a quarter counted from its case: −1 is the last one before, 1 the first one after.
PANEL_COLUMNS = ("account_id", "is_treated", "quarter", "score")
EFFECT_COLUMNS = (
    *("outcome", "label", "role", "method", "unit", "window_months", "count_treated", "count_control"),
    *("mean_treated", "mean_control", "effect", "std_error", "ci_low", "ci_high", "p_value", "level", "sentence"),
)
BALANCE_COLUMNS = (
    *("check", "label", "kind", "count_treated", "count_control", "mean_treated", "mean_control"),
    *("standardised_difference", "p_value", "level", "sentence"),
)
HOLDOUT_COLUMNS = (
    *("outcome", "label", "unit", "window_months", "held_out_pct", "base_value", "base_sd", "effect_sought"),
    *("heard_pct", "design_effect", "alpha", "power", "accounts_needed", "accounts_per_year", "months_needed"),
    *("detectable_effect", "sentence"),
)

NO_CASES = (
    "No account was drawn to be followed up or held out after a low answer to the primary metric, so nothing can "
    "be said of what following up does."
)


_TEXTS = frozenset({"outcome", "label", "role", "method", "unit", "level", "sentence", "check", "kind"})
_WHOLE = frozenset({"window_months", "count_treated", "count_control", "accounts_needed", "accounts_per_year"})


def as_table(rows: list[dict], columns: tuple[str, ...]) -> pd.DataFrame:
    """Rows as a table whose types do not depend on what happens to be missing: it is published as it is."""
    frame = pd.DataFrame(rows, columns=list(columns))
    types = {name: "string" if name in _TEXTS else "Int64" if name in _WHOLE else "float64" for name in columns}
    return frame.astype(types)


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """How long after the month of the case outcomes are read, in whole months. Set in advance, for every company."""

    score_months: int = 6
    departure_months: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeEvidence:
    """What the arms show: one row per outcome and method, per balance check, per design of the next hold-out.

    `level`: FAIL where the arms cannot carry an effect (`effects` then holds no number), REVIEW where something asks
    for a look. `headline` and `balance_sentence` are what a reader is told first.
    """

    level: str
    headline: str
    balance_sentence: str
    holdout_sentence: str
    effects: pd.DataFrame = field(default_factory=lambda: as_table([], EFFECT_COLUMNS))
    balance: pd.DataFrame = field(default_factory=lambda: as_table([], BALANCE_COLUMNS))
    next_holdout: pd.DataFrame = field(default_factory=lambda: as_table([], HOLDOUT_COLUMNS))


def no_evidence() -> ProgrammeEvidence:
    """No case at all."""
    return ProgrammeEvidence(level="FAIL", headline=NO_CASES, balance_sentence="", holdout_sentence="")
