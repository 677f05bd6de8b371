"""What the figures of the closed loop's effect are: differences between arms, and sizes of the next hold-out.

Belongs here: ids, units, definitions and sources. Does not belong here: how the loop is run (`catalogue_programme.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from roi_models.report import rows_effects, tables
from roi_models.report.catalogue_base import Measure, figures_of_rows
from roi_models.report.rows import Row
from roi_models.results import CaseFile, Figure

# Unit of an outcome → unit of its mean, unit of a difference, factor.
_UNITS = {"points": ("score", "points", 1), "share": ("share_pct", "pct_points", 100), "ratio": ("ratio", "ratio", 1)}


def effect_figures(case_file: CaseFile) -> Iterator[Figure]:
    """Every estimate that the page shows, then every design."""
    for row in rows_effects.effect_rows(case_file):
        yield from figures_of_rows("effect", [row], _effect_measures(row), tables.PROGRAMME_EFFECTS)
    for row in rows_effects.holdout_rows(case_file):
        yield from figures_of_rows("holdout", [row], _holdout_measures(row), tables.NEXT_HOLDOUT)


def _named(row: Row) -> str:
    return f"{row.data['label']} ({row.data['method']}, within {row.data['window_months']} months)"


def _effect_measures(row: Row) -> Iterator[Measure]:
    mean_unit, unit, scale = _UNITS[row.data["unit"]]
    name = _named(row)
    for arm in ("treated", "control"):
        yield Measure(column=f"count_{arm}", unit="count", definition=f"{name}: accounts in the {arm} arm.")
        yield Measure(column=f"mean_{arm}", unit=mean_unit, scale=scale, definition=f"{name}: mean of the {arm} arm.")
    yield Measure(
        column="effect",
        unit=unit,
        scale=scale,
        low="ci_low",
        high="ci_high",
        definition=f"{name}: treated less control arm, as drawn, with its 95% interval.",
    )
    yield Measure(column="p_value", unit="ratio", definition=f"{name}: p-value of no difference.")


def _holdout_measures(row: Row) -> Iterator[Measure]:
    mean_unit, unit, scale = _UNITS[row.data["unit"]]
    name = f"Next hold-out on: {row.data['label'].lower()}"
    yield Measure(column="held_out_pct", unit="share_pct", definition=f"{name}: share of accounts held out.")
    yield Measure(column="base_value", unit=mean_unit, scale=scale, definition=f"{name}: seen without the programme.")
    yield Measure(column="effect_sought", unit=unit, scale=scale, definition=f"{name}: effect worth finding.")
    yield Measure(column="heard_pct", unit="share_pct", definition=f"{name}: share of accounts whose outcome is known.")
    yield Measure(column="accounts_needed", unit="count", definition=f"{name}: accounts over both arms.")
    yield Measure(column="accounts_per_year", unit="count", definition=f"{name}: accounts with a case in a year.")
    yield Measure(column="months_needed", unit="months", definition=f"{name}: months until there are as many.")
    yield Measure(
        column="detectable_effect", unit=unit, scale=scale, definition=f"{name}: what one year of cases would show."
    )
