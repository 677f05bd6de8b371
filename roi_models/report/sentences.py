"""Numbers inside sentences that models wrote: finding them and tying each to a figure.

Belongs here: splitting a text into words, numbers, dates and names; matching a number to a figure; figures
for numbers that only a sentence states.
Does not belong here: markup (`page.py`), figures with a definition of their own (`catalogue_*.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from roi_models.report import tables
from roi_models.report.catalogue_base import make_figure
from roi_models.report.format import MINUS
from roi_models.report.rows_effects import silent_outcomes
from roi_models.report.rows_follow_up import FIGURES, note_rows
from roi_models.report.rows_measures import account_rows
from roi_models.report.rows_studies import sentence_place
from roi_models.report.rows_value import line_rows
from roi_models.results import CaseFile, Figure

_TOKEN = re.compile(
    r"(?P<date>(?<![\d.,-])\d{4}-\d{2}(?:-\d{2})?(?![\d-]))"
    r"|(?P<quote>(?<!\w)'[^'\n]{1,120}'(?!\w)|“[^”\n]{1,120}”)"
    # "the 0–10 score" and "lag 3" are names of a scale and of a feature, not quantities.
    r"|(?P<scale>(?<![\d.,–])\d{1,2}–\d{1,2}(?=[\s-](?:score|scale|answer|point)))"
    r"|(?P<lag>\blags?[\s-]\d{1,2}(?![\d.,]))"
    r"|(?P<name>(?![A-Z]{3}\d)[^\W\d][\w./]*\d[\w./]*\w|(?![A-Z]{3}\d)[^\W\d]\w*\d)"
    rf"|(?P<number>(?:(?<![\w.])[+{MINUS}-])?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)"
)
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}
_SCALE_WORD = re.compile(r"[\s\u00a0]?(k|thousand|m|million|bn|billion)\b")
_GAP = r"[\s\u00a0-]*(?:net |NPS |answer )*"
_UNITS_AFTER = (
    (re.compile(r"[\s\u00a0]?(?:%|per ?cent\b)"), ("share_pct", "probability", "pct_points")),
    (re.compile(r"[\s\u00a0]?(?:pp\b|percentage points?)"), ("pct_points", "share_pct")),
    (re.compile(_GAP + r"months?\b"), ("months",)),
    (re.compile(_GAP + r"years?\b"), ("years",)),
    (
        re.compile(r"[\s\u00a0](?:[a-z]+ )?(?:events?|accounts?|groups?|rows?|parameters?|checks?|account-months)\b"),
        ("count",),
    ),
    (re.compile(_GAP + r"points?\b"), ("points", "score", "pct_points")),
)
# Words after a number that leave one reading only: the constants of the method.
_ANCHORS_AFTER = (
    (re.compile(r"[\s\u00a0]?%[\s\u00a0](?:confidence )?interval"), "method.interval_level"),
    (re.compile(r"(?:th|st|nd|rd)? (?:to \d+(?:th|st|nd|rd) )?percentile"), "method.draw_"),
)
_MONEY_BEFORE = re.compile(r"(?:[A-Z]{3}[\s\u00a0]?|[$€£¥])[+\u2212-]?$")


# "The interval holds 1" means this ratio, whatever else happens to be one.
NO_EFFECT = "method.no_effect_ratio"


class UntracedNumberError(ValueError):
    """A sentence about to be printed states a number that is no figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A piece of a text: `kind` is text, number, date, quote, scale, lag or name; the rest is for numbers.

    `step` is half of the last digit stated, so a figure matches when it rounds to the number; `units` are the
    figure units that the words around the number allow, empty for any; `anchor` is the only prefix of
    ids that the words allow, where there is one.
    """

    kind: str
    text: str
    value: float = 0.0
    step: float = 0.0
    units: tuple[str, ...] = ()
    is_short: bool = False
    anchor: str = ""

    @property
    def shown(self) -> str:
        """The text as people read it: a number's sign is a real minus, as it is in tables."""
        return self.text.replace("-", MINUS) if self.kind == "number" else self.text


def _number_token(text: str, start: int, end: int) -> Token:
    raw, after = text[start:end], text[end:]
    plain = raw.replace(",", "").replace(MINUS, "-")
    mantissa, _, exponent = plain.partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    scale_word = _SCALE_WORD.match(after)
    scale = _SCALES[scale_word.group(1)] if scale_word else 1.0
    units = next((units for pattern, units in _UNITS_AFTER if pattern.match(after)), ())
    if _MONEY_BEFORE.search(text[:start]):
        units = ("money",)
    return Token(
        kind="number",
        text=raw,
        value=float(plain) * scale,
        step=0.5 * 10.0**-decimals * scale,
        units=units,
        anchor=next((prefix for pattern, prefix in _ANCHORS_AFTER if pattern.match(after)), ""),
        is_short=decimals <= 0 and len(plain.strip("+-")) < 3,
    )


def tokenise(text: str) -> Iterator[Token]:
    """The text as tokens which, joined, are the text again. A trailing comma is no part of a number."""
    position = 0
    for found in _TOKEN.finditer(text):
        end = found.end()
        if found.lastgroup in ("number", "name"):
            end -= len(found.group()) - len(found.group().rstrip(",./"))
        if position < found.start():
            yield Token(kind="text", text=text[position : found.start()])
        if found.lastgroup == "number":
            yield _number_token(text, found.start(), end)
        else:
            yield Token(kind=str(found.lastgroup), text=text[found.start() : end])
        position = end
    if position < len(text):
        yield Token(kind="text", text=text[position:])


def as_shown(text: str) -> str:
    """The text as people read it, where its numbers are no links."""
    return "".join(token.shown for token in tokenise(text))


def _shown_values(figure: Figure, token: Token) -> Iterator[tuple[str, float]]:
    for part in ("value", "low", "high"):
        value = getattr(figure, part)
        if isinstance(value, int | float):
            if figure.unit == "probability":
                yield part, value * 100
            if figure.unit == "share_pct" and not token.units:
                yield part, value / 100
            yield part, float(value)


def match_number(token: Token, figures: Iterable[Figure], scope: Sequence[str]) -> tuple[str, str] | None:
    """The figure id and part (value, low or high) that the number states, or None.

    Only ids that start with a prefix of `scope` are looked at: a count of rejected rows is not what a
    sentence on retention means, even when it is the same number. A figure fits when it rounds to the number,
    sign aside ("falls by 9%"). Of those the earlier prefix wins, then the nearest value, then book order.
    """
    allowed = (token.anchor,) if token.anchor else tuple(scope)
    best: tuple[tuple[int, float, int], str, str] | None = None
    for place, figure in enumerate(figures):
        # Nearly all figures end here, at one call: a page holds thousands of them.
        if not figure.id.startswith(allowed):
            continue
        # The value of a check is a bare number in the book, whatever unit its sentence gives it.
        if token.units and figure.unit not in token.units and not figure.id.startswith("check."):
            continue
        depth = next(index for index, prefix in enumerate(allowed) if figure.id.startswith(prefix))
        for part, value in _shown_values(figure, token):
            distance = abs(abs(value) - abs(token.value))
            # "3 accounts" must not be traced to 2.7: short whole numbers without a unit have to be exact.
            limit = 1e-9 if token.is_short and not token.units else token.step * (1 + 1e-9) + 1e-12
            rank = (depth, distance, place)
            if distance <= limit and (best is None or rank < best[0]):
                best = (rank, figure.id, part)
    return None if best is None else (best[1], best[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A text of the case file that the page prints as prose, and the table that publishes it.

    `scope`: prefixes of the figures its numbers may state, nearest first.
    """

    place: str
    text: str
    source: str
    scope: tuple[str, ...]


def _stated(place: str, text: str | None, source: str, *scope: str) -> Stated:
    own = f"stated.{place}."
    return Stated(place=place, text=text or "", source=source, scope=(*scope, own))


def stated_texts(case_file: CaseFile) -> Iterator[Stated]:
    """Every text with numbers of its own that the page prints as prose."""
    verdict, retention = case_file.verdict, case_file.retention
    estimates = ("retention.", "survival.", "headline.")
    yield _stated(
        "headline",
        verdict.sentence,
        f"{tables.VERDICT}.sentence",
        NO_EFFECT,
        *estimates[::-1],
        "check.",
        "scenario.",
        "assumption.",
    )
    for check in verdict.checks:
        own = f"check.{check.id}"
        known = (NO_EFFECT, f"{own}.", *estimates, "quality.total.", "quality.reconciliation.", "robustness.")
        yield _stated(f"{own}.label", check.label, f"{tables.CHECKS}.label")
        # A threshold is a constant of its own, even where an estimate happens to be as large.
        yield _stated(f"{own}.threshold", check.threshold, f"{tables.CHECKS}.threshold", NO_EFFECT)
        yield _stated(f"{own}.sentence", check.sentence, f"{tables.CHECKS}.sentence", *known)
        yield _stated(f"{own}.recommendation", check.recommendation, f"{tables.CHECKS}.recommendation", f"{own}.")
    yield _stated("retention", retention.text, f"{tables.RETENTION}.text", NO_EFFECT, *estimates)
    yield _stated("retention.problem", retention.fit.problem, f"{tables.RETENTION}.problem", *estimates)
    yield _stated("survival.problem", case_file.survival.problem, f"{tables.SURVIVAL}.problem", "survival.")
    for row in note_rows(case_file):
        yield _stated(f"follow_up.{row.key}", row.data["sentence"], f"{tables.SURVIVAL_NOTES}.sentence", *FIGURES)
    yield _stated("wallet.problem", case_file.wallet.problem, f"{tables.WALLET}.problem", "wallet.")
    yield _stated("wallet.caution", case_file.wallet.caution, f"{tables.WALLET}.caution", "wallet.")
    for part in ("headline", "balance_sentence", "holdout_sentence"):
        text = getattr(case_file.programme, part)
        yield _stated(f"programme.{part}", text, f"{tables.PROGRAMME}.{part}", "effect.", "holdout.")
    for row in silent_outcomes(case_file):
        yield _stated(f"programme.{row.key}", row.data["sentence"], f"{tables.PROGRAMME_EFFECTS}.sentence")
    for study in case_file.studies:
        for number, text in enumerate(study.sentences, start=1):
            place = sentence_place(study, number)
            yield _stated(place, text, f"{tables.STUDIES}.sentence", f"{study.id}.", NO_EFFECT)
    for row in line_rows(case_file):
        own = f"line.{row.key}"
        yield _stated(f"{own}.reason", row.data["reason"], f"{tables.CASE_LINES}.reason", f"{own}.", "growth.")
    yield _stated("churn_policy", case_file.context.churn_policy, "manifest.configuration.churn_policy")
    for row in account_rows(case_file):
        own = f"account.{row.key}"
        yield _stated(f"{own}.reason", row.data["reason"], f"{tables.ACCOUNT_360}.reason", f"{own}.")
    for number, text in enumerate(case_file.context.absent, start=1):
        yield _stated(f"absent.{number}", text, "manifest.absent")
    for name, text in sorted(case_file.notes.items()):
        yield _stated(f"note.{name}", text, "manifest.notes", "headline.", "retention.", "assumption.")


def stated_figures(case_file: CaseFile, figures: Sequence[Figure]) -> Iterator[Figure]:
    """A figure for each number that a printed text states and that is none of the given figures.

    So a number that a model put into a sentence (a coefficient of a failed fit, a threshold) is still listed,
    with the sentence as its definition and the sentence's table as its source.
    """
    known = list(figures)
    for stated in stated_texts(case_file):
        count = 0
        for token in tokenise(stated.text):
            if token.kind != "number" or match_number(token, known, stated.scope):
                continue
            count += 1
            unit = token.units[0] if token.units else "count" if float(token.value).is_integer() else "ratio"
            figure = make_figure(
                f"stated.{stated.place}.{count}",
                token.value,
                unit,
                f"Stated in: {stated.text}",
                stated.source,
            )
            known.append(figure)
            yield figure
