"""The study "drivers": attributes and touchpoints as sentences and tables.

Belongs here: wording and the declaration of the tables. Does not belong here: estimation (`drivers.py`,
`touchpoint_drivers.py`).
"""

from __future__ import annotations

import pandas as pd

from roi_models.drivers.attribute_drivers import MEND_FIRST, AttributeDrivers, attribute_drivers
from roi_models.drivers.touchpoint_drivers import touchpoint_drivers
from roi_models.study import Section, Shown, Study, StudyTable

ATTRIBUTES = "drivers"
TOUCHPOINTS = "driver_touchpoints"
_NOT_CAUSES = "These are associations: what goes with the score need not move it."


def study_drivers(
    ratings: pd.DataFrame,
    current: pd.DataFrame,
    touchpoints: pd.DataFrame,
    overall: pd.DataFrame,
    *,
    metric_label: str,
    currency: str,
    within_days: int,
) -> Study:
    """What goes with the overall metric; frames as `attribute_drivers` and `touchpoint_drivers` take them."""
    attributes = attribute_drivers(ratings, current, metric_label=metric_label)
    slopes = touchpoint_drivers(touchpoints, overall, within_days=within_days)
    slopes = slopes.assign(label=slopes["metric_label"] + ", " + slopes["touchpoint"])
    return Study(
        id="drivers",
        section=Section.DRIVERS,
        title="What goes with the score",
        sentences=_sentences(attributes, slopes, metric_label, currency),
        tables=(_attribute_table(attributes.table, metric_label), _touchpoint_table(slopes, metric_label)),
    )


def _sentences(attributes: AttributeDrivers, slopes: pd.DataFrame, metric_label: str, currency: str) -> tuple[str, ...]:
    followed = slopes[slopes["slope"].notna()].sort_values("count_pairs", ascending=False, kind="stable")
    touched = () if followed.empty else (_of_touchpoint(followed.iloc[0], metric_label),)
    if attributes.problem:
        refusal = f"Attributes are not ranked: {attributes.problem}."
        return (" ".join((refusal, *touched, *((_NOT_CAUSES,) if touched else ()))),)
    explained = (
        f"Together they account for {100 * attributes.r_squared:.0f}% of the differences in {metric_label} between "
        f"the {attributes.count_answers:,} answers that rate them all. {_NOT_CAUSES}"
    )
    left_out = f" Left out, as rarely rated or saying what others say: {', '.join(attributes.left_out)}."
    return (
        _of_attributes(attributes.table, metric_label, currency),
        explained + (left_out if attributes.left_out else ""),
        *touched,
    )


def _of_attributes(table: pd.DataFrame, metric_label: str, currency: str) -> str:
    to_mend = table[table["reading"] == MEND_FIRST]
    if to_mend.empty:
        return (
            "No attribute both counts for more than an even share of what the attributes tell about "
            f"{metric_label} and is rated below the others."
        )
    first = to_mend.iloc[0]
    return (
        f"To mend first: '{first.attribute}', with {100 * first.importance_share:.0f}% "
        f"({100 * first.importance_low:.0f}% to {100 * first.importance_high:.0f}%) of what the attributes tell "
        f"about {metric_label}; accounts with {currency} {first.low_mrr_amount:,.0f} a month rate it in the lower "
        "half of its scale."
    )


def _of_touchpoint(row: pd.Series, metric_label: str) -> str:
    return (
        f"Accounts that answered a point higher on {row.metric_label} at '{row.touchpoint}' gave a next {metric_label} "
        f"answer that differs by {row.slope:+.2f} points ({row.slope_low:+.2f} to {row.slope_high:+.2f})."
    )


def _attribute_table(frame: pd.DataFrame, metric_label: str) -> StudyTable:
    return StudyTable(
        name=ATTRIBUTES,
        frame=frame,
        keys=("attribute",),
        caption="Attributes by the revenue of accounts that rate them low",
        shown=(
            Shown(
                column="importance_share",
                heading="Importance",
                unit="share_pct",
                scale=100,
                low="importance_low",
                high="importance_high",
                definition=f"{{label}}: share of what all attributes explain of {metric_label} (LMG), 95% interval.",
            ),
            Shown(
                column="performance_pct",
                heading="Rating",
                unit="share_pct",
                definition="{label}: mean rating, from 0 at the bottom of its scale to 100 at the top.",
            ),
            Shown(
                column="low_mrr_amount",
                heading="MRR rating it low",
                unit="money",
                definition="{label}: monthly recurring revenue of active accounts rating it in the lower half.",
            ),
            Shown(column="reading", heading="Reading"),
        ),
    )


def _touchpoint_table(frame: pd.DataFrame, metric_label: str) -> StudyTable:
    return StudyTable(
        name=TOUCHPOINTS,
        frame=frame,
        keys=("metric_id", "touchpoint"),
        named_by="label",
        caption=f"The account's next {metric_label} answer, per point at the touchpoint",
        shown=(
            Shown(
                column="count_pairs",
                heading="Answers",
                unit="count",
                definition=f"{{label}}: answers that an answer to {metric_label} of the same account followed.",
            ),
            Shown(
                column="slope",
                heading="Points",
                unit="points",
                low="slope_low",
                high="slope_high",
                is_signed=True,
                definition=f"{{label}}: points of the next {metric_label} answer per point, with its 95% interval.",
            ),
            Shown(
                column="given_previous_slope",
                heading="Points beyond what the last answer told",
                unit="points",
                low="given_previous_low",
                high="given_previous_high",
                is_signed=True,
                definition=f"{{label}}: the same at an equal previous {metric_label} answer, with its 95% interval.",
            ),
        ),
    )
