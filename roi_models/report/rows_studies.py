"""The rows that the page prints of the studies, keyed as their figures are.

Belongs here: which rows of a study's table are shown, and the ids they carry. Does not belong here: markup, units.
"""

from __future__ import annotations

import pandas as pd

from roi_models.report.rows import Row, keyed
from roi_models.study import Shown, Study, StudyTable


def prefix(study: Study, table: StudyTable) -> str:
    """What the ids of the table's figures begin with."""
    return f"{study.id}.{table.name}"


def shown_rows(table: StudyTable) -> tuple[Row, ...]:
    """The first rows of a table that is printed; none of one that is only published."""
    if not table.shown:
        return ()
    return keyed(table.frame.head(table.rows), table.keys, named_by=table.named_by or table.keys[0])


def printed_tables(study: Study) -> tuple[StudyTable, ...]:
    """The study's tables that have rows to print."""
    return tuple(table for table in study.tables if shown_rows(table))


def shown_columns(table: StudyTable) -> tuple[Shown, ...]:
    """The columns to print, without texts that say nothing of any printed row (a reason, where nothing needs one)."""
    printed = table.frame.head(table.rows)
    return tuple(
        column for column in table.shown if column.unit or printed[column.column].replace("", pd.NA).notna().any()
    )


def sentence_place(study: Study, number: int) -> str:
    """Where the study's sentence of that number (from 1) is looked up."""
    return f"study.{study.id}.{number}"
