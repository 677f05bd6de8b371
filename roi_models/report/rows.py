"""The rows that the page and the workbook print, each with the key that its figures carry in their ids.

Belongs here: picking, ordering and keying rows of the case file's frames, so that page and figures agree.
Does not belong here: definitions and units (`catalogue_*.py`), markup (`templates/`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pandas as pd

from roi_models.report.format import to_number
from roi_models.results import CaseFile

TOP_ACCOUNTS = 15
BUCKETS = ("read", "accepted", "rejected", "superseded", "excluded", "empty")
GROUP_ORDER = ("promoter", "passive", "detractor", "high", "middle", "low", "silent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One printed row: `key` is its part of a figure id, `label` its name in texts, `data` its columns."""

    key: str
    label: str
    data: dict[str, Any]


def slug(text: object) -> str:
    """A name as it may stand inside a figure id: letters, digits, dots, dashes and underscores."""
    return re.sub(r"[^a-z0-9._-]+", "_", str(text).lower()).strip("_") or "blank"


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The frame's rows as dicts of plain values, in their order.

    As pandas' own `to_dict("records")` at a twentieth of its time: a page asks for some hundred small frames.
    """
    columns = [frame[name].tolist() for name in frame.columns]
    return [dict(zip(frame.columns, values, strict=True)) for values in zip(*columns, strict=True)]


def keyed(frame: pd.DataFrame, columns: Iterable[str], label: str = "{}", named_by: str = "") -> tuple[Row, ...]:
    """The frame's rows in their order, keyed by the named columns; equal slugs get `~2`, `~3`, … in order.

    `label` is a format string over the key columns' values, or over the column `named_by`.
    """
    taken: dict[str, int] = {}
    rows = []
    names = list(columns)
    for data in records(frame):
        key = ".".join(slug(data[name]) for name in names)
        parts = [data[named_by]] if named_by else [data[name] for name in names]
        taken[key] = taken.get(key, 0) + 1
        suffix = f"~{taken[key]}" if taken[key] > 1 else ""
        rows.append(Row(key=key + suffix, label=label.format(*parts), data=data))
    return tuple(rows)


def exact_sum(values: Iterable[object]) -> Decimal | None:
    """Sum of money without float error over the values present; None when none is, for that is not zero."""
    present = [number for number in map(to_number, values) if number is not None]
    return sum((Decimal(repr(number)) for number in present), Decimal(0)) if present else None


def lag_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per lag of the lag profile, nearest first."""
    profile = case_file.retention.lag_profile
    return () if profile.empty else keyed(profile.sort_values("lag").astype({"lag": int}), ["lag"], "lag {}")


PART_LABELS = {
    "pooled": "The score alone, where a baseline is known",
    "within": "Happier than before: the score given the account's own past",
    "between": "Happier than others: a point higher, now as before",
    "role:executive": "Executives' score alone",
    "role:champion": "Champions' score alone",
    "role:user": "Users' score alone",
}


TERM_LABELS = {
    "intercept": "Level",
    "score": "Score, per point",
    "state_stale": "The last answer is old",
    "state_silent": "No recent answer",
    "is_renewal": "Month of renewal",
}


def part_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per part of the slope that could be estimated, in the order of `PART_LABELS`."""
    parts = case_file.retention.parts
    if parts.empty:
        return ()
    shown = parts[parts["part"].isin(PART_LABELS) & parts["coef"].notna()]
    found = keyed(shown.assign(key=shown["part"].str.replace(":", "_")), ["key"]) if len(shown) else ()
    return tuple(replace(row, label=PART_LABELS[row.data["part"]]) for row in found)


def term_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per term of the headline fit, in the model's order."""
    table = case_file.retention.fit.table
    return () if table.empty else keyed(table.assign(label=table["term"].map(_term_label)), ["term"], named_by="label")


def _term_label(term: str) -> str:
    tenure = re.fullmatch(r"tenure_t(\d+)", term)
    if tenure:
        return f"Customer for {int(tenure.group(1))} months or more, up to the next step"
    control, equals, level = term.partition("=")
    return TERM_LABELS.get(term, f"{control.replace('_', ' ').capitalize()}{': ' if equals else ''}{level}")


def calibration_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per group of predicted risk, lowest first."""
    table = case_file.retention.calibration
    return () if table.empty else keyed(table, ["bin"], "risk group {}")


def by_score_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per band of scores, lowest first, then accounts without a recent answer."""
    table = case_file.retention.by_score
    if table.empty:
        return ()
    ends = zip(table["score_low"], table["score_high"], strict=True)
    labels = ["no recent answer" if pd.isna(low) else f"scores {low:.1f} to {high:.1f}" for low, high in ends]
    return keyed(table.assign(label=labels), ["band"], named_by="label")


def _group_rank(group: str) -> tuple[int, str]:
    return (GROUP_ORDER.index(group) if group in GROUP_ORDER else len(GROUP_ORDER), group)


def ordered_groups(frame: pd.DataFrame) -> list[str]:
    """Names of the landmark groups, best score first, silent last."""
    return [] if frame.empty else sorted(frame["group"].unique(), key=_group_rank)


def group_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per landmark group."""
    groups = case_file.survival.groups
    if groups.empty:
        return ()
    return keyed(groups.sort_values("group", key=lambda names: names.map(_group_rank)), ["group"])


def survival_mark_months(case_file: CaseFile) -> tuple[int, ...]:
    """The whole years of follow-up that any curve reaches, else the last month of the longest curve."""
    curves = case_file.survival.curves
    if curves.empty:
        return ()
    longest = int(curves["month"].max())
    return tuple(range(12, longest + 1, 12)) or (longest,)


def survival_mark_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per group and mark month; a group followed for less than the mark has no row there."""
    curves = case_file.survival.curves
    picked = []
    for group in ordered_groups(curves):
        curve = curves[curves["group"] == group].sort_values("month")
        for month in survival_mark_months(case_file):
            if curve["month"].max() >= month:
                row = curve[curve["month"] <= month].iloc[-1].to_dict()
                picked.append(row | {"group": group, "mark": f"m{month}", "mark_month": month})
    return keyed(pd.DataFrame(picked), ["group", "mark"], "{}, {}") if picked else ()


def year_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per year of the appraisal, year 0 (the initial outlay) first; none when no case is shown."""
    if not shows_case(case_file):
        return ()
    years = case_file.case.years.sort_values("year").astype({"year": int})
    return keyed(years.assign(_key=[f"y{year}" for year in years["year"]]), ["_key"], "year {}", named_by="year")


def scenario_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per scenario, as the model ordered them."""
    return keyed(case_file.case.scenarios, ["scenario"]) if shows_case(case_file) else ()


def segment_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per segment of the business case, by name."""
    return keyed(case_file.case.by_segment.sort_values("segment"), ["segment"]) if shows_case(case_file) else ()


def shows_case(case_file: CaseFile) -> bool:
    """Whether any return may be stated: not when the verdict is FAIL, not when there is no case."""
    return case_file.case is not None and case_file.verdict.level.name != "FAIL"


def stake_accounts(case_file: CaseFile) -> tuple[Row, ...]:
    """The accounts with most revenue at risk, largest first, ties by account id."""
    frame = case_file.account_predictions
    if frame.empty:
        return ()
    sortable = frame.assign(_risk=[to_number(value) for value in frame["revenue_at_risk_amount"]])
    # An account whose risk could not be estimated has no place in a ranking by risk.
    sortable = sortable.dropna(subset=["_risk"])
    top = sortable.sort_values(["_risk", "account_id"], ascending=[False, True]).head(TOP_ACCOUNTS)
    ranked = top.drop(columns="_risk").assign(_rank=[f"top{place:02d}" for place in range(1, len(top) + 1)])
    return keyed(ranked, ["_rank"], "account {}", named_by="account_id")


def stake_segments(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per segment: accounts, monthly recurring revenue, revenue at risk."""
    frame = case_file.account_predictions
    if frame.empty:
        return ()
    rows = []
    for segment, part in frame.assign(segment=frame["segment"].fillna("no segment")).groupby("segment"):
        rows.append(
            {
                "segment": segment,
                "count_accounts": len(part),
                "mrr_amount": exact_sum(part["mrr_amount"]),
                "revenue_at_risk_amount": exact_sum(part["revenue_at_risk_amount"]),
            }
        )
    return keyed(pd.DataFrame(rows), ["segment"])


def score_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per metric, by id."""
    return () if case_file.scores.empty else keyed(case_file.scores.sort_values("metric"), ["metric"])


def assumption_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per assumption, in the order the profile lists them."""
    return () if case_file.assumptions.empty else keyed(case_file.assumptions, ["name"])


def accounting_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per file and table: where its rows went. A file mapped twice onto one table is summed."""
    frame = case_file.row_accounting
    if frame.empty:
        return ()
    counts = [f"count_{bucket}" for bucket in BUCKETS]
    summed = frame.groupby(["source_file", "table_name"], sort=True)[counts].sum().reset_index()
    return keyed(summed, ["source_file", "table_name"], "{} as {}")


def rejection_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per broken rule, by table, rule and column."""
    frame = case_file.rejections
    keys = ["table_name", "rule", "column_name"]
    return () if frame.empty else keyed(frame.sort_values(keys), keys, "{}, {}, {}")


def flag_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per flag on kept rows."""
    return () if case_file.flags.empty else keyed(case_file.flags.sort_values("flag"), ["flag"])


def reconciliation_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per line of the revenue reconciliation, in its order."""
    return () if case_file.reconciliation.empty else keyed(case_file.reconciliation, ["item"])
