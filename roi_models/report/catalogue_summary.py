"""What the one-page summary states beyond the report: how many objections it leaves to the report.

Belongs here: which checks speak against the case, and the figure of those that the page has no room for.
Does not belong here: the checks' own figures (`catalogue_model.py`), the page (`summary.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from roi_models.report import tables
from roi_models.report.catalogue_base import make_figure
from roi_models.results import CaseFile, Figure
from roi_models.verdicts.judgement import Check, Level
from roi_models.verdicts.robustness_card import by_question

SHOWN_OBJECTIONS = 5
# So many letters fit their half of one sheet of A4; what they leave out is counted.
ROOM_FOR_OBJECTIONS = 650
MORE_OBJECTIONS = "summary.more_objections"


def objections(case_file: CaseFile) -> tuple[Check, ...]:
    """The checks that failed, then those to review, each in the order of the card: what is said of the data first."""
    checks = [check for _, found in by_question(case_file.verdict.checks) for check in found]
    return tuple(check for level in (Level.FAIL, Level.REVIEW) for check in checks if check.level is level)


def within(texts: Sequence[str], *, count: int, room: int) -> int:
    """How many of the first texts fit: at most `count`, and with more than one not more than `room` letters."""
    fitting = [number for number in range(1, min(count, len(texts)) + 1) if sum(map(len, texts[:number])) <= room]
    return max(fitting, default=min(1, len(texts)))


def shown_objections(case_file: CaseFile) -> tuple[Check, ...]:
    """The objections that the page has room for."""
    found = objections(case_file)
    return found[: within([check.sentence for check in found], count=SHOWN_OBJECTIONS, room=ROOM_FOR_OBJECTIONS)]


def summary_figures(case_file: CaseFile) -> Iterator[Figure]:
    """How many objections the summary does not list, where there are any."""
    more = len(objections(case_file)) - len(shown_objections(case_file))
    if more > 0:
        yield make_figure(
            MORE_OBJECTIONS,
            more,
            "count",
            "Checks that failed or ask for a review, beyond those that the one-page summary lists.",
            f"{tables.CHECKS}.level",
        )
