"""What the figures of the waterfall are: each step from benefits to net present value.

Belongs here: ids, units, definitions and sources. Does not belong here: which steps there are (`rows_waterfall.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from roi_models.report import tables
from roi_models.report.catalogue_base import Measure, figures_of_rows
from roi_models.report.rows_waterfall import npv_step_rows
from roi_models.results import CaseFile, Figure

STEP_MEASURES = (
    Measure(
        column="amount",
        unit="money",
        definition="Step of the net present value: {label}; present value, costs below zero.",
    ),
)


def waterfall_figures(case_file: CaseFile) -> Iterator[Figure]:
    """One figure per step; none where no case is shown."""
    yield from figures_of_rows("waterfall", npv_step_rows(case_file), STEP_MEASURES, tables.CASE_WATERFALL)
