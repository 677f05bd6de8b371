"""Net revenue retention from its movements: what it reads, its fit, and its study.

Belongs here: queries and the declaration. Does not belong here: estimation (`roi_models/revenue`), rules (dbt).
"""

from orchestration import marts
from orchestration.run import Run
from orchestration.studies.study_asset import StudySpec
from roi_models.results import RetentionEffect
from roi_models.revenue.growth import GrowthFit, GrowthFrames, fit_growth, study_growth
from roi_models.revenue.growth_tables import MOVEMENTS_TABLE, RETENTION_TABLE
from roi_models.study import Study

GROWTH_MARTS = ("agg_hazard_cells", "agg_movement_cells", "agg_control_levels", "agg_mrr_bridge", "dim_accounts")
_KEY = "lag, account_group, score_state, score_bin, tenure_step, is_renewal, control_key"
_COUNTS = ("count_stayed", "count_expanded", "count_contracted")
_SUMS = ("score_sum", "mrr_sum", "expanded_mrr_sum", "contracted_mrr_sum", "expansion_sum", "contraction_sum")
_VALUES = [f"cast(sum({name}) as bigint) as {name}" for name in _COUNTS] + [f"sum({name}) as {name}" for name in _SUMS]
# Movement cells of one lag, summed over the years.
MOVEMENT_CELLS = (
    f"select {_KEY}, {', '.join(_VALUES)} from marts.agg_movement_cells where lag = $1 group by {_KEY} order by {_KEY}"
)
# The last twelve months whose closing revenue is known, not taken over from the opening.
BRIDGE = (
    "select opening_amount, expansion_amount, contraction_amount, churn_amount from marts.agg_mrr_bridge "
    "where slice_name = 'total' and carried_amount = 0 order by month desc limit 12"
)


def growth_frames(run: Run) -> GrowthFrames:
    """The cells, today's accounts and the bridge."""
    return GrowthFrames(
        hazard_cells=marts.read_cells(run),
        movement_cells=run.warehouse.read(MOVEMENT_CELLS, [run.metrics.headline_lag]),
        control_levels=marts.read_control_levels(run),
        accounts=marts.read_active_accounts(run),
        bridge=run.warehouse.read(BRIDGE),
    )


def fit(run: Run, retention_effect: RetentionEffect) -> GrowthFit:
    """The movements with outcome, lag and scale as the headline has them."""
    primary = run.metrics.primary
    return fit_growth(
        growth_frames(run),
        outcome=retention_effect.fit.outcome,
        lag=run.metrics.headline_lag,
        background_hazard=retention_effect.background_hazard,
        scale=(float(primary.scale_min), float(primary.scale_max)),
        renewal_interval_months=run.metrics.renewal_interval_months,
    )


def conduct(run: Run, growth_fit: GrowthFit) -> Study:
    """Put retention together from the movements as fitted."""
    return study_growth(growth_fit, metric=run.metrics.primary.label)


GROWTH = StudySpec(
    name="growth",
    description="Net revenue retention put together from departures, contraction and expansion.",
    marts=GROWTH_MARTS,
    tables=(RETENTION_TABLE, MOVEMENTS_TABLE),
    conduct=conduct,
    upstream=("growth_fit",),
)
