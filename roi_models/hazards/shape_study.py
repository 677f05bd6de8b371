"""The study of the score's effect: is one straight slope enough, does it last with tenure, and which departures has it.

Belongs here: tables, sentences and checks. Does not belong here: fitting (`score_shape.py`, `cause_hazards.py`).
"""

from __future__ import annotations

import pandas as pd

from roi_models.hazards.cause_hazards import CAUSE_COLUMNS, hazards_by_cause
from roi_models.hazards.design import NotEstimableError
from roi_models.hazards.score_shape import (
    CURVE,
    GROUPS,
    GROUPS_BEYOND,
    KNOT,
    SLOPE_COLUMNS,
    TENURE_STEPS,
    TENURE_TREND,
    TEST_COLUMNS,
    Cuts,
    ScoreShape,
    score_shape,
)
from roi_models.study import Section, Shown, Study, StudyTable
from roi_models.verdicts.grading import graded
from roi_models.verdicts.judgement import Check
from roi_models.verdicts.thresholds import THRESHOLDS

CAUSES_TABLE, TESTS_TABLE, SLOPES_TABLE = "shape_causes", "shape_tests", "shape_slopes"
NOTABLE_P_VALUE = 0.05
# Less than this between two AICs and the data do not tell the shapes apart.
AIC_TIE = 2.0
_BENDS = (CURVE, KNOT, GROUPS_BEYOND)
_CAUSES = {
    "voluntary": "Left of their own will",
    "involuntary": "Left for other reasons",
    "all_causes": "Left for whatever cause",
}
_TEXTS = ("alternative", "label", "problem", "part", "outcome")
_COUNTS = ("degrees", "count_events")


def study_shape(
    cells: pd.DataFrame,
    control_levels: pd.DataFrame,
    *,
    outcome: str,
    lag: int,
    cuts: Cuts,
    is_nps: bool,
) -> Study:
    """Shapes of the score's effect held against the headline's line, and hazards by cause; a sentence if refused."""
    try:
        found = score_shape(cells, control_levels, outcome=outcome, lag=lag, cuts=cuts)
    except NotEstimableError as reason:
        return _study(f"Whether the effect of the score is a straight line is not tested. {reason}")
    groups = "promoters, passives and detractors" if is_nps else "high, middle and low scores"
    labels = _labels(cuts, groups)
    tests = found.tests.assign(label=found.tests["alternative"].map(labels))
    causes = hazards_by_cause(cells, control_levels, outcome=outcome, lag=lag)
    return _study(
        *_sentences(found, cuts, groups),
        causes=causes.assign(label=causes["outcome"].map(_CAUSES)),
        tests=tests,
        slopes=found.slopes,
        checks=tuple(_checks(found)),
    )


def _labels(cuts: Cuts, groups: str) -> dict[str, str]:
    return {
        CURVE: "A curve",
        KNOT: "" if cuts.knot is None else f"A bend at {cuts.knot:g}",
        GROUPS_BEYOND: f"A line and steps for {groups}",
        GROUPS: f"Steps for {groups} instead of a line",
        TENURE_TREND: "A slope that changes with tenure",
        TENURE_STEPS: "A slope of its own for each tenure step",
    }


def _worse_p(found: ScoreShape, alternatives: tuple[str, ...]) -> pd.Series:
    """By alternative the larger of both p-values, times the number of alternatives tried (Bonferroni), at most 1.

    Both have to speak against the line: the likelihood ratio knows no clusters, the Wald test little of small samples.
    """
    tests = found.tests.set_index("alternative")
    tried = tests.loc[[name for name in alternatives if name in tests.index and not tests.loc[name, "problem"]]]
    return (tried[["p_value", "p_value_clustered"]].max(axis=1) * len(tried)).clip(upper=1.0)


def _sentences(found: ScoreShape, cuts: Cuts, groups: str) -> tuple[str, ...]:
    return tuple(sentence for sentence in (_bend_words(found, cuts, groups), _tenure_words(found)) if sentence)


def _p_words(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def _bend_words(found: ScoreShape, cuts: Cuts, groups: str) -> str:
    adjusted, slopes = _worse_p(found, _BENDS), found.slopes.set_index("part")
    aic = found.tests.set_index("alternative")["aic_difference"]
    apart = aic[GROUPS]
    if adjusted.empty:
        return "The scores do not vary enough to hold another shape against a straight line."
    clear = adjusted[adjusted < NOTABLE_P_VALUE]
    # Several shapes can be clear of the line at once, with p-values beyond any meaning: the best fit then counts.
    best = str(adjusted.idxmin() if clear.empty else aic[clear.index].idxmin())
    p_value = f"{_p_words(adjusted[best])}, corrected for the shapes tried"
    if adjusted[best] >= NOTABLE_P_VALUE:
        words = f"A straight line is good enough: no other shape tried fits better beyond chance ({p_value})."
    elif best == KNOT:
        below, above = slopes.loc["below_knot"], slopes.loc["above_knot"]
        steeper = "steeper" if abs(below["coef"]) > abs(above["coef"]) else "flatter"
        words = (
            f"The effect is {steeper} below {cuts.knot:g} than above: hazard ratio {below['hazard_ratio']:.3f} per "
            f"point below, {above['hazard_ratio']:.3f} above ({p_value})."
        )
    elif best == CURVE:
        words = f"The effect is a curve ({p_value}): one ratio per point is an average over scores."
    else:
        words = f"The effect has steps between {groups} that a straight line leaves out ({p_value})."
    if apart > AIC_TIE:
        words += f" Steps for {groups} alone fit worse than the line (by {apart:.1f} of AIC)."
    elif apart < -AIC_TIE:
        words += f" Steps for {groups} alone fit better than the line (by {-apart:.1f} of AIC)."
    return words


def _tenure_words(found: ScoreShape) -> str | None:
    row = found.tests.set_index("alternative").loc[TENURE_TREND]
    if row["problem"]:
        return None
    p_value = max(row["p_value"], row["p_value_clustered"])
    test = f"likelihood ratio {row['likelihood_ratio']:.2f}, {_p_words(p_value)}"
    if p_value >= NOTABLE_P_VALUE:
        return f"The effect does not change noticeably with how long an account has been a customer ({test})."
    first, last = (found.slopes.set_index("part").loc[part, "hazard_ratio"] for part in ("first_step", "last_step"))
    return (
        f"The effect changes with how long an account has been a customer ({test}): hazard ratio {first:.3f} per point "
        f"at the youngest tenure, {last:.3f} at the oldest. The one ratio of the headline is an average."
    )


def _checks(found: ScoreShape) -> list[Check]:
    checks = []
    bends, tenure = _worse_p(found, _BENDS), _worse_p(found, (TENURE_TREND,))
    if not bends.empty:
        checks.append(
            graded(
                "straight_line",
                "The effect of the score is a straight line",
                float(bends.min()),
                bounds=(THRESHOLDS.straight_line_p_review, None),
                sentence=f"Against a straight line the best shape tried has {_p_words(bends.min())}, corrected.",
                recommendation="Read the effect by ranges of the score: one ratio per point is an average of them.",
                higher_is_better=True,
            )
        )
    if not tenure.empty:
        checks.append(
            graded(
                "proportional_hazards",
                "The effect is the same at every tenure",
                float(tenure.min()),
                bounds=(THRESHOLDS.proportional_hazards_p_review, None),
                sentence=f"That the effect of the score is the same at every tenure has {_p_words(tenure.min())}.",
                recommendation="Read the effect by tenure: for young and old customers it is not the same.",
                higher_is_better=True,
            )
        )
    return checks


def _typed(frame: pd.DataFrame | None, columns: list[str]) -> pd.DataFrame:
    kinds = {name: object if name in _TEXTS else int if name in _COUNTS else float for name in columns}
    return (pd.DataFrame(columns=columns) if frame is None else frame[columns]).astype(kinds)


def _study(
    *sentences: str,
    causes: pd.DataFrame | None = None,
    tests: pd.DataFrame | None = None,
    slopes: pd.DataFrame | None = None,
    checks: tuple[Check, ...] = (),
) -> Study:
    return Study(
        id="shape",
        section=Section.RETENTION,
        title="The shape of the effect",
        sentences=sentences,
        tables=(
            StudyTable(
                name=CAUSES_TABLE,
                frame=_typed(causes, [CAUSE_COLUMNS[0], "label", *CAUSE_COLUMNS[1:]]),
                keys=("outcome",),
                named_by="label",
                caption="Hazard ratio per answer point, by cause",
                shown=_CAUSES_SHOWN,
            ),
            StudyTable(
                name=TESTS_TABLE,
                frame=_typed(tests, [TEST_COLUMNS[0], "label", *TEST_COLUMNS[1:]]),
                keys=("alternative",),
                named_by="label",
                caption="Other shapes against a straight line",
                shown=_TESTS_SHOWN,
            ),
            StudyTable(name=SLOPES_TABLE, frame=_typed(slopes, SLOPE_COLUMNS)),
        ),
        checks=checks,
    )


_CAUSES_SHOWN = (
    Shown(
        column="hazard_ratio",
        heading="Hazard ratio per point",
        unit="ratio",
        low="ci_low",
        high="ci_high",
        definition="{label}: ratio of the monthly hazards, for that cause, of two accounts one answer point apart.",
    ),
    Shown(
        column="monthly_share",
        heading="Per month",
        unit="share_pct",
        definition="{label}: share of account-months in which it happened.",
    ),
    Shown(
        column="count_events",
        heading="Departures",
        unit="count",
        definition="{label}: account-months that ended so.",
    ),
    Shown(column="problem", heading="No ratio because"),
)
_TESTS_SHOWN = (
    Shown(
        column="aic_difference",
        heading="AIC, less the line's",
        unit="ratio",
        is_signed=True,
        definition="{label}: Akaike's criterion less that of the straight line; above 0 the line is better.",
    ),
    Shown(
        column="p_value",
        heading="p",
        unit="ratio",
        definition="{label}: p-value of the likelihood ratio against the straight line.",
    ),
    Shown(
        column="p_value_clustered",
        heading="p, clustered",
        unit="ratio",
        definition="{label}: p-value of the Wald test with account-clustered errors.",
    ),
    Shown(column="problem", heading="Not tested because"),
)
