"""Running again: after a kill, after a bad file, with nothing new, beside another run, on the same inputs."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass

import duckdb
import pytest

from orchestration.audit import read_audit
from orchestration.lock import run_lock
from orchestration.publish import changed_outputs, switch_latest
from tests.integration.pipeline import (
    ROOT,
    Ended,
    Home,
    byte_equal_files,
    copy_of,
    document,
    tables,
    with_parsed_dbt,
)
from tests.unit.xlsx_reader import read_cells

EARLIER = "2024-01-published-before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """What was seen around a run that was killed while it published, and the run after it."""

    home: Home
    pid: int
    beside: Ended
    unfinished: list[str]
    latest: str
    audit: list[str]
    next_run: Ended


@pytest.fixture(scope="module")
def killed(demo_run, tmp_path_factory):
    """A second home on the same inputs: a run in it dies by SIGKILL amid publishing, then another one follows."""
    root = tmp_path_factory.mktemp("killed")
    shutil.copytree(demo_run.home.inbox, root / "exports", copy_function=shutil.copyfile)
    home = Home(root=root / "home", profile=ROOT / "config/demo", inbox_dir=root / "exports", threads=1)
    with_parsed_dbt(home, demo_run.home)
    shutil.copytree(demo_run.home.latest, home.published / EARLIER)
    switch_latest(home.published, EARLIER)
    process = home.start("run")
    try:
        _read_until(process, "✓ raw zone")
        beside = home.command("run")
        _read_until(process, "✓ value at stake")
        while process.poll() is None and not any(home.published.glob(".building-*/report.html")):
            time.sleep(0.01)
    finally:
        process.kill()
        process.communicate()
    seen = {
        "unfinished": [name for name in home.run_ids() if name != EARLIER],
        "latest": home.latest.readlink().as_posix(),
        "audit": [event["event"] for event in read_audit(home.settings.home)],
    }
    return Killed(home=home, pid=process.pid, beside=beside, **seen, next_run=home.command("run"))


def _read_until(process, beginning):
    seen = []
    for line in process.stderr:
        seen.append(line)
        if line.startswith(beginning):
            return
    pytest.fail(f"the run ended before '{beginning}': {''.join(seen)}")


def test_a_second_run_at_once_says_who_holds_the_lock(killed):
    assert killed.beside.code == 1
    assert f"is under way (process {killed.pid}, started " in killed.beside.err
    assert "wait until it has finished, then run again." in killed.beside.err
    assert killed.beside.out == ""


def test_a_killed_run_leaves_latest_as_it_was(killed):
    assert len(killed.unfinished) == 1
    assert killed.unfinished[0].startswith(".building-")
    assert killed.latest == EARLIER
    assert killed.audit == ["started"]


def test_the_run_after_a_killed_one_succeeds_and_cleans_up(killed):
    assert killed.next_run.code == 0, killed.next_run.err
    run_id = document(killed.home.latest, "manifest.json")["run_id"]
    assert killed.home.run_ids() == sorted([EARLIER, run_id])
    assert killed.home.latest.readlink().as_posix() == run_id
    assert changed_outputs(killed.home.latest) == []


def test_equal_inputs_in_two_homes_publish_equal_bytes_under_one_id(killed, demo_run):
    first, second = demo_run.home.latest, killed.home.latest
    assert document(first, "manifest.json")["run_id"] == document(second, "manifest.json")["run_id"]
    here, there = byte_equal_files(first), byte_equal_files(second)
    assert set(here) == set(there)
    assert [name for name in here if here[name] != there[name]] == []


def test_equal_inputs_in_two_homes_give_equal_workbooks(killed, demo_run):
    assert _cells(demo_run.home.latest) == _cells(killed.home.latest)


def test_equal_inputs_in_two_homes_give_equal_databases(killed, demo_run):
    first, second = demo_run.home.latest, killed.home.latest
    names = tables(first)
    assert names == tables(second)
    with duckdb.connect() as connection:
        for alias, folder in (("here", first), ("there", second)):
            connection.execute(f"attach '{folder / 'roi.duckdb'}' as {alias} (read_only)")
        for name in names:
            for one, other in (("here", "there"), ("there", "here")):
                left = connection.execute(f"from {one}.{name} except all from {other}.{name}").fetchall()
                assert left == [], f"{name}: in {one} only"


def test_manifests_differ_in_time_stamps_only(killed, demo_run):
    timed = {"started_at", "finished_at", "steps", "outputs"}
    first, second = (
        {key: value for key, value in document(home.latest, "manifest.json").items() if key not in timed}
        for home in (demo_run.home, killed.home)
    )
    assert first == second


def test_nothing_of_the_machine_is_published(killed):
    folder = str(killed.home.root)
    assert folder not in (killed.home.latest / "report.html").read_text(encoding="utf-8")
    assert folder not in (killed.home.latest / "manifest.json").read_text(encoding="utf-8")


def _cells(folder):
    return read_cells((folder / "business_case.xlsx").read_bytes())


def test_nothing_new_reuses_the_published_run_and_says_so(demo_run, tmp_path):
    home = copy_of(demo_run.home, tmp_path)
    before = byte_equal_files(home.latest)
    again = home.command("run")
    run_id = document(home.latest, "manifest.json")["run_id"]
    assert again.code == 0
    assert f"nothing changed since the run {run_id}" in again.err
    assert "running the job" not in again.err
    assert str(home.latest / "report.html") in again.out
    assert home.run_ids() == [run_id]
    assert byte_equal_files(home.latest) == before
    assert read_audit(home.settings.home)[-1]["event"] == "reused"


def test_a_changed_published_file_is_noticed(demo_run, tmp_path):
    home = copy_of(demo_run.home, tmp_path)
    report = home.latest / "report.html"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A bad file that stopped a run, what was published then, and the run after the file was mended."""

    home: Home
    bad: Ended
    latest: str
    runs: list[str]
    rebuilt: Ended


@pytest.fixture(scope="module")
def mended(demo_run, tmp_path_factory):
    """Half of the accounts lose their ids; then the file is as it was, and the run is made anew and compared."""
    home = copy_of(demo_run.home, tmp_path_factory.mktemp("mended"))
    accounts = home.inbox / "salesforce_accounts.csv"
    good = accounts.read_bytes()
    header, *lines = good.decode("utf-8-sig").splitlines(keepends=True)
    assert header.startswith("Id,")
    blanked = [line.partition(",")[1] + line.partition(",")[2] if n % 2 else line for n, line in enumerate(lines)]
    accounts.write_text("".join([header, *blanked]), encoding="utf-8", newline="")
    bad = home.command("run")
    seen = {"latest": home.latest.readlink().as_posix(), "runs": home.run_ids()}
    accounts.write_bytes(good)
    return Mended(home=home, bad=bad, **seen, rebuilt=home.command("run", "--rebuild"))


def test_a_bad_file_stops_at_the_gate_with_a_sentence(mended):
    assert mended.bad.code == 1
    assert "The gate 'gate: raw' stopped the run; nothing was published." in mended.bad.err
    assert "raw.accounts: expected that account_id is filled in at least 95% of the rows, but saw 150" in mended.bad.err
    assert "Traceback" not in mended.bad.err
    assert "dbt build" not in mended.bad.err
    assert mended.bad.out == ""


def test_a_bad_file_leaves_what_is_published_alone(mended, demo_run):
    assert mended.latest == demo_run.home.latest.readlink().as_posix()
    assert mended.runs == demo_run.home.run_ids()


def test_the_mended_file_is_computed_anew_to_the_same_bytes(mended, demo_run):
    assert mended.rebuilt.code == 0, mended.rebuilt.err
    assert "equal to the run published before" in mended.rebuilt.err
    assert mended.home.run_ids() == demo_run.home.run_ids()
    assert [event["event"] for event in read_audit(mended.home.settings.home)] == [
        "started",
        "published",
        "started",
        "stopped",
        "started",
        "published",
    ]
