"""The closed loop's effect as an asset.

Belongs here: reading the frames of `programme.py`, one pure function, and metadata for the UI.
Does not belong here: the other models (`assets_roi.py`), statistics (`roi_models`), queries (`programme.py`).
"""

import dagster as dg

from orchestration import marts, programme
from orchestration.roi_asset import roi_asset
from orchestration.run import Run
from roi_models.programmes.programme_effects import programme_evidence
from roi_models.programmes.programme_results import ProgrammeEvidence, Windows


@roi_asset("fct_follow_ups", "fct_account_months", "fct_survey_responses", "agg_hazard_cells")
def programme_effects(context: dg.AssetExecutionContext) -> dg.Output[ProgrammeEvidence]:
    """What following up on low answers does: arms compared as they were drawn, and the next hold-out."""
    run: Run = context.resources.run
    windows = Windows()
    with run.step("programme effects") as remarks:
        voluntary_only = marts.churn_outcome(run) == "voluntary"
        frames = programme.read_programme(run, windows, voluntary_only=voluntary_only)
        evidence = programme_evidence(
            frames.cases,
            frames.panel,
            metric=run.metrics.primary.label,
            accounts_per_year=frames.accounts_per_year,
            windows=windows,
        )
        remarks.append(f"{len(frames.cases):,} accounts with a case")
    return dg.Output(evidence, metadata={"reading": evidence.headline, "level": evidence.level})
