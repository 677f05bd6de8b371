"""What changed since the last run, as a page of its own and for machines.

Belongs here: changes.html and changes.json. Does not belong here: the comparison (`case/change_bridge.py`), the report:
that one is the same bytes for the same input, and this hangs on which run came before.
"""

from __future__ import annotations

from typing import Any

from roi_models.case.change_bridge import Changes
from roi_models.report.format import format_value
from roi_models.report.page import environment
from roi_models.report.rows import records
from roi_models.results import CaseFile

FIRST = "There is no earlier run with a business case to compare with."


def changes_document(case_file: CaseFile, changes: Changes | None) -> dict[str, Any]:
    """The content of changes.json; `last` is null where there is nothing to compare with."""
    context, verdict = case_file.context, case_file.verdict
    now = {"run_id": context.run_id, "verdict": verdict.level.name, "claim": verdict.claim.value}
    if changes is None:
        return {"now": now, "last": None, "bridge": [], "assumptions": []}
    return {
        "now": now,
        "last": {"run_id": changes.last_run_id, "verdict": changes.last_verdict, "claim": changes.last_claim},
        "currency": context.currency,
        "bridge": records(changes.bridge),
        "assumptions": records(changes.assumptions),
    }


def render_changes(case_file: CaseFile, changes: Changes | None) -> str:
    """The page as one HTML string, without script or request. On a verdict of FAIL it states no return."""
    document = changes_document(case_file, changes)
    template = environment().get_template("changes.html.j2")
    return template.render(
        document=document,
        context=case_file.context,
        first=FIRST,
        is_failed=case_file.verdict.level.name == "FAIL",
        money=lambda amount, signed: format_value(amount, "money", currency=case_file.context.currency, signed=signed),
    )
