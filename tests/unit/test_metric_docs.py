"""docs/metrics.md is made from the doc blocks, and each block says what a reader needs and is used by a column."""

from __future__ import annotations

import re
import runpy
from functools import cache

import pytest
import yaml

from tests.unit.ingest_helpers import ROOT

MARTS = ROOT / "dbt_project/models/marts"
DOCUMENT = runpy.run_path(str(ROOT / "docs/metrics.py"))
BLOCKS = {block_id: text for blocks in DOCUMENT["doc_blocks"]().values() for block_id, text in blocks.items()}


@cache
def columns_of_marts():
    """`table.column` of every column that a mart's YAML declares, with its description."""
    found = {}
    for path in MARTS.rglob("_*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            for column in model.get("columns", []):
                found[f"{model['name']}.{column['name']}"] = column.get("description", "")
    return found


def test_the_document_is_what_the_blocks_say():
    assert (ROOT / "docs/metrics.md").read_text(encoding="utf-8") == DOCUMENT["rendered"](), "run `make docs`"


def test_no_block_is_there_twice():
    ids = [
        block_id
        for path in MARTS.rglob("*__docs.md")
        for block_id in re.findall(r"\{% docs (\w+) %\}", path.read_text(encoding="utf-8"))
    ]
    assert sorted(ids) == sorted(BLOCKS)


@pytest.mark.parametrize("block_id", BLOCKS)
def test_a_block_has_formula_unit_source_caveat_and_columns_that_exist(block_id):
    text = BLOCKS[block_id]
    assert re.findall(r"^- \*\*(\w+):\*\* \S", text, re.MULTILINE) == ["Formula", "Unit", "Source", "Caveat"]
    places = re.findall(r"`marts\.(\w+\.\w+)`", text.split("\n\n")[0])
    assert places
    columns = columns_of_marts()
    assert [place for place in places if place not in columns] == []


@pytest.mark.parametrize("block_id", BLOCKS)
def test_a_block_is_shown_at_a_column(block_id):
    assert any(f"doc('{block_id}')" in description for description in columns_of_marts().values())
