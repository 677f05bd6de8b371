"""What the warehouse measured, as a report takes it: scores, money, accounts, programme, competition.

Belongs here: the shape of these frames, and how an absent one looks.
Does not belong here: reading them (`orchestration/measures.py`), choosing and printing rows (`report/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

# How many accounts a report lists by name.
LISTED_ACCOUNTS = 15
# What of `attention` asks somebody to act, the most urgent first.
ASKING = ("at risk", "warning", "silent")

# Columns that two frames share.
_MOVEMENT = (
    *("count_answers", "is_suppressed", "headline_score", "headline_low_score", "headline_high_score"),
    *("change_score", "change_standard_error", "is_real"),
)
_AMOUNTS = (
    *("opening_amount", "new_amount", "reactivation_amount", "expansion_amount", "contraction_amount"),
    *("churn_amount", "currency_effect_amount", "closing_amount"),
)

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "score_periods": (
        *("metric", "metric_label", "metric_kind", "is_primary", "period", *_MOVEMENT, "high_pct", "low_pct"),
        *("count_same_accounts", "same_accounts_change_score", "same_accounts_standard_error"),
        "is_same_accounts_change_real",
    ),
    "score_slices": ("period", "slice_name", "slice_value", *_MOVEMENT),
    "bridge": (
        *("first_month", "last_month", "count_months", *_AMOUNTS),
        *("residual_amount", "carried_amount", "arr_opening_amount", "arr_closing_amount"),
    ),
    "retention": (
        *("window_months", "count_accounts", "count_lost", "grr_pct", "nrr_pct", "earned_growth_pct"),
        *("logo_churn_pct", "count_new", "count_new_unknown_acquisition"),
    ),
    "ledger": ("item", "item_role", "amount", "count_lines"),
    "ledger_months": ("count_months", "count_unexplained_months", "largest_month", "largest_amount"),
    "leavers": (
        *("count_months", "count_churned", "count_silent", "count_voiced"),
        *("mrr_churned_amount", "mrr_churned_silent_amount", "mrr_churned_voiced_amount"),
    ),
    "accounts": (
        *("account_id", "name", "owner", "attention", "reason", "mrr_amount", "months_to_renewal"),
        *("score", "score_state", "count_open_cases"),
    ),
    "attention": ("attention", "count_accounts", "mrr_amount"),
    "margins": ("count_accounts", "count_unprofitable", "mrr_amount", "margin_amount"),
    "response_rates": (
        "slice_name",
        "survey",
        "count_invited",
        "count_answered",
        "count_gap_violations",
        "response_rate_pct",
    ),
    "match_rates": (
        *("count_answers", "matched_pct", "count_anonymous", "count_orphans"),
        *("heard_mrr_pct", "count_heard_accounts", "count_active_accounts"),
    ),
    "closed_loop": (
        *("metric", "metric_label", "count_low", "count_unrouted", "count_acted", "count_closed"),
        *("count_sla_judged", "sla_met_pct"),
    ),
    "coverage": ("month", "covered_pct", "covered_mrr_pct"),
    "instruments": ("survey", "version", "question_count", "open_question_count", "is_too_long", "is_closed_only"),
    "signals": ("signal", "count_tested", "count_suppressed", "count_flagged"),
    "flagged_signals": ("signal", "entity", "metric_label", "period", "count_answers", "value", "threshold"),
    "competition": (
        *("period", "brand", "is_us", "score_basis", "count_responses", "is_suppressed", "competitive_rank"),
        *("mean_score", "absolute_change", "relative_change"),
    ),
    "repertoire": ("rule", "label", "count_checked", "count_responses"),
}


def empty_frame(name: str) -> pd.DataFrame:
    """The frame of that name with its columns and no row: what a measure without data looks like."""
    return pd.DataFrame(columns=list(COLUMNS[name]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Frames as `COLUMNS` lists them; each is empty where the data give nothing to measure.

    `score_periods`: per metric and complete quarter, oldest first. `score_slices`: the primary metric's slices in its
    latest quarter. `bridge`, `retention`, `ledger_months`, `leavers`, `margins`, `match_rates`, `coverage`: one row.
    `ledger`: the bridge's items in order, over the months that both sides cover. `accounts`: those that ask for
    attention, the first ones first; `attention` counts all active ones. `closed_loop` is empty without follow-ups.
    `definitions`: `schema.table.column` → how the warehouse computes it, in words.
    """

    score_periods: pd.DataFrame
    score_slices: pd.DataFrame
    bridge: pd.DataFrame
    retention: pd.DataFrame
    ledger: pd.DataFrame
    ledger_months: pd.DataFrame
    leavers: pd.DataFrame
    accounts: pd.DataFrame
    attention: pd.DataFrame
    margins: pd.DataFrame
    response_rates: pd.DataFrame
    match_rates: pd.DataFrame
    closed_loop: pd.DataFrame
    coverage: pd.DataFrame
    instruments: pd.DataFrame
    signals: pd.DataFrame
    flagged_signals: pd.DataFrame
    competition: pd.DataFrame
    repertoire: pd.DataFrame
    definitions: Mapping[str, str] = field(default_factory=dict)


def empty_measures() -> Measures:
    """Nothing measured at all."""
    return Measures(**{name: empty_frame(name) for name in COLUMNS})
