"""Running again: after a kill, after a bad file, with nothing new, beside another run, on the same inputs.

What follows on a killed run takes four more runs, so it belongs to `make validate`, which CI samples.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import duckdb
import pytest

from orchestration import publish
from orchestration.audit import read_audit
from orchestration.ingest.ledger import LEDGER_FILE, read_ledger
from orchestration.lock import run_lock
from orchestration.manifest import changed_outputs
from tests.integration.conftest import EARLIER
from tests.integration.pipeline import (
    Ended,
    Home,
    byte_equal_files,
    copy_of,
    document,
    tables,
)
from tests.unit.xlsx_reader import read_cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """The home of the killed run: next a run on a bad file, then one on the good file, as `--rebuild`.

    `rebuilt` is what that one built, before it was found equal to the run published before and removed.
    """

    home: Home
    bad: Ended
    left: list[str]
    latest: str
    good: Ended
    rebuilt: Path


@pytest.fixture(scope="module")
def mended(killed, demo_run, tmp_path_factory):
    """What follows on the killed run: other paths and another number of threads than the demo's run, equal inputs."""
    folder = tmp_path_factory.mktemp("mended")
    shutil.copytree(demo_run.home.inbox, folder / "exports", copy_function=shutil.copyfile)
    home = replace(killed.home, inbox_dir=folder / "exports")
    accounts = home.inbox / "salesforce_accounts.csv"
    good = _blank_half_of_the_ids(accounts)
    bad = home.command("run")
    left, latest = home.run_ids(), home.latest.readlink().as_posix()
    accounts.write_bytes(good)
    shutil.copytree(demo_run.home.latest, home.published / demo_run.home.latest.readlink())
    with mock.patch.object(publish, "_require_equal", side_effect=_keep(folder / "rebuilt", publish._require_equal)):
        rebuild = home.command("run", "--rebuild")
    return Mended(home=home, bad=bad, left=left, latest=latest, good=rebuild, rebuilt=folder / "rebuilt")


def _keep(target, compare):
    """The comparison of a rebuilt run with the published one, keeping a copy of what was rebuilt."""

    def kept(folder, building):
        shutil.copytree(building, target)
        compare(folder, building)

    return kept


def _blank_half_of_the_ids(path):
    """Every second account loses its id; returns the file's bytes as they were."""
    good = path.read_bytes()
    header, *lines = good.decode("utf-8-sig").splitlines(keepends=True)
    assert header.startswith("Id,")
    blanked = ["," + line.partition(",")[2] if number % 2 else line for number, line in enumerate(lines)]
    path.write_text("".join([header, *blanked]), encoding="utf-8", newline="")
    return good


@pytest.mark.validate
def test_a_second_run_at_once_says_who_holds_the_lock(killed):
    assert killed.beside.code == 1
    assert f"is under way (process {killed.pid}, started " in killed.beside.err
    assert "wait until it has finished, then run again." in killed.beside.err
    assert "Traceback" not in killed.beside.err
    assert killed.beside.out == ""


@pytest.mark.validate
def test_a_killed_run_leaves_latest_as_it_was(killed):
    unfinished = [name for name in killed.left if name != EARLIER]
    assert len(unfinished) == 1
    assert unfinished[0].startswith(".building-")
    assert killed.latest == EARLIER
    assert killed.events == ["started"]


@pytest.mark.validate
def test_a_bad_file_stops_at_the_gate_with_a_sentence(mended):
    assert mended.bad.code == 1
    assert "The gate 'gate: raw' stopped the run; nothing was published." in mended.bad.err
    rows = (mended.home.inbox / "salesforce_accounts.csv").read_text(encoding="utf-8").count("\n") - 1
    said = f"raw.accounts: expected that account_id is filled in at least 95% of the rows, but saw {rows // 2}"
    assert rows > 300 and said in mended.bad.err
    assert "Traceback" not in mended.bad.err
    assert "dbt build" not in mended.bad.err
    assert mended.bad.out == ""


@pytest.mark.validate
def test_a_bad_file_leaves_what_is_published_alone_and_cleans_up_after_the_killed(mended):
    assert mended.latest == EARLIER
    assert mended.left == [EARLIER]


@pytest.mark.validate
def test_the_run_after_the_file_was_mended_succeeds(mended, demo_run):
    assert mended.good.code == 0, mended.good.err + mended.home.last_error()
    run_id = demo_run.home.latest.readlink().as_posix()
    assert mended.home.run_ids() == sorted([EARLIER, run_id])
    assert mended.home.latest.readlink().as_posix() == run_id
    assert changed_outputs(mended.home.latest) == []
    events = [event["event"] for event in read_audit(mended.home.settings.home)]
    assert events == ["started", "started", "stopped", "started", "published"]


@pytest.mark.validate
def test_a_rebuild_computes_anew_and_finds_itself_equal(mended):
    assert "dbt build" in mended.good.err
    assert "equal to the run published before" in mended.good.err


@pytest.mark.validate
def test_equal_inputs_in_two_homes_publish_equal_bytes_under_one_id(mended, demo_run):
    first, second = demo_run.home.latest, mended.rebuilt
    assert document(first, "manifest.json")["run_id"] == document(second, "manifest.json")["run_id"]
    here, there = byte_equal_files(first), byte_equal_files(second)
    assert set(here) == set(there)
    assert [name for name in here if here[name] != there[name]] == []


@pytest.mark.validate
def test_equal_inputs_in_two_homes_give_equal_workbooks(mended, demo_run):
    assert _cells(demo_run.home.latest) == _cells(mended.rebuilt)


@pytest.mark.validate
def test_equal_inputs_in_two_homes_give_equal_databases(mended, demo_run):
    first, second = demo_run.home.latest, mended.rebuilt
    names = tables(first)
    assert names == tables(second)
    with duckdb.connect() as connection:
        for alias, folder in (("here", first), ("there", second)):
            connection.execute(f"attach '{folder / 'roi.duckdb'}' as {alias} (read_only)")
        for name in names:
            for one, other in (("here", "there"), ("there", "here")):
                left = connection.execute(f"from {one}.{name} except all from {other}.{name}").fetchall()
                assert left == [], f"{name}: in {one} only"


@pytest.mark.validate
def test_manifests_differ_in_time_stamps_only(mended, demo_run):
    timed = {"started_at", "finished_at", "steps", "outputs"}
    first, second = (
        {key: value for key, value in document(folder, "manifest.json").items() if key not in timed}
        for folder in (demo_run.home.latest, mended.rebuilt)
    )
    assert first == second


@pytest.mark.validate
def test_nothing_of_the_machine_is_published(mended):
    for name in ("report.html", "manifest.json", "figures.json"):
        text = (mended.rebuilt / name).read_text(encoding="utf-8")
        assert str(mended.home.root) not in text
        assert str(mended.home.inbox) not in text


def _cells(folder):
    return read_cells((folder / "business_case.xlsx").read_bytes())


def test_nothing_new_reuses_the_published_run_and_says_so(demo_run, tmp_path):
    home = copy_of(demo_run.home, tmp_path)
    before = byte_equal_files(home.latest)
    published = read_ledger(home.settings.raw_dir).published
    _forget_what_was_published(home.settings.raw_dir / LEDGER_FILE)
    again = home.command("run")
    run_id = document(home.latest, "manifest.json")["run_id"]
    assert again.code == 0
    assert f"nothing changed since the run {run_id}" in again.err
    assert "running the job" not in again.err
    assert str(home.latest / "report.html") in again.out
    assert home.run_ids() == [run_id]
    assert byte_equal_files(home.latest) == before
    assert read_audit(home.settings.home)[-1]["event"] == "reused"
    # A run killed between the switch and its last line in the ledger: the next one makes up for it.
    ((_, files),) = read_ledger(home.settings.raw_dir).published
    assert set(files) == set(published[0][1])


def _forget_what_was_published(ledger):
    lines = ledger.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["kind"] != "published"]
    assert len(kept) == len(lines) - 1
    ledger.chmod(0o644)
    ledger.write_text("".join(kept), encoding="utf-8")


def test_a_changed_published_file_is_noticed(demo_run, tmp_path):
    home = copy_of(demo_run.home, tmp_path)
    report = home.latest / "report.html"
    report.chmod(0o644)  # published files are read-only
    report.write_bytes(report.read_bytes() + b" ")
    again = home.command("run")
    assert again.code == 1
    assert "was changed after it was published (report.html)" in again.err
    assert "move the folder away and run again" in again.err


def test_a_run_is_refused_while_this_process_holds_the_lock(demo_run, tmp_path):
    home = copy_of(demo_run.home, tmp_path)
    lock = home.settings.work_dir / "run.lock"
    holder = {"started_at": "10:00", "started_from": "a test"}
    with run_lock(lock, profile="demo", holder=holder):
        refused = home.command("run")
    assert refused.code == 1
    assert "started 10:00 from a test" in refused.err
    assert home.command("run").code == 0
