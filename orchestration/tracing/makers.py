"""Who makes the tables of the schema `roi`: the asset or function, and what it reads.

Belongs here: which asset makes which table; path, function and direct inputs of each, out of the asset graph.
Does not belong here: dbt's models and what lies behind the inputs (`lineage.py`).
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.assets_roi import ROI_ASSETS, SUPPORTING_ASSETS
from orchestration.case_file import assemble_case_file
from orchestration.case_terms import assumption_rows
from orchestration.data_quality import read_data_quality
from orchestration.marts import read_scores
from orchestration.settings import PROJECT_ROOT
from orchestration.studies import STUDIES, STUDY_ASSETS
from roi_models.report import tables
from roi_models.report.catalogue_model import convention_figures

# What each asset of the headline publishes, by how the names begin or whole; studies declare their own tables.
ASSET_TABLES: Mapping[str, tuple[str, ...]] = {
    "retention_effect": ("roi.retention_",),
    "survival_follow_up": (
        tables.SURVIVAL_CAUSES,
        tables.SURVIVAL_MEANS,
        tables.SURVIVAL_TENURE,
        tables.SURVIVAL_SLOPES,
        tables.SURVIVAL_PROPORTIONALITY,
        tables.SURVIVAL_NOTES,
        "roi.extrapolation_",
    ),
    "survival": (tables.SURVIVAL,),
    "wallet_summary": (tables.WALLET,),
    "account_predictions": (tables.ACCOUNT_PREDICTIONS,),
    "business_case": (tables.CASE, "roi.initiative"),
    "programme_effects": (tables.PROGRAMME, tables.NEXT_HOLDOUT),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What makes tables: `path` and `function` from the project's folder, `computes_with` the functions of
    `roi_models` that it calls, `reads` the names of its inputs: marts (`marts.…`), results of other assets (`roi.…`)
    and, for what comes of the profile alone, the file."""

    name: str
    kind: str
    path: str
    function: str
    description: str
    computes_with: tuple[str, ...]
    reads: tuple[str, ...]


@cache
def asset_makers() -> Mapping[str, Maker]:
    """The assets of the group `roi` by name."""
    conducted = {spec.name: spec.conduct for spec in STUDIES}
    return {
        maker.name: maker
        for asset in (*ROI_ASSETS, *SUPPORTING_ASSETS, *STUDY_ASSETS)
        for maker in (_of_asset(asset, conducted.get(asset.key.path[-1])),)
    }


def declared_maker(table: str) -> Maker | None:
    """The maker of a table of the schema `roi`; None when nobody says that it makes it."""
    by_name = _makers_by_name()
    if table in by_name:
        return by_name[table]
    names = (name for name, begins in ASSET_TABLES.items() if table.startswith(begins))
    return next((asset_makers()[name] for name in names), None)


def maker_of(table: str) -> Maker:
    """The maker of a table; one that nobody declares is put together while publishing, out of all results."""
    return declared_maker(table) or _judged(tuple(asset_makers()))


@cache
def _makers_by_name() -> Mapping[str, Maker]:
    """Makers of tables whose whole name is declared: those of studies, and what no asset makes."""
    assets = asset_makers()
    found = {f"roi.{table}": assets[spec.name] for spec in STUDIES for table in spec.tables}
    return found | dict(_while_publishing(tuple(assets)))


def _of_asset(asset: dg.AssetsDefinition, conduct: Callable[..., Any] | None) -> Maker:
    """An asset as a maker; the body that all studies share says nothing, so theirs is the study's own function."""
    function = conduct or asset.op.compute_fn.decorated_fn
    return _maker(
        asset.key.path[-1],
        "asset",
        function,
        tuple(sorted(".".join(key.path) for key in asset.asset_deps[asset.key])),
        description=asset.descriptions_by_key[asset.key] or "",
    )


def _maker(
    name: str, kind: str, function: Callable[..., Any], reads: tuple[str, ...], *, description: str = ""
) -> Maker:
    return Maker(
        name=name,
        kind=kind,
        path=_path(function),
        function=function.__name__,
        description=" ".join((description or inspect.getdoc(function) or "").split()),
        computes_with=tuple(_models_called(function)),
        reads=reads,
    )


def _path(function: Callable[..., Any]) -> str:
    return Path(inspect.getsourcefile(function)).relative_to(PROJECT_ROOT).as_posix()


def _models_called(function: Callable[..., Any]) -> Iterator[str]:
    """The functions of `roi_models` that a function names, each with its file."""
    for name, value in sorted(inspect.getclosurevars(function).globals.items()):
        if inspect.isfunction(value) and value.__module__.startswith("roi_models."):
            yield f"{name} ({_path(value)})"


def _while_publishing(assets: tuple[str, ...]) -> Iterator[tuple[str, Maker]]:
    """Tables that no asset makes: counts handed through, the verdict, assumptions, constants."""
    for table, function, reads in (
        (tables.ROW_ACCOUNTING, read_data_quality, ("marts.agg_row_accounting",)),
        (tables.REJECTIONS, read_data_quality, ("marts.fct_rejected_rows",)),
        (tables.FLAGS, read_data_quality, ("marts.agg_quality_flags",)),
        (tables.RECONCILIATION, read_data_quality, ("marts.agg_revenue_reconciliation",)),
        (tables.SCORES, read_scores, ("marts.agg_metric_scores",)),
        (tables.ASSUMPTIONS, assumption_rows, ("business_case.yml",)),
        (tables.CONVENTIONS, convention_figures, ()),
    ):
        yield table, _maker(table, "function", function, reads)
    yield tables.STUDIES, _judged(tuple(spec.name for spec in STUDIES))
    yield tables.VERDICT, _judged(assets)
    yield tables.CHECKS, _judged(assets)


def _judged(assets: tuple[str, ...]) -> Maker:
    """Gathered while publishing, from results of assets and from what the marts say about the data."""
    quality = ("agg_row_accounting", "fct_survey_responses", "agg_quality_flags", "agg_revenue_reconciliation")
    reads = (*(f"roi.{name}" for name in assets), *(f"marts.{name}" for name in quality), "business_case.yml")
    return _maker("published", "asset", assemble_case_file, reads)
