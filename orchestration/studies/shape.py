"""The shape of the score's effect: what it reads, and its study.

Belongs here: where the declared metric bends, and the declaration.
Does not belong here: estimation (`roi_models/hazards/score_shape.py`, `cause_hazards.py`), rules (dbt).
"""

from orchestration import marts
from orchestration.profiles import Metric
from orchestration.run import Run
from orchestration.studies.study_asset import StudySpec
from roi_models.hazards.score_shape import Cuts
from roi_models.hazards.shape_study import CAUSES_TABLE, SLOPES_TABLE, TESTS_TABLE, study_shape
from roi_models.study import Study


def cuts_of(metric: Metric) -> Cuts:
    """Thresholds and knot of a metric once its scores are turned so that more is better, as they are in the marts."""
    low_max, high_min = metric.oriented_thresholds
    knot = metric.knot
    if knot is not None and metric.orientation == "lower_is_better":
        knot = metric.scale_min + metric.scale_max - knot
    return Cuts(low_max=float(low_max), high_min=float(high_min), knot=None if knot is None else float(knot))


def conduct(run: Run) -> Study:
    """Read the hazard cells and hold other shapes against the headline's line."""
    return study_shape(
        marts.read_cells(run),
        marts.read_control_levels(run),
        outcome=marts.churn_outcome(run),
        lag=run.metrics.headline_lag,
        cuts=cuts_of(run.metrics.primary),
        is_nps=run.metrics.primary.kind == "nps",
    )


SHAPE = StudySpec(
    name="shape",
    description="Whether the effect of the score is a straight line, lasts with tenure, and on which departures.",
    marts=("agg_hazard_cells", "agg_control_levels"),
    tables=(CAUSES_TABLE, TESTS_TABLE, SLOPES_TABLE),
    conduct=conduct,
)
