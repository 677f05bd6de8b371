"""The study that compares metrics: which foretells departures and share of wallet best, out of time.

Belongs here: reading its frames and handing them over. Does not belong here: the queries (`league_queries.py`), the
comparison (`roi_models/predictions/metric_league.py`), its sentences (`roi_models/predictions/league_study.py`).
"""

from __future__ import annotations

from orchestration import marts
from orchestration.run import Run
from orchestration.studies.league_queries import queries
from orchestration.studies.study_asset import StudySpec
from roi_models.predictions.league_candidates import WAR, LeagueComposite, LeagueMetric
from roi_models.predictions.league_study import PRINTED, TABLE, LeagueFrames, conduct_league
from roi_models.study import Study

# Beside the headline lag: all that is known, and what was known half a year ago.
LAGS = (1, 6)


def _conduct(run: Run) -> Study:
    lags = sorted({*LAGS, run.metrics.headline_lag})
    frames = run.warehouse.read_all(
        queries(
            voluntary_only=marts.churn_outcome(run) == "voluntary",
            headline_lag=run.metrics.headline_lag,
            lags=lags,
            renewal_months=run.metrics.renewal_interval_months,
        )
    )
    metrics = [
        LeagueMetric(
            id=name, label=metric.label, kind=metric.kind, scale=(float(metric.scale_min), float(metric.scale_max))
        )
        for name, metric in sorted(run.metrics.metrics.items())
    ]
    return conduct_league(
        LeagueFrames(rows=frames["retention"], answers=frames["retention_answers"]),
        LeagueFrames(rows=frames["share"], answers=frames["share_answers"]),
        metrics=[*metrics, LeagueMetric(id=WAR, label="Rank among suppliers", kind=WAR, scale=(0.0, 1.0))],
        composites=[
            LeagueComposite(
                id=name, label=item.label, parts={part: float(weight) for part, weight in item.parts.items()}
            )
            for name, item in sorted(run.metrics.composites.items())
        ],
        lags=lags,
        primary=run.metrics.primary.label,
    )


LEAGUE = StudySpec(
    name="metric_league",
    description="Which metric, at which lag, alone or combined, foretells departures and share of wallet out of time.",
    marts=("fct_account_months", "fct_feedback_states", "fct_survey_responses", "fct_wallet_share"),
    tables=(TABLE, PRINTED),
    conduct=_conduct,
)
