"""Numbers and texts in Markdown: what comes out of data is text and nothing else.

Belongs here: escaping, and the printer that looks numbers up as that of the page does.
Does not belong here: what a document says (`summary.py`), HTML (`page.py`).
"""

from __future__ import annotations

import re

import pandas as pd

from roi_models.report.figures import FigureBook
from roi_models.report.format import MISSING, NO_BREAK, format_value
from roi_models.report.sentences import UntracedNumberError, as_shown, match_number, stated_texts, tokenise
from roi_models.results import CaseFile

# What opens a code, an emphasis, a link, a tag, a table's cell or an entity, wherever it stands.
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~]|&(?=#?\w+;)")
# What makes a line a heading, an item of a list, a rule or an underline.
_LEADING = re.compile(r"^(#|[-+=](?=[-+=\s]|$))")
_LEADING_NUMBER = re.compile(r"^(\d+)([.)])(?=\s|$)")
# Bare addresses, which many readers of Markdown turn into links.
_ADDRESS = re.compile(r"(?i)://|\bwww\.")


def escape_markdown(text: object) -> str:
    """A text that Markdown shows as it stands, on one line; a missing one is a dash."""
    if text is None or pd.isna(text):
        return MISSING
    escaped = _SPECIAL.sub(r"\\\g<0>", " ".join(str(text).split()))
    escaped = _ADDRESS.sub(lambda found: found.group().replace("/", "\\/").replace(".", "\\."), escaped)
    return _LEADING.sub(r"\\\1", _LEADING_NUMBER.sub(r"\1\\\2", escaped))


class MarkdownPrinter:
    """Prints numbers and sentences as `page.Printer` does, for Markdown and without marks of their figures."""

    def __init__(self, case_file: CaseFile, figures: FigureBook) -> None:
        self._figures = figures
        self._currency = case_file.context.currency
        self._stated = {stated.place: stated for stated in stated_texts(case_file)}

    def fig(self, figure_id: str, *, part: str = "value", signed: bool = False, missing: str = "") -> str:
        """One part (value, low, high) of a figure, formatted for its unit; `missing` stands for None."""
        figure = self._figures[figure_id]
        value = getattr(figure, part)
        if value is None and missing:
            return missing
        text = format_value(value, figure.unit, currency=self._currency, signed=signed)
        # Mails break lines as they like; a space that looks like one and is none only confuses a search.
        return text.replace(NO_BREAK, " ")

    def interval(self, figure_id: str, *, signed: bool = False) -> str:
        """`low to high` of a figure, or a dash when it has no interval."""
        figure = self._figures[figure_id]
        if figure.low is None or figure.high is None:
            return MISSING
        return " to ".join(self.fig(figure_id, part=part, signed=signed) for part in ("low", "high"))

    def prose(self, place: str) -> str:
        """A text that a model wrote; one that states a number that is no figure is refused."""
        stated = self._stated[place]
        for token in tokenise(stated.text):
            if token.kind == "number" and match_number(token, self._figures, stated.scope) is None:
                raise UntracedNumberError(
                    f"The text '{stated.text}' ({place}) states {token.text}, which is no figure: build the book of "
                    "figures from the same case file as the summary."
                )
        return escape_markdown(as_shown(stated.text))
