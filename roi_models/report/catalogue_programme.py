"""What the figures of the programme are: response, matching, closed loop, coverage, lint; and how brands compare.

Belongs here: ids, units, definitions and sources of how the programme is run, and of competitors' standing.
Does not belong here: scores (`catalogue_movement.py`), share of wallet as modelled (`catalogue_model.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from roi_models.report import rows_measures, tables
from roi_models.report.catalogue_base import Measure, figures_of_rows, first_row
from roi_models.results import CaseFile, Figure

RESPONSE_MEASURES = (
    Measure(column="count_invited", unit="count", definition="Invitations sent, {label}."),
    Measure(column="count_answered", unit="count", definition="Invitations answered, {label}."),
    Measure(column="response_rate_pct", unit="share_pct", definition="Share of invitations answered, {label}."),
    Measure(
        column="count_gap_violations",
        unit="count",
        definition="Invitations sent too soon after the same person's invitation before, {label}.",
    ),
)
MATCH_MEASURES = (
    Measure(column="count_answers", unit="count", definition="Customers' answers of all time, to every metric."),
    Measure(column="matched_pct", unit="share_pct", definition="Share of answers paired with a customer record."),
    Measure(column="count_anonymous", unit="count", definition="Answers that name nobody."),
    Measure(column="count_orphans", unit="count", definition="Answers that name somebody we do not know."),
    Measure(
        column="heard_mrr_pct",
        unit="share_pct",
        definition="Share of recurring revenue whose account has a matched answer that still counts.",
    ),
    Measure(column="count_heard_accounts", unit="count", definition="Active accounts with such an answer."),
    Measure(column="count_active_accounts", unit="count", definition="Active accounts."),
)
LOOP_MEASURES = (
    Measure(column="count_low", unit="count", definition="Low answers of customers to {label}."),
    Measure(column="count_unrouted", unit="count", definition="Low answers to {label} that nobody was given."),
    Measure(column="count_acted", unit="count", definition="Low answers to {label} that were acted on."),
    Measure(column="count_closed", unit="count", definition="Low answers to {label} whose follow-up was closed."),
    Measure(
        column="count_sla_judged",
        unit="count",
        definition="Low answers to {label} that were answered or whose time to be answered is over.",
    ),
    Measure(column="sla_met_pct", unit="share_pct", definition="Share of those to {label} answered in time."),
)
COVERAGE_MEASURES = (
    Measure(column="covered_pct", unit="share_pct", definition="Share of active accounts asked or heard in time."),
    Measure(
        column="covered_mrr_pct",
        unit="share_pct",
        definition="Share of recurring revenue whose account was asked or heard in time.",
    ),
)
INSTRUMENT_MEASURES = (
    Measure(column="question_count", unit="count", definition="Questions of survey {label}."),
    Measure(column="open_question_count", unit="count", definition="Open questions of survey {label}."),
)
SIGNAL_MEASURES = (
    Measure(
        column="count_tested", unit="count", source_column="value", definition="Tests for signs of steering: {label}."
    ),
    Measure(
        column="count_suppressed",
        unit="count",
        source_column="is_suppressed",
        definition="Left untested for want of answers: {label}.",
    ),
    Measure(
        column="count_flagged", unit="count", source_column="is_flagged", definition="Tests that were flagged: {label}."
    ),
)
# What a signal's value is: a share of answers, standard errors, a relative fall.
_SIGNAL_UNITS = {
    "digit_heaping": "probability",
    "owner_outlier": "z_score",
    "response_rate_collapse": "probability",
}
_BRAND_COUNTS = (Measure(column="count_responses", unit="count", definition="Respondents who use {label}."),)
_BRAND_RANK = Measure(
    column="competitive_rank", unit="points", definition="Place of {label} among brands with enough answers."
)
_BRAND_SCORES = {
    "mean_score": "Mean score of {label}.",
    "absolute_change": "Movement of the mean score of {label} since the year before.",
    "relative_change": "Movement of {label} against the other brands of the same respondents since the year before.",
}
REPERTOIRE_MEASURES = (
    Measure(column="count_responses", unit="count", definition="Respondents whose brands break a rule: {label}."),
    Measure(column="count_checked", unit="count", definition="Respondents held against that rule: {label}."),
)


def programme_figures(case_file: CaseFile) -> Iterator[Figure]:
    """Response rates, match rates, closed loop, coverage, and what lint and signals found."""
    measures = case_file.measures
    responses = rows_measures.response_rows(case_file)
    yield from figures_of_rows("response", responses, RESPONSE_MEASURES, tables.RESPONSE_RATES)
    yield from figures_of_rows("match", first_row(measures.match_rates), MATCH_MEASURES, tables.MATCH_RATES)
    yield from figures_of_rows("loop", rows_measures.loop_rows(case_file), LOOP_MEASURES, tables.CLOSED_LOOP)
    yield from figures_of_rows("coverage", first_row(measures.coverage), COVERAGE_MEASURES, tables.COVERAGE)
    broken = rows_measures.broken_instruments(case_file)
    yield from figures_of_rows("instrument", broken, INSTRUMENT_MEASURES, tables.INSTRUMENT_LINT)
    yield from figures_of_rows("signals", rows_measures.signal_rows(case_file), SIGNAL_MEASURES, tables.GAMING_SIGNALS)
    for row in rows_measures.flagged_signals(case_file):
        unit = _SIGNAL_UNITS[row.data["signal"]]
        found = (
            Measure(column="count_answers", unit="count", definition="Answers or invitations tested: {label}."),
            Measure(column="value", unit=unit, definition="What was found: {label}."),
            Measure(column="threshold", unit=unit, definition="From where on it is flagged: {label}."),
        )
        yield from figures_of_rows("signal", [row], found, tables.GAMING_SIGNALS)


def competition_figures(case_file: CaseFile) -> Iterator[Figure]:
    """How the brands that customers use compare, and answers about them that cannot stand."""
    for row in rows_measures.brand_rows(case_file):
        shown = () if row.data["is_suppressed"] else (_BRAND_RANK, *_brand_scores(str(row.data["score_basis"])))
        yield from figures_of_rows("brand", [row], (*_BRAND_COUNTS, *shown), tables.COMPETITIVE_TREND)
    broken = rows_measures.broken_repertoire(case_file)
    yield from figures_of_rows("repertoire", broken, REPERTOIRE_MEASURES, tables.REPERTOIRE_LINT)


def _brand_scores(basis: str) -> Iterator[Measure]:
    """Ratings are points of their scale; where brands were only ranked, scores are shares of wallet."""
    for column, text in _BRAND_SCORES.items():
        if basis == "rating":
            yield Measure(column=column, unit="score", definition=text)
        else:
            unit = "share_pct" if column == "mean_score" else "pct_points"
            yield Measure(column=column, unit=unit, scale=100, definition=text)
