"""What the figures of the studies are: each shown column of each shown row, as the study itself declares it.

Belongs here: from a study's declaration to figures. Does not belong here: any particular study (`roi_models`).
"""

from __future__ import annotations

from collections.abc import Iterator

from roi_models.report.catalogue_base import Measure, figures_of_rows
from roi_models.report.rows_studies import prefix, shown_rows
from roi_models.results import CaseFile, Figure
from roi_models.study import Shown


def study_figures(case_file: CaseFile) -> Iterator[Figure]:
    """The numbers that the page prints of the studies, in the order of the page."""
    for study in case_file.studies:
        for table in study.tables:
            measures = [_measure(shown) for shown in table.shown if shown.unit]
            yield from figures_of_rows(prefix(study, table), shown_rows(table), measures, f"roi.{table.name}")


def _measure(shown: Shown) -> Measure:
    return Measure(
        column=shown.column,
        unit=shown.unit,
        definition=shown.definition,
        low=shown.low,
        high=shown.high,
        scale=shown.scale,
    )
