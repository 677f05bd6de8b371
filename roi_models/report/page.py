"""The report as one self-contained HTML page.

Belongs here: the template's environment and the helpers that alone can print numbers.
Does not belong here: prose and layout (`templates/`), what a figure means (`catalogue_*.py`), charts (`drawings.py`).

A number is a link to its row in the list of all figures, where definition and source stand: one click, touch or key,
without a script. In tables it is no stop of the Tab key, or a reader would press it a thousand times; the caption's
link leads to the rows of the table's first number.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from roi_models.report import (
    rows,
    rows_effects,
    rows_follow_up,
    rows_measures,
    rows_studies,
    rows_value,
    rows_waterfall,
)
from roi_models.report.catalogue_case import uplift_unit_label
from roi_models.report.catalogue_data import reconciliation_unit
from roi_models.report.drawings import drawings
from roi_models.report.figures import FigureBook
from roi_models.report.format import MINUS, MISSING, NO_BREAK, format_value
from roi_models.report.retentions import retentions
from roi_models.report.sentences import UntracedNumberError, match_number, stated_texts, tokenise
from roi_models.report.what_if_data import what_if_block
from roi_models.results import CaseFile
from roi_models.verdicts.judgement import Claim, Level
from roi_models.verdicts.robustness_card import by_question, worst_first

CLAIM_WORDS = {
    Claim.NONE: "nothing is claimed",
    Claim.CONDITIONAL: "conditional claim: the uplift is an assumption",
    Claim.EVIDENCED: "evidenced claim: the uplift was seen in the data",
}

TITLES = {
    Claim.NONE: "No return is claimed",
    Claim.CONDITIONAL: "A business case, if the uplift comes about",
    Claim.EVIDENCED: "A business case, with evidence for the uplift",
}
FAILED_TITLE = "Not evidence: a check failed"
# They stand in one element, in this order.
SCRIPTS = ("whatif_engine.js", "whatif.js")


class Printer:
    """Prints numbers for the template: each is looked up in the book, carries its figure's id and links to its row.

    `page`: the file that holds the rows, empty for the page itself.
    """

    def __init__(self, case_file: CaseFile, figures: FigureBook, page: str = "") -> None:
        self._page = page
        self._figures = figures
        self._currency = case_file.context.currency
        self._stated = {stated.place: stated for stated in stated_texts(case_file)}

    def _printed(self, figure_id: str, part: str, text: str, *, linked: bool = True) -> Markup:
        marker = Markup("") if part == "value" else Markup(' data-part="{}"').format(part)
        if not linked:
            return Markup('<span data-figure="{}"{}>{}</span>').format(figure_id, marker, text)
        return Markup('<a class="f" href="{3}#f-{0}" data-figure="{0}"{1}>{2}</a>').format(
            figure_id, marker, text, self._page
        )

    def fig(
        self,
        figure_id: str,
        *,
        part: str = "value",
        bare: bool = False,
        exact: bool = False,
        signed: bool = False,
        missing: str = "",
        linked: bool = True,
    ) -> Markup:
        """One part (value, low, high) of a figure, formatted for its unit; `missing` stands for None."""
        figure = self._figures[figure_id]
        value = getattr(figure, part)
        if value is None and missing:
            return self._printed(figure_id, part, missing, linked=linked)
        text = format_value(value, figure.unit, currency=self._currency, bare=bare, exact=exact, signed=signed)
        return self._printed(figure_id, part, text, linked=linked)

    def interval(self, figure_id: str, *, bare: bool = False, signed: bool = False, linked: bool = True) -> Markup:
        """`low to high` of a figure, or a dash when it has no interval."""
        figure = self._figures[figure_id]
        if figure.low is None or figure.high is None:
            return Markup(MISSING)
        shown = {"bare": bare, "signed": signed, "linked": linked}
        low, high = (self.fig(figure_id, part=part, **shown) for part in ("low", "high"))
        return Markup('<span class="i">{} to {}</span>').format(low, high)

    def prose(self, place: str, *, linked: bool = True) -> Markup:
        """A text that a model wrote, each number in it tied to its figure; an untraced number is refused.

        Where the text itself can be clicked (a summary), its numbers are not `linked`.
        """
        stated = self._stated[place]
        pieces = []
        for token in tokenise(_unbroken(stated.text)):
            if token.kind == "number":
                found = match_number(token, self._figures, stated.scope)
                if found is None:
                    raise UntracedNumberError(
                        f"The text '{stated.text}' ({place}) states {token.text}, which is no figure: "
                        "build the book of figures from the same case file as the page."
                    )
                pieces.append(self._printed(found[0], found[1], token.shown, linked=linked))
            elif token.kind == "date":
                pieces.append(Markup("<time>{}</time>").format(token.text))
            elif token.kind == "text":
                pieces.append(escape(token.text))
            else:
                pieces.append(Markup('<span data-exempt="{}">{}</span>').format(token.kind, token.text))
        return Markup("").join(pieces)


def _unbroken(text: str) -> str:
    """The text with spaces between a number and its unit or currency that no line may break at."""
    text = re.sub(r"(?<=\d) (?=%)", NO_BREAK, text)
    return re.sub(rf"(?<=\b[A-Z]{{3}}) (?=[{MINUS}-]?\d)", NO_BREAK, text)


def exempt(text: object, kind: str) -> Markup:
    """A name, verbatim, version or position: shown as it is, and no figure even where it holds digits."""
    shown = MISSING if text is None or pd.isna(text) else text
    return Markup('<span data-exempt="{}">{}</span>').format(kind, shown)


def out_of_tab_order(body: Markup) -> Markup:
    """The rows of a table with their numbers still links, but no stops of the Tab key."""
    return Markup(str(body).replace('<a class="f" ', '<a class="f" tabindex="-1" '))


def first_figure(body: Markup) -> str:
    """The id of the first figure that the rows of a table print, or nothing."""
    found = re.search(r'data-figure="([^"]+)"', str(body))
    return found.group(1) if found else ""


@cache
def environment() -> Environment:
    """The templates, with escaping on and unknown names refused."""
    made = Environment(
        loader=PackageLoader("roi_models.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["exempt"] = exempt
    made.filters["out_of_tab_order"] = out_of_tab_order
    made.filters["first_figure"] = first_figure
    return made


@cache
def _script() -> tuple[Markup, str]:
    """The one script that the page runs, and the source expression that lets it run and no other."""
    templates = environment()
    texts = [templates.loader.get_source(templates, name)[0] for name in SCRIPTS]
    script = "\n" + "\n".join(texts)
    digest = hashlib.sha256(script.encode()).digest()
    return Markup(script), f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _tables(case_file: CaseFile) -> dict[str, Any]:
    card = worst_first(by_question(case_file.verdict.checks))
    mark_rows = {row.key: row for row in rows.survival_mark_rows(case_file)}
    return {
        "years": rows.year_rows(case_file),
        "scenarios": rows.scenario_rows(case_file),
        "segments": rows.segment_rows(case_file),
        "lines": rows_value.line_rows(case_file),
        "views": rows_value.views(case_file),
        "horizons": rows_value.horizon_rows(case_file),
        "swings": rows_value.swing_rows(case_file),
        "information": rows_value.information_rows(case_file),
        "initiatives": rows_value.initiative_rows(case_file),
        "portfolios": rows_value.portfolio_rows(case_file),
        "lags": rows.lag_rows(case_file),
        "parts": rows.part_rows(case_file),
        "terms": rows.term_rows(case_file),
        "calibration": rows.calibration_rows(case_file),
        "groups": rows.group_rows(case_file),
        "by_score": rows.by_score_rows(case_file),
        "waterfall": rows_waterfall.npv_step_rows(case_file),
        "card": card,
        "advice": [check for _, checks in card for check in checks if check.recommendation and check.level],
        "marks": rows.survival_mark_months(case_file),
        "mark_keys": set(mark_rows),
        "follow_up": rows_follow_up.follow_up_rows(case_file),
        "stake_segments": rows.stake_segments(case_file),
        "stake_accounts": rows.stake_accounts(case_file),
        "scores": rows.score_rows(case_file),
        "assumptions": rows.assumption_rows(case_file),
        "accounting": rows.accounting_rows(case_file),
        "rejections": rows.rejection_rows(case_file),
        "flags": rows.flag_rows(case_file),
        "reconciliation": rows.reconciliation_rows(case_file),
        "reconciliation_unit": reconciliation_unit,
    }


def _measured(case_file: CaseFile) -> dict[str, Any]:
    """Rows of what the warehouse measured, and which totals there are; months are dates and not figures."""
    measures = case_file.measures
    months = {
        name: frame[column].iloc[0] if len(frame) else None
        for name, frame, column in (
            ("first_month", measures.bridge, "first_month"),
            ("last_month", measures.bridge, "last_month"),
            ("largest_month", measures.ledger_months, "largest_month"),
            ("coverage_month", measures.coverage, "month"),
        )
    }
    return months | {
        "periods": rows_measures.primary_periods(case_file),
        "latest_metrics": rows_measures.latest_metrics(case_file),
        "standing_out": rows_measures.standing_out(case_file),
        "bridge": rows_measures.bridge_rows(case_file),
        "is_carried": bool(len(measures.bridge)) and bool(measures.bridge["carried_amount"].iloc[0]),
        "has_retention": not measures.retention.empty,
        "ledger": rows_measures.ledger_rows(case_file),
        "attention": rows_measures.attention_rows(case_file),
        "accounts": rows_measures.account_rows(case_file),
        # A column that says nothing of anybody is left out.
        "account_columns": {name for name, column in measures.accounts.items() if column.notna().any()},
        "has_margins": not measures.margins.empty,
        "has_leavers": not measures.leavers.empty,
        "has_matches": not measures.match_rates.empty,
        "responses": rows_measures.response_rows(case_file),
        "loop": rows_measures.loop_rows(case_file),
        "effects": rows_effects.effect_rows(case_file),
        "holdouts": rows_effects.holdout_rows(case_file),
        "silent_outcomes": rows_effects.silent_outcomes(case_file),
        "has_instruments": not measures.instruments.empty,
        "instruments": rows_measures.broken_instruments(case_file),
        "signals": rows_measures.flagged_signals(case_file),
        "signal_counts": rows_measures.signal_rows(case_file),
        "brands": rows_measures.brand_rows(case_file),
        "repertoire": rows_measures.broken_repertoire(case_file),
    }


def render_report(case_file: CaseFile, figures: FigureBook) -> str:
    """The page as one HTML string: one script of our own, no request, the same bytes for the same case file.

    Raises `UnknownFigureError` when a template asks for a number that is no figure, and `UntracedNumberError`
    when a sentence states one: both mean that `figures` was not built from this case file.
    """
    printer = Printer(case_file, figures)
    template = environment().get_template("report.html.j2")
    case = case_file.case
    script, script_hash = _script()
    page = template.render(
        case_file=case_file,
        context=case_file.context,
        verdict=case_file.verdict,
        title=FAILED_TITLE if case_file.verdict.level is Level.FAIL else TITLES[case_file.verdict.claim],
        claim_words=CLAIM_WORDS[case_file.verdict.claim],
        shows_case=rows.shows_case(case_file),
        uplift_unit=uplift_unit_label(case.uplift_unit) if case is not None else "",
        figures=figures,
        fig=printer.fig,
        interval=printer.interval,
        prose=printer.prose,
        charts=drawings(case_file),
        rows=_tables(case_file) | _measured(case_file) | {"retentions": retentions(figures)},
        buckets=rows.BUCKETS,
        what_if=what_if_block(case_file),
        script=script,
        script_hash=script_hash,
        printed_tables=rows_studies.printed_tables,
        shown_rows=rows_studies.shown_rows,
        shown_columns=rows_studies.shown_columns,
        sentence_place=rows_studies.sentence_place,
        study_prefix=rows_studies.prefix,
    )
    return page.strip() + "\n"
