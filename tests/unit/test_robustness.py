"""E-values against the published examples in tests/reference/vectors.json."""

import pytest
from reference_files import vectors

from roi_models.verdicts.robustness import e_value, e_value_of_limit, risk_ratio_of_hazard_ratio


@pytest.mark.gate
@pytest.mark.parametrize("case", vectors()["evalue"], ids=str)
def test_published_e_values(case):
    common = case.get("common", False)
    assert e_value(case.get("hr", case["rr"]), outcome_is_common=common) == pytest.approx(case["e"], abs=1e-6)
    if common:
        assert risk_ratio_of_hazard_ratio(case["hr"]) == pytest.approx(case["rr"], abs=1e-6)


def test_limit_nearest_to_one():
    assert e_value_of_limit(0.7, 0.9) == e_value(0.9)
    assert e_value_of_limit(1.2, 1.6) == e_value(1.2)
    assert e_value_of_limit(0.9, 1.1) == 1.0
