"""The book of figures: every number that page and workbook state, once, with its meaning and source.

Belongs here: the book, its look-up, and figures.json as a document.
Does not belong here: what each figure is (`catalogue_*.py`), how it is printed (`format.py`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from roi_models.report import (
    catalogue_case,
    catalogue_data,
    catalogue_effects,
    catalogue_follow_up,
    catalogue_model,
    catalogue_money,
    catalogue_movement,
    catalogue_programme,
    catalogue_studies,
    catalogue_summary,
    catalogue_value,
    catalogue_waterfall,
)
from roi_models.report.catalogue_base import with_definitions
from roi_models.report.format import round_for_unit, to_number
from roi_models.report.sentences import stated_figures
from roi_models.results import CaseFile, Figure


class UnknownFigureError(LookupError):
    """A page, chart or workbook asked for a figure that the book does not hold."""


@dataclass(frozen=True, slots=True)
class FigureBook:
    """Figures in the order of the page, by unique id."""

    by_id: dict[str, Figure]

    def __getitem__(self, figure_id: str) -> Figure:
        """The figure of that id; `UnknownFigureError` names the nearest ids when there is none."""
        if figure_id in self.by_id:
            return self.by_id[figure_id]
        near = difflib.get_close_matches(figure_id, self.by_id, n=3)
        hint = f"the nearest are {', '.join(near)}" if near else "none has a similar name"
        raise UnknownFigureError(
            f"There is no figure '{figure_id}' in the book of {len(self.by_id)} figures ({hint}): "
            "declare it in roi_models/report/catalogue_*.py before printing it."
        )

    def __contains__(self, figure_id: object) -> bool:
        return figure_id in self.by_id

    def __iter__(self) -> Iterator[Figure]:
        return iter(self.by_id.values())

    def __len__(self) -> int:
        return len(self.by_id)

    def has_value(self, figure_id: str) -> bool:
        """Whether the figure exists and is not missing."""
        return figure_id in self.by_id and self.by_id[figure_id].value is not None

    def as_document(self, case_file: CaseFile) -> dict[str, Any]:
        """The content of figures.json: plain JSON types, no NaN, the same for the same case file."""
        context, verdict = case_file.context, case_file.verdict
        return {
            "run_id": context.run_id,
            "as_of": context.as_of,
            "currency": context.currency,
            "headline": {
                "sentence": verdict.sentence,
                "verdict": verdict.level.name,
                "claim": verdict.claim.value,
            },
            "figures": [_as_entry(figure) for figure in self],
            "checks": [
                {
                    "id": check.id,
                    "value": _check_value(check.value),
                    "threshold": check.threshold,
                    "level": check.level.name,
                }
                for check in verdict.checks
            ],
            "absent": list(context.absent),
        }


def _check_value(value: float | None) -> float | int | None:
    number = to_number(value)
    return None if number is None else round_for_unit(number, "ratio")


def _as_entry(figure: Figure) -> dict[str, Any]:
    names = ("id", "value", "low", "high", "unit", "definition", "source")
    return {name: getattr(figure, name) for name in names}


def build_figures(case_file: CaseFile) -> FigureBook:
    """Every figure of the case file, in the order of the page.

    A verdict of FAIL leaves out the business case altogether, so that no return can be printed. Numbers that
    the models' own sentences state and that are no figure yet are added as `stated.<place>.<n>`.
    """
    measured = chain(
        catalogue_movement.movement_figures(case_file),
        catalogue_money.revenue_figures(case_file),
        catalogue_money.account_figures(case_file),
        catalogue_programme.programme_figures(case_file),
        catalogue_programme.competition_figures(case_file),
    )
    computed = chain(
        catalogue_model.convention_figures(case_file),
        catalogue_case.case_figures(case_file),
        catalogue_waterfall.waterfall_figures(case_file),
        catalogue_value.value_figures(case_file),
        catalogue_model.retention_figures(case_file),
        catalogue_model.check_figures(case_file),
        catalogue_model.survival_figures(case_file),
        catalogue_follow_up.follow_up_figures(case_file),
        catalogue_data.stake_figures(case_file),
        catalogue_data.score_figures(case_file),
        catalogue_model.wallet_figures(case_file),
        with_definitions(measured, case_file.measures.definitions),
        catalogue_effects.effect_figures(case_file),
        catalogue_studies.study_figures(case_file),
        catalogue_case.assumption_figures(case_file),
        catalogue_data.quality_figures(case_file),
        catalogue_summary.summary_figures(case_file),
    )
    by_id: dict[str, Figure] = {}
    for figure in computed:
        if figure.id in by_id:
            raise ValueError(
                f"Two figures are both called '{figure.id}': give one of them another id in the catalogue."
            )
        by_id[figure.id] = figure
    by_id |= {figure.id: figure for figure in stated_figures(case_file, tuple(by_id.values()))}
    return FigureBook(by_id)
