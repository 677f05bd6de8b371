"""The promises of business_case.yml: every fault is a sentence with file, line, key, range and what to do."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
import yaml

from orchestration.case_config import load_business_case
from orchestration.errors import SourceError
from orchestration.promises import RANGES, UNITS, Promise
from orchestration.studies.promises import COLUMNS, promise_frame
from roi_models.case.promised_measures import MEASURES
from roi_models.case.realised import realised
from tests.unit.ingest_helpers import ROOT
from tests.unit.promise_data import RULES, frames
from tests.unit.test_docs import rows_under

CASE = (ROOT / "config/demo/business_case.yml").read_text(encoding="utf-8")
METRICS = (ROOT / "config/demo/metrics.yml").read_text(encoding="utf-8")
BEFORE = re.sub(r"^promises:\n(?:  .*\n)+", "", CASE, flags=re.MULTILINE)
SOUND = {
    "measure": "programme_cost",
    "from": "2023-01",
    "to": "2023-12",
    "promised": "120000",
    "unit": "USD",
    "source": "Budget",
}


@pytest.fixture
def load(tmp_path):
    """The demo's case with these promises and no others; a value of None leaves the key out."""

    def loaded(*promises):
        rows = [
            "  - {"
            + ", ".join(f"{key}: {value}" for key, value in (SOUND | promise).items() if value is not None)
            + "}"
            for promise in promises
        ]
        text = BEFORE + "\n".join(["promises:", *rows]) + "\n"
        (tmp_path / "business_case.yml").write_text(text, encoding="utf-8")
        (tmp_path / "metrics.yml").write_text(METRICS, encoding="utf-8")
        return load_business_case(tmp_path).promises

    return loaded


def test_a_profile_without_promises_has_none(tmp_path):
    assert "promises" not in BEFORE.replace("promises on", "")
    (tmp_path / "business_case.yml").write_text(BEFORE, encoding="utf-8")
    (tmp_path / "metrics.yml").write_text(METRICS, encoding="utf-8")
    assert load_business_case(tmp_path).promises == ()


def test_a_promise_is_read_as_written(load):
    (promise,) = load({"promised": "120000.50", "made_on": "2022-11-15", "promised_by": "Board"})
    assert (promise.first_month, promise.last_month, promise.period) == (
        date(2023, 1, 1),
        date(2023, 12, 1),
        "2023-01 to 2023-12",
    )
    assert (promise.promised, promise.made_on, promise.promised_by) == (
        Decimal("120000.50"),
        date(2022, 11, 15),
        "Board",
    )


def test_promises_become_a_frame_in_the_order_of_the_file(load):
    response = {"measure": "response_rate_pct", "promised": 35, "unit": "percent", "made_on": "2022-12-01"}
    frame = promise_frame(load(response, {"promised_by": "Board"}))
    assert frame.to_numpy().tolist() == [
        ["response_rate_pct", "2023-01", "2023-12", 35.0, "Budget", "2022-12-01", ""],
        ["programme_cost", "2023-01", "2023-12", 120000.0, "Budget", "", "Board"],
    ]
    assert list(promise_frame(()).columns) == list(COLUMNS)


NPS = {"measure": "net_nps_points", "promised": 5, "unit": "points"}


@pytest.mark.parametrize(
    ("promise", "sentence"),
    [
        ({"measure": "programme_costs"}, r"yml:\d+: promises\[0\].measure: '.*' .* mean 'programme_cost'\?"),
        ({"measure": "happiness"}, r"'happiness' is no measure that can be promised; valid are 'churned_mrr_amount',"),
        ({"from": "2024-01"}, r"promises\[0\]: from 2024-01 lies after to 2023-12; mend the period"),
        ({"from": "2023-01-01"}, r"promises\[0\].from: '2023-01-01' is not a month; write it as 2024-12"),
        ({"to": "2023-13"}, r"promises\[0\].to: '2023-13' is not a month"),
        ({"to": None}, r"promises\[0\]: the key 'to' is missing; add it"),
        ({"source": None}, r"promises\[0\]: the key 'source' is missing; add it"),
        ({"source": "''"}, r"promises\[0\].source: string should have at least 1 character"),
        ({"form": "2023-01"}, r"promises\[0\].form: unknown key 'form'; did you mean 'from'\?"),
        ({"promised": "-1"}, r"promised must lie between 0 and 1000000000000 for programme_cost; it is given as -1\."),
        ({"promised": "1e13"}, r"between 0 and 1000000000000 for programme_cost; it is given as 1E\+13"),
        ({"promised": ".nan"}, r"promises\[0\].promised: input should be a valid decimal"),
        ({"promised": "NaN"}, r"promises\[0\].promised: input should be a finite number, but it is 'NaN'"),
        ({"promised": "Infinity"}, r"promises\[0\].promised: input should be a finite number"),
        ({"promised": "much"}, r"promises\[0\].promised: input should be a valid decimal, but it is 'much'"),
        ({"unit": "percent"}, r"unit must be a currency, such as EUR, for programme_cost; it is given as 'percent'"),
        ({"unit": "EUR"}, r"yml:\d+: promises: promises\[0\].unit is EUR, but the case is in USD; state .* in USD"),
        (NPS | {"unit": "percent"}, r"unit must be 'points' for net_nps_points; it is given as 'percent'"),
        (NPS | {"promised": 201}, r"promised must lie between -200 and 200 for net_nps_points; it is given as 201"),
        (NPS | {"from": "2023-04", "to": "2023-05"}, r"none ends between 2023-04 and 2023-05; let the period reach to"),
        (
            {"measure": "gross_revenue_retention_pct", "promised": 101, "unit": "percent"},
            r"promised must lie between 0 and 100 for gross_revenue_retention_pct; it is given as 101",
        ),
        ({"measure": "response_rate_pct", "promised": 0.3, "unit": "fraction"}, r"unit must be 'percent' for response"),
        ({"made_on": "2022"}, r"promises\[0\].made_on: '2022' is not a day; write it as 2024-12-31"),
        ({"made_on": "2022-02-30"}, r"promises\[0\].made_on: .*'2022-02-30'"),
        ({"made_on": "2024-01-01"}, r"made_on 2024-01-01 lies after the period's last month 2023-12"),
    ],
)  # fmt: skip
def test_faults_of_a_promise(load, promise, sentence):
    with pytest.raises(SourceError, match=sentence):
        load(promise)


@pytest.mark.parametrize(("first", "last"), [("2023-03", "2023-03"), ("2023-01", "2023-03"), ("2023-05", "2023-06")])
def test_a_period_with_the_end_of_a_quarter_can_be_about_scores(load, first, last):
    assert load(NPS | {"from": first, "to": last})[0].measure == "net_nps_points"


def test_a_promise_made_within_its_last_month_stands(load):
    assert load({"made_on": "2023-12-31"})[0].made_on == date(2023, 12, 31)


def test_one_thing_is_promised_once_for_a_period(load):
    with pytest.raises(
        SourceError, match=r"promises\[2\] is about programme_cost from 2023-01 to 2023-12, as promises\[0\]"
    ):
        load({}, {"to": "2023-11"}, {"promised": 1})


def test_every_measure_has_a_range_a_unit_and_a_way_to_be_known():
    assert set(RANGES) == set(MEASURES)
    assert all(realised(measure, "2023-04", "2023-12", frames(), RULES).is_complete for measure in MEASURES)
    assert {about.unit for about in MEASURES.values()} == {"money", *UNITS}


CONFIGURATION = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")


def test_the_documented_promises_are_valid():
    (block,) = [block for block in re.findall(r"```yaml\n(.*?)```", CONFIGURATION, re.DOTALL) if "promises:" in block]
    given = yaml.load(block, Loader=yaml.BaseLoader)["promises"]  # texts, as the product reads them
    assert [Promise.model_validate(promise).source for promise in given] == ["Budget of the year", "Programme charter"]


def test_units_and_ranges_of_measures_are_documented():
    documented = {row["measure"].strip("`"): row for row in rows_under(CONFIGURATION, "measure")}
    assert set(documented) == set(MEASURES)
    for measure, (least, most) in RANGES.items():
        unit = UNITS.get(MEASURES[measure].unit)
        assert documented[measure]["`unit`"] == (f"`{unit}`" if unit else "the currency of the case")
        assert documented[measure]["`promised`"] == f"{least} to {'10¹²' if most == Decimal('1e12') else most}"
        assert ("at most" in documented[measure]["the promise is kept when"]) == MEASURES[measure].is_ceiling
