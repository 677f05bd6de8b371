"""The grammar in which the catalogues say what a figure is.

Belongs here: the declaration of a measure over rows, and turning declared measures into figures.
Does not belong here: any particular figure (the other `catalogue_*.py`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from roi_models.report.format import round_for_unit, to_number
from roi_models.report.rows import Row, records
from roi_models.results import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One column of a printed table as figures: its id part, unit, definition and interval columns.

    `id` defaults to the column; an empty one adds nothing to the row's own id.
    `definition` is a format string over `label`, the row's name. `scale` turns shares (0…1) into per cent.
    `source_column` names the published column where the printed one is counted from it.
    """

    column: str
    unit: str
    definition: str
    id: str | None = None
    low: str = ""
    high: str = ""
    scale: int = 1
    source_column: str = ""


def make_figure(
    figure_id: str,
    value: object,
    unit: str,
    definition: str,
    source: str,
    *,
    low: object = None,
    high: object = None,
    scale: int = 1,
) -> Figure:
    """A figure with its numbers cleaned (never NaN), scaled and rounded for its unit."""

    def clean(raw: object) -> float | int | None:
        number = to_number(raw)
        return None if number is None else round_for_unit(number * scale, unit)

    return Figure(
        id=figure_id,
        value=clean(value),
        unit=unit,
        definition=definition,
        source=source,
        low=clean(low),
        high=clean(high),
    )


def figures_of_rows(prefix: str, rows: Iterable[Row], measures: Iterable[Measure], table: str) -> Iterator[Figure]:
    """One figure per row and measure, `prefix.<row key>.<measure id>`; none where the column is absent."""
    declared = tuple(measures)
    for row in rows:
        for measure in declared:
            if measure.column not in row.data:
                continue
            name = measure.column if measure.id is None else measure.id
            yield make_figure(
                ".".join(part for part in (prefix, row.key, name) if part),
                row.data[measure.column],
                measure.unit,
                measure.definition.format(label=row.label),
                f"{table}.{measure.source_column or measure.column}",
                low=row.data.get(measure.low),
                high=row.data.get(measure.high),
                scale=measure.scale,
            )


def field_row(result: object, **further: object) -> Row:
    """A result's fields as one row without a key, so that scalars are declared like columns."""
    data = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    return Row(key="", label="", data=data | further)


def first_row(frame: pd.DataFrame) -> tuple[Row, ...]:
    """The only row of a frame of totals, without a key of its own; none where there is nothing to total."""
    return tuple(Row(key="", label="", data=data) for data in records(frame.head(1)))


def with_definitions(figures: Iterable[Figure], definitions: Mapping[str, str]) -> Iterator[Figure]:
    """The figures, each with the warehouse's own definition of its source behind what it says of the row."""
    for figure in figures:
        further = definitions.get(figure.source)
        if further:
            text = f"{figure.definition} {further.removesuffix('.')}."
            yield dataclasses.replace(figure, definition=text)
        else:
            yield figure
