"""The rows that the page prints of what the warehouse measured: picked, ordered and keyed.

Belongs here: which quarters, slices, accounts and findings are shown, and what stands out.
Does not belong here: rows of models, case and data quality (`rows.py`), definitions (`catalogue_*.py`), markup.
"""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from roi_models.measures import ASKING
from roi_models.report.format import to_number
from roi_models.report.rows import Row, exact_sum, keyed
from roi_models.results import CaseFile

SHOWN_PERIODS = 8
SHOWN_SLICES = 8
SHOWN_SIGNALS = 10
INSTRUMENT_RULES = ("is_too_long", "is_closed_only")
ATTENTION_ORDER = (*ASKING, "steady", "advocate")
# Two-sided normal quantile of a 95% interval, as the warehouse has it.
NORMAL_95 = 1.959964
# Column of the bridge → what it is called, and whether it adds to revenue (1), takes from it (-1) or stands (0).
BRIDGE_LINES = (
    ("opening_amount", "Opening", 0),
    ("new_amount", "New accounts", 1),
    ("reactivation_amount", "Returned accounts", 1),
    ("expansion_amount", "Expansion", 1),
    ("contraction_amount", "Contraction", -1),
    ("churn_amount", "Churn", -1),
    ("currency_effect_amount", "Currency effect", 1),
    ("closing_amount", "Closing", 0),
)


def _with_limits(frame: pd.DataFrame, column: str, error: str) -> pd.DataFrame:
    """The frame with the interval of a change beside it, `<column>_low` and `<column>_high`."""
    change, margin = pd.to_numeric(frame[column]), NORMAL_95 * pd.to_numeric(frame[error])
    return frame.assign(**{f"{column}_low": change - margin, f"{column}_high": change + margin})


def _movements(case_file: CaseFile) -> pd.DataFrame:
    frame = case_file.measures.score_periods
    limited = _with_limits(frame, "change_score", "change_standard_error")
    return _with_limits(limited, "same_accounts_change_score", "same_accounts_standard_error")


def primary_periods(case_file: CaseFile) -> tuple[Row, ...]:
    """The primary metric's last quarters, newest first."""
    frame = _movements(case_file)
    shown = frame[frame["is_primary"].astype(bool)].sort_values("period", ascending=False).head(SHOWN_PERIODS)
    return keyed(shown, ["metric", "period"], "{} in {}")


def latest_metrics(case_file: CaseFile) -> tuple[Row, ...]:
    """The latest quarter of every other metric, one row each."""
    frame = _movements(case_file)
    others = frame[~frame["is_primary"].astype(bool)].sort_values(["metric", "period"])
    latest = others.drop_duplicates("metric", keep="last")
    return keyed(latest, ["metric", "period"], "{} in {}")


def tested_slices(case_file: CaseFile) -> pd.DataFrame:
    """Slices that could be told from the rest: enough answers, a name, and not all of the answers."""
    frame = case_file.measures.score_slices
    rows = primary_periods(case_file)
    if frame.empty or not rows:
        return frame.iloc[:0]
    named = frame[(frame["slice_value"] != "unknown") & ~frame["is_suppressed"].astype(bool)]
    return named[named["count_answers"] < rows[0].data["count_answers"]]


def standing_out(case_file: CaseFile) -> tuple[Row, ...]:
    """Slices whose interval leaves out the company's score, or that moved beyond chance and otherwise than the company.

    The lowest scores first. A slice that moved along with everybody is no news of its own.
    """
    frame, rows = tested_slices(case_file), primary_periods(case_file)
    company, movement = (to_number(rows[0].data[name]) if rows else None for name in ("headline_score", "change_score"))
    if frame.empty or company is None:
        return ()
    limited = _with_limits(frame, "change_score", "change_standard_error")
    is_apart = ~_holds(limited, "headline_low_score", "headline_high_score", company)
    moved_apart = limited["is_real"].astype(bool)
    if movement is not None:
        moved_apart &= ~_holds(limited, "change_score_low", "change_score_high", movement)
    shown = limited.assign(is_apart=is_apart)[is_apart | moved_apart]
    shown = shown.sort_values(["headline_score", "slice_name", "slice_value"]).head(SHOWN_SLICES)
    return keyed(shown, ["slice_name", "slice_value"], "{} {}")


def _holds(frame: pd.DataFrame, low: str, high: str, value: float) -> pd.Series:
    """Whether the interval holds the value; one without limits holds everything."""
    return ~((pd.to_numeric(frame[low]) > value) | (pd.to_numeric(frame[high]) < value))


def bridge_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """The lines of the revenue bridge from opening to closing; `sign` says what a line does to revenue."""
    frame = case_file.measures.bridge
    if frame.empty:
        return ()
    amounts = frame.iloc[0]
    return tuple(
        Row(
            key=column.removesuffix("_amount"),
            label=label,
            data={"item": label, "column": column, "sign": sign, "amount": amounts[column]},
        )
        for column, label, sign in BRIDGE_LINES
    )


def ledger_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """The lines from billed revenue to the ledger; lines without a rate are shown only where there are any."""
    frame = case_file.measures.ledger
    has_amount = frame["amount"].map(lambda value: to_number(value) is not None)
    return keyed(frame[has_amount], ["item"])


def account_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """The accounts that ask for attention, in the warehouse's order."""
    frame = case_file.measures.accounts
    ranked = frame.assign(_rank=[f"top{place:02d}" for place in range(1, len(frame) + 1)])
    return keyed(ranked, ["_rank"], "account {}", named_by="account_id")


def attention_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """How many accounts are in which state, and what they bring; the most urgent first, those nobody is in as zero."""
    frame = case_file.measures.attention
    if frame.empty:
        return ()
    states = frame.set_index("attention").reindex(ATTENTION_ORDER, fill_value=0).reset_index()
    return keyed(states, ["attention"])


def active_mrr(case_file: CaseFile) -> Decimal:
    """What the active accounts bring a month, over all states."""
    return exact_sum(row.data["mrr_amount"] for row in attention_rows(case_file)) or Decimal(0)


def unlisted_accounts(case_file: CaseFile) -> tuple[int, Decimal]:
    """Accounts that ask for attention beyond the listed ones, and what they bring a month."""
    asking = [row.data for row in attention_rows(case_file) if row.data["attention"] in ASKING]
    listed = account_rows(case_file)
    count = sum(int(data["count_accounts"]) for data in asking) - len(listed)
    amount = exact_sum(data["mrr_amount"] for data in asking) or Decimal(0)
    return count, amount - (exact_sum(row.data["mrr_amount"] for row in listed) or Decimal(0))


def response_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """Response rates: all surveys first, then each, where there is more than one."""
    frame = case_file.measures.response_rates
    shown = frame if len(frame) > 2 else frame[frame["slice_name"] == "total"]
    return keyed(shown, ["slice_name", "survey"], "{}", named_by="survey")


def loop_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """The closed loop, one row per metric."""
    return keyed(case_file.measures.closed_loop.sort_values("metric"), ["metric"])


def broken_instruments(case_file: CaseFile) -> tuple[Row, ...]:
    """Surveys that are too long or ask no open question."""
    frame = case_file.measures.instruments
    # A count that the source does not state is not judged, and breaks nothing.
    judged = {name: frame[name].map(lambda flag: not pd.isna(flag) and bool(flag)) for name in INSTRUMENT_RULES}
    is_broken = pd.DataFrame(judged, dtype=bool).any(axis=1)
    return keyed(frame.assign(**judged)[is_broken], ["survey", "version"], "{} {}")


def signal_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """How many tests there were for each sign of steering."""
    return keyed(case_file.measures.signals, ["signal"])


def flagged_signals(case_file: CaseFile) -> tuple[Row, ...]:
    """Signals of steered answers that were flagged."""
    return keyed(case_file.measures.flagged_signals.head(SHOWN_SIGNALS), ["signal", "entity"], "{}, {}")


def brand_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """Brands by rank; those with too few answers last."""
    return keyed(case_file.measures.competition, ["brand"])


def broken_repertoire(case_file: CaseFile) -> tuple[Row, ...]:
    """Rules on sets of brands that some respondent breaks."""
    frame = case_file.measures.repertoire
    return keyed(frame[frame["count_responses"] > 0], ["rule"])
