"""The tables of the growth study: their columns, types, and what readers are told of each.

Belongs here: declarations, and the study around them. Does not belong here: estimation, sentences (`growth.py`).
"""

from __future__ import annotations

import pandas as pd

from roi_models.study import Section, Shown, Study, StudyTable

RETENTION_TABLE, MOVEMENTS_TABLE = "growth_retention", "growth_movements"
RETENTION_TYPES = {
    "measure": str,
    "label": str,
    "modelled": float,
    "modelled_low": float,
    "modelled_high": float,
    "observed": float,
    "change": float,
    "change_low": float,
    "change_high": float,
}
MOVEMENT_TYPES = {
    "movement": str,
    "label": str,
    "coef": float,
    "std_error": float,
    "hazard_ratio": float,
    "ci_low": float,
    "ci_high": float,
    "monthly_share": float,
    "size": float,
    "size_slope": float,
    "nrr_change": float,
    "nrr_change_low": float,
    "nrr_change_high": float,
    "count_account_months": int,
    "count_events": int,
    "problem": str,
}
_RETENTION_SHOWN = (
    Shown(
        column="modelled",
        heading="Modelled",
        unit="share_pct",
        low="modelled_low",
        high="modelled_high",
        definition="{label}: share of today's recurring revenue expected after 12 months, new accounts left out.",
    ),
    Shown(
        column="observed",
        heading="Observed",
        unit="share_pct",
        definition="{label}: the last 12 known months of the bridge multiplied, rates of exchange being equal.",
    ),
    Shown(
        column="change",
        heading="With one point more",
        unit="pct_points",
        low="change_low",
        high="change_high",
        is_signed=True,
        definition="{label}: change where every scored account stands one answer point higher, up to the scale's end.",
    ),
)
_MOVEMENTS_SHOWN = (
    Shown(
        column="hazard_ratio",
        heading="Hazard ratio per point",
        unit="ratio",
        low="ci_low",
        high="ci_high",
        definition="{label}: ratio of the monthly hazards of two accounts one answer point apart.",
    ),
    Shown(
        column="monthly_share",
        heading="Per month",
        unit="share_pct",
        definition="{label}: share of account-months in which it happened.",
    ),
    Shown(
        column="size",
        heading="Mean size",
        unit="share_pct",
        definition="{label}: share of the account's recurring revenue that it moved, revenue-weighted.",
    ),
    Shown(
        column="nrr_change",
        heading="Part in net retention",
        unit="pct_points",
        low="nrr_change_low",
        high="nrr_change_high",
        is_signed=True,
        definition="{label}: change of net revenue retention where this alone followed one point more.",
    ),
)


def growth_study(*sentences: str, retention: list | None = None, movements: list | None = None) -> Study:
    """The study with these sentences and rows; without rows its tables are empty and typed."""
    return Study(
        id="growth",
        section=Section.RETENTION,
        title="Net revenue retention and what makes it",
        sentences=sentences,
        tables=(
            StudyTable(
                name=RETENTION_TABLE,
                frame=_frame(retention, RETENTION_TYPES),
                keys=("measure",),
                named_by="label",
                caption="Over 12 months, modelled for today's accounts and observed at equal rates of exchange",
                shown=_RETENTION_SHOWN,
            ),
            StudyTable(
                name=MOVEMENTS_TABLE,
                frame=_frame(movements, MOVEMENT_TYPES),
                keys=("movement",),
                named_by="label",
                caption="Each movement with one answer point more",
                shown=_MOVEMENTS_SHOWN,
            ),
        ),
    )


def _frame(rows: list[dict[str, object]] | None, types: dict[str, type]) -> pd.DataFrame:
    kinds = {column: object if kind is str else kind for column, kind in types.items()}
    return pd.DataFrame(rows or [], columns=list(types)).astype(kinds)
