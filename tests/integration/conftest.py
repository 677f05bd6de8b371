"""Runs that several tests look at, made once: each costs ten seconds and more."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from orchestration.demo import write_demo
from tests.integration.pipeline import ROOT, Ended, Home, with_parsed_dbt
from tests.integration.tiny_company import write_tiny_company

DEMO = {"accounts": 300, "months": 30}


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneRun:
    """A home, and how the run in it ended."""

    home: Home
    ended: Ended


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory):
    """A good run on the small demo. Tests must not change its home: they take a copy."""
    home = Home(root=tmp_path_factory.mktemp("demo"), profile=ROOT / "config/demo")
    write_demo(home.inbox, **DEMO)
    return DoneRun(home=home, ended=home.command("run"))


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory, demo_run):
    """A good run of the tiny company, with a specimen of every bad row. Tests must not change its home."""
    home = with_parsed_dbt(write_tiny_company(tmp_path_factory.mktemp("tiny")), demo_run.home)
    return DoneRun(home=home, ended=home.command("run"))
