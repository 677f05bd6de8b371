"""The shape in which a secondary analysis comes out: titled sentences, tables and checks, told alike by every report.

Belongs here: what a study is made of. Does not belong here: any particular study, estimation, markup, files.
The headline (retention effect, business case) has shapes of its own (`results.py`); everything that stands beside
it is a study, so that a new one needs no new template, catalogue or table name elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from roi_models.verdicts.judgement import Check


class Section(StrEnum):
    """The section of the page that a study stands in."""

    CHECKS = "checks"
    RETENTION = "retention"
    DRIVERS = "drivers"
    STAKE = "stake"
    SCORES = "scores"
    WALLET = "wallet"
    PROMISES = "promises"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A column of a table as readers meet it.

    `unit`: one of the units of figures (`Figure`), or "" for a text. `definition`: what the number is, a format
    string over `label`, the row's name; it ends with a full stop. `unit_column`: the column that holds each row's own
    unit, where rows differ in it. `low`, `high`: columns of the interval. `scale`: factor before printing (100 turns a
    share into per cent). `is_signed`: printed with its sign.
    """

    column: str
    heading: str
    unit: str = ""
    unit_column: str = ""
    definition: str = ""
    low: str = ""
    high: str = ""
    scale: int = 1
    is_signed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyTable:
    """A frame published as `roi.<name>`, and the part of it that the page prints.

    `keys`: columns that identify a printed row. `named_by`: the column with its name for readers. `shown`: the
    columns printed, none for a table that is only published. `rows`: how many of the first rows are printed.
    """

    name: str
    frame: pd.DataFrame
    keys: tuple[str, ...] = ()
    named_by: str = ""
    caption: str = ""
    shown: tuple[Shown, ...] = ()
    rows: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What one analysis found: sentences first, then tables; `checks` take part in the verdict.

    `id` begins the ids of its figures. A study that cannot be made has one sentence that says why, its tables empty
    but typed, and no check.
    """

    id: str
    section: Section
    title: str
    sentences: tuple[str, ...]
    tables: tuple[StudyTable, ...] = ()
    checks: tuple[Check, ...] = ()
