"""The published run as the last asset.

Belongs here: gathering what the other assets hand on, and metadata for the UI.
Does not belong here: the models' assets (`assets_roi.py`, `studies`), files (`publish.py`).
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from orchestration.asset_changes import changes
from orchestration.assets_roi import ROI_ASSETS
from orchestration.case_file import assemble_case_file
from orchestration.publish import publish
from orchestration.roi_asset import as_markdown
from orchestration.run import Run
from orchestration.studies import STUDY_ASSETS
from roi_models.report import model_tables
from roi_models.results import CaseFile


def _name(asset: dg.AssetsDefinition) -> str:
    return asset.key.path[-1]


def published_asset(marts: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The last asset: it stands downstream of every mart and every model, and switches `latest` at its very end."""

    @dg.asset(
        group_name="published",
        deps=list(marts),
        ins={_name(asset): dg.AssetIn(asset.key) for asset in (*ROI_ASSETS, *STUDY_ASSETS, changes)},
        required_resource_keys={"run"},
    )
    def published(context: dg.AssetExecutionContext, **results: Any) -> dg.MaterializeResult:
        """The published folder of the run: report, workbook, figures, tables, manifest."""
        run: Run = context.resources.run
        headline = {_name(asset): results[_name(asset)] for asset in ROI_ASSETS}
        studies = tuple(results[_name(asset)] for asset in STUDY_ASSETS)

        def assemble(run_id: str, as_of: str) -> CaseFile:
            return assemble_case_file(run, run_id=run_id, as_of=as_of, studies=studies, **headline)

        result = publish(run, assemble, model_tables, results[_name(changes)])
        # Served by `make ui`; the run's own folder, so that the link still shows this run when `latest` is another.
        served = f"{run.settings.report_url}/{result.run_id}"
        return dg.MaterializeResult(
            metadata={
                "run_id": result.run_id,
                "as_of": result.as_of,
                "headline": result.sentence,
                "verdict": result.verdict,
                "claim": result.claim,
                "report": dg.MetadataValue.url(f"{served}/report.html"),
                "summary": dg.MetadataValue.url(f"{served}/summary.html"),
                "workbook": dg.MetadataValue.url(f"{served}/business_case.xlsx"),
                "report_path": dg.MetadataValue.path(result.folder / "report.html"),
                "summary_path": dg.MetadataValue.path(result.folder / "summary.html"),
                "workbook_path": dg.MetadataValue.path(result.folder / "business_case.xlsx"),
                "outputs": as_markdown(result.outputs),
            }
        )

    return published
