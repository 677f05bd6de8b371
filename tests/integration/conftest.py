"""Runs that several tests look at, made once: each costs tens of seconds.

Those that are processes of their own go on in the background from the start, on the machine's second core, while this
process runs the others. `wanted` keeps a selection of tests from starting what none of them looks at.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.audit import read_audit
from orchestration.demo import write_demo
from orchestration.publish import switch_latest
from tests.integration.pipeline import (
    RAVENSTACK,
    ROOT,
    Ended,
    Home,
    finish,
    with_parsed_dbt,
)
from tests.integration.tiny_company import write_tiny_company

DEMO = {"accounts": 300, "months": 30}
EARLIER = "2024-01-published-before"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneRun:
    """A home, and how the run in it ended."""

    home: Home
    ended: Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """A run killed while it published: what another one beside it said, and what both left."""

    home: Home
    pid: int
    beside: Ended
    left: list[str]
    latest: str
    events: list[str]


# First: xdist reads the groups in a hook of the same name.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep tests that share a run in one worker, where it is made once, and so are imports and the parsing of dbt."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("runs"))


@pytest.fixture(scope="session")
def wanted(request):
    """Names of all fixtures that the selected tests ask for."""
    return {name for item in request.session.items for name in item.fixturenames}


@pytest.fixture(scope="session")
def background():
    """One worker for what runs as processes of its own."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool


@pytest.fixture(scope="session")
def demo_inbox(tmp_path_factory):
    """The small demo's exports, for several homes to read; nobody changes them."""
    inbox = tmp_path_factory.mktemp("demo_exports") / "inbox"
    write_demo(inbox, **DEMO)
    return inbox


@pytest.fixture(scope="session")
def started(wanted, background, demo_inbox, tmp_path_factory) -> dict[str, Future]:
    """What goes on in the background: a run that is killed, then someone else's data."""
    futures: dict[str, Future] = {}
    if "killed" in wanted:
        home = Home(
            root=tmp_path_factory.mktemp("killed"),
            profile=ROOT / "config/demo",
            inbox_dir=demo_inbox,
            # Not as many as the demo's run has: the number of threads must not show in what is published.
            threads=2,
        )
        futures["killed"] = background.submit(_kill_while_publishing, home)
    if "ravenstack" in wanted and RAVENSTACK.is_dir():
        home = Home(
            root=tmp_path_factory.mktemp("ravenstack"),
            profile=ROOT / "config/ravenstack",
            inbox_dir=RAVENSTACK,
        )
        futures["ravenstack"] = background.submit(_run_as_process, home)
    return futures


@pytest.fixture(scope="session")
def demo_run(demo_inbox, wanted, started, background, tmp_path_factory):
    """A good run on the small demo. Tests must not change its home: they take a copy."""
    home = Home(root=tmp_path_factory.mktemp("demo"), profile=ROOT / "config/demo", inbox_dir=demo_inbox)
    done = DoneRun(home=home, ended=home.command("run"))
    if "validation" in wanted:
        started["validation"] = background.submit(_validate, home)
    return done


@pytest.fixture(scope="session")
def tiny_run(wanted, request, tmp_path_factory):
    """A good run of the tiny company, with a specimen of every bad row. Tests must not change its home."""
    home = write_tiny_company(tmp_path_factory.mktemp("tiny"))
    if "demo_run" in wanted and (earlier := request.getfixturevalue("demo_run")).ended.code == 0:
        with_parsed_dbt(home, earlier.home)
    return DoneRun(home=home, ended=home.command("run"))


@pytest.fixture(scope="session")
def killed(started):
    """A home where a run was killed while it published."""
    return started["killed"].result()


@pytest.fixture(scope="session")
def ravenstack(started):
    """The run on the RavenStack files."""
    return started["ravenstack"].result()


@pytest.fixture(scope="session")
def validation(demo_run, started):
    """How `dagster definitions validate` ended."""
    return started["validation"].result()


def _run_as_process(home: Home) -> DoneRun:
    return DoneRun(home=home, ended=finish(home.start("run")))


def _validate(home: Home) -> Ended:
    command = (str(Path(sys.executable).with_name("dagster")), "definitions", "validate", "-w", "workspace.yaml")
    dagster_home = {"DAGSTER_HOME": str(home.settings.dagster_dir), "DAGSTER_DISABLE_TELEMETRY": "yes"}
    return finish(home.start(program=command, further=dagster_home))


def _kill_while_publishing(home: Home) -> Killed:
    (home.published / EARLIER).mkdir(parents=True)
    switch_latest(home.published, EARLIER)
    process = home.start("run")
    try:
        said = _read_until(process, "✓ raw zone")
        beside = finish(home.start("run"))
        said += _read_until(process, "✓ robustness")
        while process.poll() is None and not _is_publishing(home.published):
            time.sleep(0.01)
    finally:
        process.kill()
        process.communicate()
    return Killed(
        home=home,
        pid=process.pid,
        beside=beside,
        left=home.run_ids(),
        latest=home.latest.readlink().as_posix(),
        events=[event["event"] for event in read_audit(home.settings.home)],
    )


def _is_publishing(published: Path) -> bool:
    return any(published.glob(".building-*/report.html"))


def _read_until(process, beginning: str) -> list[str]:
    """Read the process's lines up to one that begins so."""
    said: list[str] = []
    for line in process.stderr:
        said.append(line)
        if line.startswith(beginning):
            return said
    raise AssertionError(f"the run ended before '{beginning}': {''.join(said)}")
