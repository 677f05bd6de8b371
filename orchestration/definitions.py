"""Everything Dagster sees, assembled. Nothing else belongs here; no database is touched at import."""

from __future__ import annotations

import dagster as dg

from expectations.mart_suites import MART_SUITES
from expectations.raw_suites import RAW_SUITES
from orchestration import transform
from orchestration.asset_changes import changes
from orchestration.asset_published import published_asset
from orchestration.assets_dbt import dbt_assets, mart_keys
from orchestration.assets_raw import control, raw_assets
from orchestration.assets_roi import ROI_ASSETS, SUPPORTING_ASSETS
from orchestration.checks import gate
from orchestration.ingest import load_contract
from orchestration.jobs import daily_refresh, refresh_job, report_failure, run_resource
from orchestration.settings import Settings
from orchestration.studies import STUDY_ASSETS


def build_definitions(settings: Settings) -> dg.Definitions:
    """The definitions for one profile."""
    settings.apply_to_process()
    manifest = transform.manifest(settings)
    contract = load_contract(settings.dbt_dir / "models/staging/_raw__sources.yml")
    return dg.Definitions(
        assets=[
            raw_assets(contract),
            control,
            dbt_assets(manifest),
            *ROI_ASSETS,
            *SUPPORTING_ASSETS,
            changes,
            *STUDY_ASSETS,
            published_asset(mart_keys(manifest)),
        ],
        asset_checks=[
            gate("raw_gate", RAW_SUITES, "gate: raw"),
            gate("marts_gate", MART_SUITES, "gate: marts"),
        ],
        jobs=[refresh_job],
        schedules=[daily_refresh],
        sensors=[report_failure],
        resources={"run": run_resource(settings), "memory": dg.mem_io_manager},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions for the profile that the environment names."""
    return build_definitions(Settings.from_env())
