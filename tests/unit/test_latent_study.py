"""How the correction is told: both slopes and gains side by side, and why there is none."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from roi_models.report import build_figures, render_report
from roi_models.results import LatentCorrection
from roi_models.satisfaction.latent_score import refused
from roi_models.satisfaction.latent_study import latent_study
from tests.unit.sample_case import conditional_case


@pytest.fixture
def case_file():
    return conditional_case()


def correction(low=-0.4, high=-0.1):
    parts = pd.DataFrame({"part": ["lasting", "moving", "person", "noise"], "variance": [4.0, 3.0, 1.0, 2.0]})
    return LatentCorrection(
        reliability=0.5,
        reliability_low=0.41,
        reliability_high=0.58,
        slope=-0.25,
        slope_low=low,
        slope_high=high,
        parts=parts.assign(share=parts["variance"] / 10, persistence=0.95, score_variance=2.0),
    )


def told(case_file, latent):
    retention = replace(case_file.retention, latent=latent)
    case = replace(case_file.case, observed_gain_pp=0.31, observed_gain_low_pp=0.11, observed_gain_high_pp=0.51)
    return latent_study(retention, case), case


def test_both_slopes_and_gains_stand_side_by_side(case_file):
    study, case = told(case_file, correction())
    slopes = study.tables[0].frame.set_index("slope")
    assert slopes.loc["corrected", "hazard_ratio"] == pytest.approx(np.exp(-0.25))
    assert slopes.loc["observed", "coef"] == pytest.approx(np.log(slopes.loc["observed", "hazard_ratio"]))
    assert slopes["gain_pp"].to_dict() == {"observed": 0.31, "corrected": case.gain_pp}
    assert "50.0% is real" in study.sentences[0] and "41.0 to 58.0%" in study.sentences[0]
    assert study.sentences[1].endswith(f"{case.gain_pp:.2f} percentage points and not 0.31.")


def test_a_corrected_slope_that_holds_no_effect_says_so(case_file):
    study, _ = told(case_file, correction(low=-0.3, high=0.1))
    assert "no effect" in study.sentences[1]


def test_a_refusal_says_why_and_which_way_the_error_goes(case_file):
    study, _ = told(case_file, refused("Nobody answered twice."))
    assert study.sentences == (
        "The slope is not corrected for noise in the answers. Nobody answered twice. Noise hides part of an effect, so "
        "a retention gain is more likely too small than too large.",
    )


def test_tables_have_the_same_types_with_and_without_numbers(case_file):
    full, empty = told(case_file, correction())[0], told(case_file, refused("No."))[0]
    for with_numbers, without in zip(full.tables, empty.tables, strict=True):
        assert without.frame.empty and not with_numbers.frame.empty
        assert with_numbers.frame.dtypes.to_dict() == without.frame.dtypes.to_dict()


def test_the_page_traces_its_numbers(case_file):
    study, case = told(case_file, correction())
    case_file = replace(case_file, studies=(study,), case=replace(case, reliability=0.5))
    figures = build_figures(case_file)
    page = render_report(case_file, figures)
    assert figures["latent.latent_slopes.corrected.reliability"].value == 50
    assert 'data-figure="latent.latent_slopes.corrected.reliability"' in page
    assert 'data-figure="headline.observed_gain_pp"' in page
    assert not [figure.id for figure in figures if figure.id.startswith("stated.study.latent")]
