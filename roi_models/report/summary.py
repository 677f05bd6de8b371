"""One page for the board: the case in a sentence, key figures, what speaks for and against it, what to do next.

Belongs here: what the page holds, and rendering it as HTML for print and as Markdown for a mail.
Does not belong here: the whole report (`page.py`), figures (`catalogue_*.py`), Markdown's grammar (`markdown.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from roi_models.report import rows
from roi_models.report.catalogue_case import uplift_unit_label
from roi_models.report.catalogue_summary import objections, shown_objections, within
from roi_models.report.figures import FigureBook
from roi_models.report.markdown import MarkdownPrinter, escape_markdown
from roi_models.report.page import CLAIM_WORDS, FAILED_TITLE, TITLES, Printer, exempt
from roi_models.results import CaseFile
from roi_models.verdicts.judgement import Check, Claim, Level

# Checks that say most to those who were not there, in the order in which they are told where they pass.
TELLING = (
    "effect_found",
    "placebo",
    "lead",
    "rolling_origin",
    "stability",
    "leakage",
    "controls",
    "revenue_reconciled",
    "match_rate",
)
# How many of them, and how many letters, one sheet of A4 has room for.
SHOWN_SUPPORT, ROOM_FOR_SUPPORT = 4, 560
SHOWN_STEPS, ROOM_FOR_STEPS = 3, 350
ROOM_FOR_HOLDOUT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """A figure of the page: `id` in the book, its `label`, and what stands where it has no value or no range."""

    id: str
    label: str
    missing: str = ""
    note: str = ""


CASE_FIGURES = (
    KeyFigure(id="headline.npv", label="Net present value"),
    KeyFigure(id="headline.roi_pct", label="Return on investment", missing="undefined"),
    KeyFigure(id="headline.prob_npv_positive", label="Chance that it pays", note="net present value above zero"),
    KeyFigure(id="headline.gain_pp", label="Gain in revenue retention"),
    KeyFigure(
        id="headline.payback_by_month",
        label="Paid back after",
        missing="not in the horizon",
        note="undiscounted",
    ),
)
# Departures of the last year over those foretold: so far off, less one, still counts as foretold.
LARGEST_MISS = 0.25
# Without a case: what was looked at, and no return.
DATA_FIGURES = (
    KeyFigure(id="checks.count_fail", label="Checks that failed"),
    KeyFigure(id="checks.count_review", label="Checks to review"),
    KeyFigure(id="checks.count_pass", label="Checks that passed"),
    KeyFigure(id="quality.total.read", label="Rows read", note="all files together"),
    KeyFigure(id="quality.total.rejected", label="Rows rejected", note="for a broken rule"),
)


def key_figures(case_file: CaseFile, figures: FigureBook) -> tuple[KeyFigure, ...]:
    """Those of the case where it may be shown, else those of the data."""
    wanted = CASE_FIGURES if rows.shows_case(case_file) else DATA_FIGURES
    return tuple(key for key in wanted if key.id in figures)


def support(case_file: CaseFile) -> tuple[Check, ...]:
    """The checks that passed and say most; none where nothing may be concluded."""
    if case_file.verdict.level is Level.FAIL:
        return ()
    passed = {check.id: check for check in case_file.verdict.checks if check.level is Level.PASS}
    told = tuple(passed[name] for name in TELLING if name in passed and _speaks_for_it(passed[name]))
    return told[: within([check.sentence for check in told], count=SHOWN_SUPPORT, room=ROOM_FOR_SUPPORT)]


def _speaks_for_it(check: Check) -> bool:
    """A year that was missed by far passes where its interval is wide; that is no reason to believe anything."""
    return check.id != "rolling_origin" or abs(check.value - 1) <= LARGEST_MISS


def next_steps(case_file: CaseFile) -> tuple[str, ...]:
    """Places of the sentences: recommendations of what speaks against it, the worst first, none twice; the hold-out."""
    places = {check.recommendation: f"check.{check.id}.recommendation" for check in reversed(objections(case_file))}
    advice = list(dict.fromkeys(check.recommendation for check in objections(case_file) if check.recommendation))
    shown = advice[: within(advice, count=SHOWN_STEPS, room=ROOM_FOR_STEPS)]
    steps = tuple(places[text] for text in shown)
    has_holdout = 0 < len(case_file.programme.holdout_sentence) <= ROOM_FOR_HOLDOUT
    return (*steps, "programme.holdout_sentence") if has_holdout and case_file.verdict.level < Level.FAIL else steps


def render_summary(case_file: CaseFile, figures: FigureBook) -> str:
    """The page as HTML: self-contained, no script, the same bytes for the same case file; prints on one sheet of A4.

    Raises as `render_report` does when a number is no figure.
    """
    printer = Printer(case_file, figures, page="report.html")
    page = (
        _environment(is_html=True)
        .get_template("summary.html.j2")
        .render(exempt=exempt, **_content(case_file, figures, printer))
    )
    return page.strip() + "\n"


def render_summary_markdown(case_file: CaseFile, figures: FigureBook) -> str:
    """The same as Markdown that can be pasted into a mail; texts out of the data are escaped."""
    printer = MarkdownPrinter(case_file, figures)
    text = (
        _environment(is_html=False)
        .get_template("summary.md.j2")
        .render(exempt=lambda text, kind: escape_markdown(text), **_content(case_file, figures, printer))
    )
    return "\n".join(_single_spaced(text)) + "\n"


def _content(case_file: CaseFile, figures: FigureBook, printer: Printer | MarkdownPrinter) -> dict[str, Any]:
    verdict, case = case_file.verdict, case_file.case
    return {
        "context": case_file.context,
        "verdict": verdict,
        "title": FAILED_TITLE if verdict.level is Level.FAIL else TITLES[verdict.claim],
        "claim_words": CLAIM_WORDS[verdict.claim],
        "is_failed": verdict.level is Level.FAIL,
        "is_promised": verdict.level is not Level.FAIL and verdict.claim is not Claim.NONE,
        "is_assumed": verdict.claim is Claim.CONDITIONAL,
        "shows_case": rows.shows_case(case_file),
        "gains": case is not None and case.gain_low_pp > 0,
        "uplift_unit": uplift_unit_label(case.uplift_unit) if case is not None else "",
        "programme": case_file.notes.get("programme", ""),
        "figures": figures,
        "key_figures": key_figures(case_file, figures),
        "support": support(case_file),
        "objections": shown_objections(case_file),
        "next_steps": next_steps(case_file),
        "fig": printer.fig,
        "interval": printer.interval,
        "prose": printer.prose,
    }


def _single_spaced(text: str) -> Iterator[str]:
    """Lines with no more than one empty line in a row, so that templates may be laid out to be read."""
    before = ""
    for line in text.strip().splitlines():
        if line.strip() or before:
            yield line.rstrip()
        before = line.strip()


@cache
def _environment(*, is_html: bool) -> Environment:
    return Environment(
        loader=PackageLoader("roi_models.report"),
        autoescape=is_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
