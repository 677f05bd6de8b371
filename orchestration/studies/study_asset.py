"""From the declaration of a study to its asset.

Belongs here: what a declaration holds, and the one asset body that all studies share.
Does not belong here: queries and estimation of a study (its own file in this folder, `roi_models`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dagster as dg

from orchestration.errors import VocRoiError
from orchestration.roi_asset import as_markdown, roi_asset
from orchestration.run import Run
from roi_models.study import Study


class UndeclaredTableError(VocRoiError):
    """A study brought other tables than it declares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySpec:
    """A study as an asset: `conduct` takes the run and the upstream results by name.

    `tables`: names of its tables in the schema `roi`, the same in every run, also where the study cannot be made.
    """

    name: str
    description: str
    marts: tuple[str, ...]
    tables: tuple[str, ...]
    conduct: Callable[..., Study]
    upstream: tuple[str, ...] = ()


def study_asset(spec: StudySpec) -> dg.AssetsDefinition:
    """The asset of one study."""

    @roi_asset(*spec.marts, upstream=spec.upstream, name=spec.name, description=spec.description)
    def conduct(context: dg.AssetExecutionContext, **upstream: Any) -> dg.Output[Study]:
        run: Run = context.resources.run
        with run.step(spec.name.replace("_", " ")):
            study = spec.conduct(run, **upstream)
            _require_declared(spec, study)
        tables = {table.name: as_markdown(table.frame) for table in study.tables}
        return dg.Output(study, metadata={"reading": " ".join(study.sentences)} | tables)

    return conduct


def _require_declared(spec: StudySpec, study: Study) -> None:
    brought = {table.name for table in study.tables}
    if brought != set(spec.tables):
        raise UndeclaredTableError(
            f"The study {spec.name} declares the tables {', '.join(sorted(spec.tables))}, but brought "
            f"{', '.join(sorted(brought)) or 'none'}: name them alike in orchestration/studies."
        )
