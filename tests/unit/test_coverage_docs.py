"""docs/coverage.md: every measure and rule that the warehouse promises has a model and a test that exist."""

from __future__ import annotations

import re
from functools import cache

import pytest
import yaml

from tests.unit.ingest_helpers import ROOT
from tests.unit.test_docs import rows_under

COVERAGE = (ROOT / "docs/coverage.md").read_text(encoding="utf-8")
LINES = rows_under(COVERAGE, "measure or rule")


@cache
def existing_models():
    return {path.stem for path in (ROOT / "dbt_project/models").rglob("*.sql")}


@cache
def existing_tests():
    """Names of dbt's unit tests, dbt's data tests, and Python's tests."""
    names = {path.stem for path in (ROOT / "dbt_project/tests").glob("*.sql")}
    for path in (ROOT / "dbt_project/models").rglob("*.yml"):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        names |= {test["name"] for test in document.get("unit_tests", [])}
    for path in (ROOT / "tests").rglob("test_*.py"):
        names |= set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    return names


def in_back_quotes(text):
    return re.findall(r"`([^`]+)`", text)


def test_there_are_lines():
    assert len(LINES) > 30


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["measure or rule"][:50])
def test_every_line_has_a_place_and_a_test_that_exist(line):
    places, tests = in_back_quotes(line["where"]), in_back_quotes(line["tests"])
    assert places and tests
    models = existing_models()
    assert [place for place in places if place not in models and not (ROOT / place).exists()] == []
    assert sorted(set(tests) - existing_tests()) == []


@pytest.mark.skipif(not (ROOT.parent / "shared/sources.md").exists(), reason="the field's list is not on this machine")
def test_every_line_of_the_fields_list_is_quoted():
    listed = (ROOT.parent / "shared/sources.md").read_text(encoding="utf-8")
    section = listed.partition("## 1.")[2].partition("## 2.")[0]
    wanted = set(re.findall(r"\*\*([A-Z][a-zA-Z ]+)\.\*\*", section))
    assert wanted and {heading for heading in wanted if f"## {heading}" not in COVERAGE} == set()
