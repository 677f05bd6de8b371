"""Rows of what the business case is made of and hangs on: lines, views, horizons, swings, initiatives.

Belongs here: picking, ordering and keying.
Does not belong here: definitions (`catalogue_value.py`), other rows (`rows.py`).
"""

from __future__ import annotations

import pandas as pd

from roi_models.report.rows import Row, keyed, shows_case
from roi_models.results import CaseFile

SHOWN_PORTFOLIOS = 5


def _rows(case_file: CaseFile, name: str, keys: list[str], named_by: str = "") -> tuple[Row, ...]:
    frame: pd.DataFrame | None = getattr(case_file.case, name) if shows_case(case_file) else None
    return () if frame is None or frame.empty else keyed(frame, keys, named_by=named_by)


def line_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per benefit line, counted or not."""
    return _rows(case_file, "lines", ["line"], "label")


def view_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per part of each view of the benefit."""
    return _rows(case_file, "views", ["view", "part"], "part")


VIEW_TITLES = {
    "answers for it": "Who answers for it",
    "benefit line": "What it comes from",
    "segment": "In which segment",
    "account owner": "With whose accounts",
    "year": "In which year",
}


def views(case_file: CaseFile) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """The rows of each view under its title."""
    found = view_rows(case_file)
    return tuple(
        (title, rows)
        for name, title in VIEW_TITLES.items()
        if (rows := tuple(row for row in found if row.data["view"] == name))
    )


def horizon_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per number of years."""
    if not shows_case(case_file) or case_file.case.horizons.empty:
        return ()
    horizons = case_file.case.horizons
    return keyed(horizons.assign(_key=[f"y{years}" for years in horizons["years"]]), ["_key"], named_by="years")


def swing_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per uncertain input, widest swing first."""
    return _rows(case_file, "tornado", ["input"], "label")


def information_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per uncertain input, the most valuable to know first."""
    return _rows(case_file, "information", ["input"], "label")


def initiative_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per initiative, in the order of the register."""
    return _rows(case_file, "initiatives", ["id"], "name")


def portfolio_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """The best sets of initiatives that can be afforded, with `names` of their initiatives; none where the register is
    empty."""
    if not initiative_rows(case_file):
        return ()
    sets = case_file.case.portfolio
    sets = sets[sets["is_affordable"]].head(SHOWN_PORTFOLIOS)
    name = {row.data["id"]: row.label for row in initiative_rows(case_file)}
    sets = sets.assign(names=[[name[one] for one in ids.split(",") if one] for ids in sets["initiatives"]])
    return keyed(sets.assign(_rank=[f"set{place}" for place in range(1, len(sets) + 1)]), ["_rank"])
