"""Studies: what stands beside the headline. One file per study: its queries, and its `StudySpec`.

Belongs here: reading frames for one study, and handing them to a pure function of `roi_models`.
Does not belong here: statistics (`roi_models`), how a study is told (`roi_models/report`), the headline's own assets
(`orchestration/assets_roi.py`). A new study is a file here and a line below.
"""

from __future__ import annotations

from orchestration.studies.brand_answers import CUSTOMER_VALUE, SHARE
from orchestration.studies.drivers import DRIVERS
from orchestration.studies.growth import GROWTH
from orchestration.studies.latent import LATENT
from orchestration.studies.league import LEAGUE
from orchestration.studies.predictions import PREDICTIONS
from orchestration.studies.promises import PROMISES
from orchestration.studies.robustness import ROBUSTNESS
from orchestration.studies.shape import SHAPE
from orchestration.studies.stayers import STAYERS
from orchestration.studies.study_asset import StudySpec, study_asset
from orchestration.studies.themes import THEMES

# In the order in which the page tells them, within each section.
STUDIES: tuple[StudySpec, ...] = (
    PROMISES,
    LATENT,
    SHAPE,
    GROWTH,
    ROBUSTNESS,
    PREDICTIONS,
    LEAGUE,
    DRIVERS,
    THEMES,
    SHARE,
    CUSTOMER_VALUE,
    STAYERS,
)

STUDY_ASSETS = tuple(study_asset(spec) for spec in STUDIES)
