"""The study of the predictions: would the model have foretold a year that it had not seen?

Belongs here: reading the cells of the years and handing them over. Does not belong here: predicting accounts (the asset
`account_predictions`), calibration (`rolling_origin.py`), sentences (`prediction_study.py`).
"""

from __future__ import annotations

from orchestration import marts
from orchestration.run import Run
from orchestration.studies.study_asset import StudySpec
from roi_models.predictions.account_predictions import AccountPredictions
from roi_models.predictions.prediction_study import TABLE, trust_predictions
from roi_models.predictions.rolling_origin import rolling_origin
from roi_models.study import Study


def _conduct(run: Run, *, account_predictions: AccountPredictions) -> Study:
    years = rolling_origin(
        marts.read_cells_by_year(run),
        marts.read_control_levels(run),
        outcome=marts.churn_outcome(run),
        lag=run.metrics.headline_lag,
    )
    return trust_predictions(years, account_predictions, currency=run.case.currency)


PREDICTIONS = StudySpec(
    name="prediction_trust",
    description="Departures of a year against what the years before it expected, and how far the list may be trusted.",
    marts=("agg_hazard_cells", "agg_control_levels"),
    tables=(TABLE,),
    conduct=_conduct,
    upstream=("account_predictions",),
)
