"""The rows that the page prints of the closed loop's effect and of the next hold-out.

Belongs here: which estimates and designs are shown, in which order. Does not belong here: estimating, markup.
"""

from __future__ import annotations

from roi_models.report.rows import Row, keyed
from roi_models.results import CaseFile

PLAIN = "difference of means"
# Of the primary outcome every method is shown, so that a reader sees whether they agree.
_CHECKED_ROLES = ("primary", "cross-check")


def effect_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """Every outcome by plain difference, the primary one by the other methods too; none without an estimate."""
    frame = case_file.programme.effects
    shown = frame[(frame["method"] == PLAIN) | frame["role"].isin(_CHECKED_ROLES)]
    return keyed(shown[shown["effect"].notna()], ["outcome", "method"], "{}, {}")


def silent_outcomes(case_file: CaseFile) -> tuple[Row, ...]:
    """Outcomes that could not be compared, each with its sentence."""
    frame = case_file.programme.effects
    return keyed(frame[frame["effect"].isna()], ["outcome", "method"], "{}, {}")


def holdout_rows(case_file: CaseFile) -> tuple[Row, ...]:
    """The designs of the next hold-out that have a size."""
    frame = case_file.programme.next_holdout
    sized = frame[frame["accounts_needed"].notna()]
    return keyed(sized.assign(_share=sized["held_out_pct"].map("{:.0f}".format)), ["outcome", "_share"], "{}, {}")
