"""Rendering: a `CaseFile` in, strings and bytes out.

Belongs here: the figures book, the page, its charts, the summary on one page, the workbook.
Does not belong here: estimating anything (`roi_models`), writing files or naming folders
(`orchestration/publish.py`).
"""

from roi_models.report.changes import changes_document, render_changes
from roi_models.report.figures import FigureBook, build_figures
from roi_models.report.page import render_report
from roi_models.report.summary import render_summary, render_summary_markdown
from roi_models.report.tables import model_tables
from roi_models.report.workbook import render_workbook

__all__ = [
    "FigureBook",
    "build_figures",
    "changes_document",
    "model_tables",
    "render_changes",
    "render_report",
    "render_summary",
    "render_summary_markdown",
    "render_workbook",
]
