"""What changed since the last published run, as an asset.

Belongs here: reading both runs, one pure function, metadata for the UI.
Does not belong here: comparing (`roi_models/case/change_bridge.py`), the page of changes (`roi_models/report`).

It is no part of what equal runs have in equal bytes: it hangs on which run came before.
"""

import dagster as dg

from orchestration import marts
from orchestration.case_setting import case_setting
from orchestration.last_run import read_last_run
from orchestration.publish import LATEST
from orchestration.roi_asset import as_markdown, roi_asset
from orchestration.run import Run
from roi_models.case.change_bridge import Changes, change_bridge, changed_assumptions
from roi_models.case.world import make_world
from roi_models.results import BusinessCase, RetentionEffect
from roi_models.revenue.expansion import ExpansionEvidence


@roi_asset("dim_accounts", "fct_survey_responses", upstream=("retention_effect", "business_case", "expansion"))
def changes(
    context: dg.AssetExecutionContext,
    retention_effect: RetentionEffect,
    business_case: BusinessCase | None,
    expansion: ExpansionEvidence,
) -> dg.Output[Changes | None]:
    """From the last run's net present value to this one's: assumptions, data, model."""
    run: Run = context.resources.run
    last = read_last_run(run.settings.published_dir / LATEST)
    if last is None or business_case is None:
        return dg.Output(None, metadata={"reading": "no case of a last run to compare with"})
    with run.step("changes") as remarks:
        world = make_world(
            retention_effect,
            marts.read_active_accounts(run),
            marts.read_current_answers(run),
            business_case.assumptions,
            expansion=expansion,
            **case_setting(run),
        )
        bridge = change_bridge(last, business_case, retention_effect, world)
        remarks.append(f"since {last.run_id}")
    found = Changes(
        last_run_id=last.run_id,
        last_verdict=last.verdict,
        last_claim=last.claim,
        bridge=bridge,
        assumptions=changed_assumptions(last.assumptions, business_case.assumptions),
    )
    return dg.Output(found, metadata={"bridge": as_markdown(bridge)})
