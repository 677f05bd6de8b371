"""docs/sources.md stays true: its walk is a valid profile, its examples parse, every key is shown."""

from __future__ import annotations

import re

import pytest
import yaml

from orchestration.ingest import grammar, load_sources
from tests.unit.ingest_helpers import ROOT, make_workspace

TEXT = (ROOT / "docs/sources.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
MODELS = [
    model
    for model in vars(grammar).values()
    if isinstance(model, type) and issubclass(model, grammar.BaseModel) and model.__module__ == grammar.__name__
]


def test_the_walk_is_a_valid_profile(tmp_path):
    workspace = make_workspace(tmp_path)
    workspace.profile(BLOCKS[0])
    workspace.put("accounts.csv", "Id,Account Name,Tier\n1,Ada,SMB\n")
    workspace.put("nps_may.csv", "Response ID,Score,Customer,Submitted\n1,9,1,2024-05-01 10:00\n")
    workspace.put(
        "subscriptions.csv", "Subscription,Customer,Start,End,MRR (cents),Currency\n1,1,01/02/2024,,500,EUR\n"
    )
    assert workspace.problems() == []
    assert workspace.rows("contracts")[0]["mrr_amount"] == "5.00"
    assert load_sources(tmp_path).company == "Acme Ltd"


@pytest.mark.parametrize("block", BLOCKS)
def test_every_example_is_yaml(block):
    assert yaml.safe_load(block)


def test_every_key_of_the_grammar_is_shown():
    shown = "\n".join(BLOCKS) + "".join(re.findall(r"`([^`]*)`", TEXT))
    missing = {
        f"{model.__name__}.{key}"
        for model in MODELS
        for key in model.model_fields
        if not re.search(rf"\b{key}\b", shown)
    }
    assert missing == set()
