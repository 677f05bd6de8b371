"""The rows that the page prints of the landmark's accounts after it, keyed as their figures are.

Belongs here: picking and keying rows of the follow-up's frames.
Does not belong here: Kaplan–Meier by group (`rows.py`), what a figure means (`catalogue_follow_up.py`), markup.
"""

from __future__ import annotations

import pandas as pd

from roi_models.durations.grouped_months import EVERYBODY
from roi_models.report.rows import Row, keyed
from roi_models.results import CaseFile

# Prefixes of the figures that the follow-up's sentences may state.
FIGURES = ("stay.", "cause.", "slope.", "beyond.")
MARK_MONTHS = 12
SLOPE_KEYS = {"since landmark": "landmark", "tenure, delayed entry": "tenure"}


def note_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per sentence, in the order of the topics."""
    return keyed(case_file.follow_up.notes, ["topic"])


def stay_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per group that has a restricted mean."""
    means = case_file.follow_up.restricted_means
    return keyed(means[means["mean_months"].notna()], ["group"])


def cause_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """Incidence among all accounts: one row per cause and whole year of follow-up, or its last month if shorter."""
    frame = case_file.follow_up.incidence
    everybody = frame[frame["group"] == EVERYBODY]
    if everybody.empty:
        return ()
    longest = int(everybody["month"].max())
    marks = list(range(MARK_MONTHS, longest + 1, MARK_MONTHS)) or [longest]
    marked = everybody[everybody["month"].isin(marks)].sort_values(["month", "cause"], ascending=[True, False])
    return keyed(marked.assign(mark=[f"m{month}" for month in marked["month"]]), ["cause", "mark"], "{}, {}")


def slope_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """One row per time scale of the cross-check."""
    slopes = case_file.follow_up.slopes
    return keyed(slopes.assign(scale=slopes["time_scale"].map(SLOPE_KEYS)), ["scale"], named_by="time_scale")


def beyond_curve(case_file: CaseFile) -> pd.DataFrame:
    """All accounts from the landmark on: what was observed, what both models say, what is carried on."""
    curves = case_file.follow_up.curves
    return curves[curves["group"] == EVERYBODY]


def is_extrapolated(case_file: CaseFile) -> bool:
    """Whether anything beyond the observed months is shown."""
    return bool((beyond_curve(case_file)["basis"] == "extrapolated").any())


def beyond_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """The last month of all accounts' curve, where it is extrapolated."""
    if not is_extrapolated(case_file):
        return ()
    end = beyond_curve(case_file).tail(1)
    return (Row(key="", label="all accounts", data=end.iloc[0].to_dict()),)


def follow_up_rows(case_file: CaseFile) -> dict[str, tuple[Row, ...]]:
    """Everything the page's section asks for, by name."""
    return {
        "notes": note_rows(case_file),
        "stay": stay_rows(case_file),
        "causes": cause_rows(case_file),
        "beyond": beyond_rows(case_file),
    }
