"""What the figures of scores over time are: quarters, their movement, the same customers, slices that stand out.

Belongs here: ids, units, definitions and sources of scores by quarter.
Does not belong here: scores over all answers (`catalogue_data.py`), which rows are shown (`rows_measures.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from roi_models.report import rows_measures, tables
from roi_models.report.catalogue_base import Measure, figures_of_rows, make_figure
from roi_models.report.rows import Row
from roi_models.results import CaseFile, Figure

_COUNT = Measure(column="count_answers", unit="count", definition="Answers of customers, {label}.")
_LEVEL = Measure(
    column="headline_score",
    unit="score",
    low="headline_low_score",
    high="headline_high_score",
    definition="Score of {label}, with its 95% interval.",
)
_CHANGE = Measure(
    column="change_score",
    unit="score",
    low="change_score_low",
    high="change_score_high",
    definition="Movement since the quarter before of {label}, with its 95% interval.",
)
_COMPOSITION = (
    Measure(column="high_pct", unit="share_pct", definition="Share of favourable answers (promoters), {label}."),
    Measure(column="low_pct", unit="share_pct", definition="Share of unfavourable answers (detractors), {label}."),
)
_SAME_COUNT = Measure(
    column="count_same_accounts",
    unit="count",
    definition="Accounts that answered in both quarters, {label}.",
)
_SAME_CHANGE = Measure(
    column="same_accounts_change_score",
    unit="score",
    low="same_accounts_change_score_low",
    high="same_accounts_change_score_high",
    definition="Mean movement of the accounts that answered in both quarters, in points of the scale, {label}.",
)


def movement_figures(case_file: CaseFile) -> Iterator[Figure]:
    """The primary metric's quarters, the latest quarter of the others, and the slices that stand out."""
    for row in rows_measures.primary_periods(case_file):
        yield from _of_row("movement", row, composition=row.data["metric_kind"] == "nps")
    for row in rows_measures.latest_metrics(case_file):
        yield from _of_row("movement", row, composition=False)
    for row in rows_measures.standing_out(case_file):
        yield from _of_row("slice", row, composition=False)
    if rows_measures.primary_periods(case_file):
        yield from _slice_counts(case_file)


def _of_row(prefix: str, row: Row, *, composition: bool) -> Iterator[Figure]:
    """Counts always; scores unless there are too few answers; movements where there is a quarter to compare with."""
    scores = tables.METRIC_SCORES
    yield from figures_of_rows(prefix, [row], [_COUNT], scores)
    if row.data["is_suppressed"]:
        return
    yield from figures_of_rows(prefix, [row], [_LEVEL, *(_COMPOSITION if composition else ())], scores)
    changes = [_CHANGE, *([_SAME_COUNT, _SAME_CHANGE] if prefix == "movement" else [])]
    yield from figures_of_rows(prefix, [row], changes, tables.SCORE_CHANGES)


def _slice_counts(case_file: CaseFile) -> Iterator[Figure]:
    every = case_file.measures.score_slices
    for name, count, text in (
        ("tested", len(rows_measures.tested_slices(case_file)), "Slices of the latest quarter held against the total."),
        ("withheld", int(every["is_suppressed"].astype(bool).sum()), "Slices with too few answers for a score."),
    ):
        yield make_figure(f"slices.{name}", count, "count", text, f"{tables.METRIC_SCORES}.slice_value")
