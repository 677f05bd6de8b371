"""What the figures of the studies are: each shown column of each shown row, as the study itself declares it.

Belongs here: from a study's declaration to figures. Does not belong here: any particular study (`roi_models`).
"""

from __future__ import annotations

from collections.abc import Iterator

from roi_models.report.catalogue_base import Measure, figures_of_rows
from roi_models.report.rows import Row
from roi_models.report.rows_studies import prefix, shown_rows
from roi_models.results import CaseFile, Figure
from roi_models.study import Shown


def study_figures(case_file: CaseFile) -> Iterator[Figure]:
    """The numbers that the page prints of the studies, in the order of the page."""
    for study in case_file.studies:
        for table in study.tables:
            for row in shown_rows(table):
                measures = [_measure(shown, row) for shown in table.shown if shown.unit]
                yield from figures_of_rows(prefix(study, table), (row,), measures, f"roi.{table.name}")


def _measure(shown: Shown, row: Row) -> Measure:
    return Measure(
        column=shown.column,
        unit=row.data[shown.unit_column] if shown.unit_column else shown.unit,
        definition=shown.definition,
        low=shown.low,
        high=shown.high,
        scale=shown.scale,
    )
