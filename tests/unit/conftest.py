"""What unit tests share: charts of equal case files are drawn once, because drawing is nearly all that a page costs."""

from __future__ import annotations

import pickle

import pytest

from roi_models.report import page


@pytest.fixture(scope="session", autouse=True)
def _charts_drawn_once():
    """Remember drawings by everything that they are drawn from."""
    drawn, draw = {}, page.drawings

    def remembered(case_file):
        retention, survival, followed = case_file.retention, case_file.survival, case_file.follow_up
        drawn_from = (
            *(case_file.case, case_file.verdict.level, case_file.verdict.claim, case_file.context.currency),
            *(retention.lag_profile, retention.headline_lag, survival.curves, followed.curves, case_file.measures),
        )
        key = pickle.dumps(drawn_from)
        if key not in drawn:
            drawn[key] = draw(case_file)
        return drawn[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "drawings", remembered)
        yield
