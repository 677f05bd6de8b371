"""A trace as lines that an auditor reads, and as JSON.

Belongs here: the order and wording of the lines. Does not belong here: finding what they say (`trace.py`).
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.tracing.lineage import Step
from orchestration.tracing.rows import FoundRows
from orchestration.tracing.trace import SourceFile, Trace
from roi_models.report.format import format_value

_WIDTH = 118
_LONGEST_TEXT = 160
_HEAD = 12


def as_json(trace: Trace) -> str:
    """The trace as JSON, with whole texts, dates as ISO texts and money as numbers."""
    return json.dumps(asdict(trace), ensure_ascii=False, indent=2, default=_plain)


def figure_lines(figures: Sequence[Mapping[str, Any]], currency: str) -> list[str]:
    """One line per figure: id, value with its range."""
    width = max(len(figure["id"]) for figure in figures)
    return [f"{figure['id']:<{width}}  {_value(figure, currency)}" for figure in figures]


def trace_lines(trace: Trace) -> list[str]:
    """The trace from the number to the files."""
    return [*_figure(trace), *_table(trace), *_steps(trace), *_settings(trace), *_files(trace)]


def _figure(trace: Trace) -> Iterator[str]:
    yield from (line for remark in trace.remarks for line in [*_wrapped("note", remark), ""])
    yield from _wrapped("figure", trace.figure["id"])
    yield from _wrapped("value", _value(trace.figure, trace.currency))
    yield from _wrapped("", "in figures.json: " + ", ".join(_stored(trace.figure)))
    yield from _wrapped("definition", trace.figure["definition"])
    yield from _wrapped("run", f"{trace.run_id}, profile {trace.profile}, in {trace.folder}")


def _stored(figure: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{part} {json.dumps(figure[part])}" for part in ("value", "low", "high", "unit"))


def _table(trace: Trace) -> Iterator[str]:
    yield ""
    if trace.rows is None:
        yield from _wrapped("stated in", f"{trace.table}, key {trace.column}")
        yield from _indented(json.dumps(trace.stated, ensure_ascii=False))
        return
    yield from _wrapped("published", f"table {trace.table}, column {trace.column}")
    yield from _wrapped("", trace.rows.path, keep=True)
    if trace.column_description:
        yield from _wrapped("column", trace.column_description)
    yield from _rows(trace.rows)
    if trace.queries:
        names = ", ".join(trace.queries)
        yield from _wrapped("read by", f"in orchestration/measures.py, which selects rows and adds up months: {names}")


def _rows(found: FoundRows) -> Iterator[str]:
    yield from _wrapped("rows", found.how)
    for number, row in enumerate(found.rows, start=1):
        cells = ", ".join(f"{name} = {_cell(value)}" for name, value in row.items() if value is not None)
        yield from _indented(f"{number}) {cells}")


def _steps(trace: Trace) -> Iterator[str]:
    if not trace.steps:
        return
    yield ""
    first, *behind = trace.steps
    yield from _wrapped("made by", _made_by(first))
    yield from _wrapped("", first.description)
    for called in first.computes_with:
        yield from _wrapped("", f"computes with {called}")
    if first.reads:
        yield from _wrapped("reads", ", ".join(first.reads))
    if behind:
        yield ""
        yield f"{'behind it':<{_HEAD}}all it is made from, nearest first"
        width = max(len(step.name) for step in behind)
        for step in behind:
            yield f"  {step.name:<{width}}  {_made_by(step)}{_row_count(trace, step)}"


def _row_count(trace: Trace, step: Step) -> str:
    count = trace.table_rows.get(step.name)
    return "" if count is None else f", {count:,} row{'' if count == 1 else 's'}"


def _made_by(step: Step) -> str:
    if step.kind == "dbt model":
        return f"dbt model {step.path}"
    what = f"asset {step.maker}, " if step.kind == "asset" else ""
    return f"{what}function {step.function} in {step.path}"


def _settings(trace: Trace) -> Iterator[str]:
    if not any(step.kind != "dbt model" for step in trace.steps) and not trace.settings:
        return
    yield ""
    files = "sources.yml, metrics.yml and business_case.yml"
    yield from _wrapped("settings", f"{files} of the profile, as the run read them; the assumptions: roi.assumptions")
    if trace.settings:
        yield from _wrapped("", f"by way of {', '.join(trace.settings)}")
    yield from _wrapped("", f"SHA-256 of the three together: {trace.settings_sha256}")


def _files(trace: Trace) -> Iterator[str]:
    if not trace.steps:
        return
    yield ""
    if not trace.files:
        yield from _wrapped("files", "none: no exported row has a part in this figure.")
    else:
        yield f"{'files':<{_HEAD}}the exports whose rows have a part in it"
        yield from (line for file in trace.files for line in _file(file))
    if trace.without_file:
        yield from _wrapped("not supplied", ", ".join(trace.without_file))


def _file(file: SourceFile) -> Iterator[str]:
    yield f"  {file.file}  source {file.source}, table {file.table}, {file.rows_read:,} rows read"
    yield f"    SHA-256   {file.sha256}"
    yield f"    original  {file.kept or 'no longer in the raw zone'}"


def _value(figure: Mapping[str, Any], currency: str) -> str:
    value, low, high = (
        format_value(figure[part], figure["unit"], currency=currency, exact=True) for part in ("value", "low", "high")
    )
    if figure["low"] is None and figure["high"] is None:
        return "there is none" if figure["value"] is None else value
    return f"{value} ({low} to {high})"


def _cell(value: Any) -> str:
    text = f"{value:.10g}" if isinstance(value, float) else " ".join(str(value).split())
    return textwrap.shorten(text, _LONGEST_TEXT, placeholder=" …")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _wrapped(head: str, text: str, *, keep: bool = False) -> list[str]:
    """Lines with a head in the margin; `keep` leaves a path in one piece."""
    indent = " " * _HEAD
    if keep:
        return [indent + text]
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=f"{head:<{_HEAD}}",
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _indented(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=" " * _HEAD,
        subsequent_indent=" " * (_HEAD + 3),
        break_long_words=False,
        break_on_hyphens=False,
    )
