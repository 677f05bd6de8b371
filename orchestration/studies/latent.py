"""The study of how much of a score is real.

Belongs here: its declaration. Does not belong here: the correction, which the headline's own assets make.
"""

from __future__ import annotations

from orchestration.run import Run
from orchestration.studies.study_asset import StudySpec
from roi_models.results import BusinessCase, RetentionEffect
from roi_models.satisfaction.latent_study import latent_study
from roi_models.study import Study


def _conduct(run: Run, *, retention_effect: RetentionEffect, business_case: BusinessCase | None) -> Study:
    return latent_study(retention_effect, business_case)


LATENT = StudySpec(
    name="latent_score",
    description="How much of a score is real, and the slope of the satisfaction behind it.",
    marts=(),
    tables=("latent_slopes", "latent_parts"),
    conduct=_conduct,
    upstream=("retention_effect", "business_case"),
)
