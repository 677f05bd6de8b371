"""Running again: after a kill, after a bad file, with nothing new, beside another run, on the same inputs."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, replace

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
class Seen:
    """What a home showed at one moment."""

    runs: list[str]
    latest: str
    events: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubled:
    """A home in which a run was killed while it published, the next met a bad file, and the third was a good one."""

    home: Home
    pid: int
    beside: Ended
    after_kill: Seen
    bad: Ended
    after_bad: Seen
    mended: Ended
    after_mended: Seen


@pytest.fixture(scope="module")
def troubled(demo_run, tmp_path_factory):
    """A second home on the demo's inputs, with other paths and one thread; `latest` is an earlier run's at first."""
    root = tmp_path_factory.mktemp("troubled")
    shutil.copytree(demo_run.home.inbox, root / "exports", copy_function=shutil.copyfile)
    home = Home(root=root / "home", profile=ROOT / "config/demo", inbox_dir=root / "exports", threads=1)
    with_parsed_dbt(home, demo_run.home)
    shutil.copytree(demo_run.home.latest, home.published / EARLIER)
    switch_latest(home.published, EARLIER)
    pid, beside = _killed_while_publishing(home)
    after_kill = _seen(home)
    good = _blank_half_of_the_ids(home.inbox / "salesforce_accounts.csv")
    bad, after_bad = home.command("run"), _seen(home)
    (home.inbox / "salesforce_accounts.csv").write_bytes(good)
    mended = home.command("run")
    return Troubled(
        home=home,
        pid=pid,
        beside=beside,
        after_kill=after_kill,
        bad=bad,
        after_bad=after_bad,
        mended=mended,
        after_mended=_seen(home),
    )


def _killed_while_publishing(home):
    """Start a run, try another one beside it, and kill the first amid publishing; its pid and how the other ended."""
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
    return process.pid, beside


def _seen(home):
    return Seen(
        runs=home.run_ids(),
        latest=home.latest.readlink().as_posix(),
        events=[event["event"] for event in read_audit(home.settings.home)],
    )


def _blank_half_of_the_ids(path):
    """Every second account loses its id; returns the file's bytes as they were."""
    good = path.read_bytes()
    header, *lines = good.decode("utf-8-sig").splitlines(keepends=True)
    assert header.startswith("Id,")
    blanked = ["," + line.partition(",")[2] if number % 2 else line for number, line in enumerate(lines)]
    path.write_text("".join([header, *blanked]), encoding="utf-8", newline="")
    return good


def _read_until(process, beginning):
    seen = []
    for line in process.stderr:
        seen.append(line)
        if line.startswith(beginning):
            return
    pytest.fail(f"the run ended before '{beginning}': {''.join(seen)}")


def test_a_second_run_at_once_says_who_holds_the_lock(troubled):
    assert troubled.beside.code == 1
    assert f"is under way (process {troubled.pid}, started " in troubled.beside.err
    assert "wait until it has finished, then run again." in troubled.beside.err
    assert troubled.beside.out == ""


def test_a_killed_run_leaves_latest_as_it_was(troubled):
    seen = troubled.after_kill
    unfinished = [name for name in seen.runs if name != EARLIER]
    assert len(unfinished) == 1
    assert unfinished[0].startswith(".building-")
    assert seen.latest == EARLIER
    assert seen.events == ["started"]


def test_a_bad_file_stops_at_the_gate_with_a_sentence(troubled):
    ended = troubled.bad
    assert ended.code == 1
    assert "The gate 'gate: raw' stopped the run; nothing was published." in ended.err
    assert "raw.accounts: expected that account_id is filled in at least 95% of the rows, but saw 150" in ended.err
    assert "Traceback" not in ended.err
    assert "dbt build" not in ended.err
    assert ended.out == ""


def test_a_bad_file_leaves_what_is_published_alone_and_cleans_up_after_the_killed(troubled):
    assert troubled.after_bad.latest == EARLIER
    assert troubled.after_bad.runs == [EARLIER]
    assert troubled.after_bad.events == ["started", "started", "stopped"]


def test_the_run_after_the_file_was_mended_succeeds(troubled):
    assert troubled.mended.code == 0, troubled.mended.err + troubled.home.last_error()
    run_id = document(troubled.home.latest, "manifest.json")["run_id"]
    assert troubled.after_mended.runs == sorted([EARLIER, run_id])
    assert troubled.after_mended.latest == run_id
    assert troubled.after_mended.events == ["started", "started", "stopped", "started", "published"]
    assert changed_outputs(troubled.home.latest) == []


def test_equal_inputs_in_two_homes_publish_equal_bytes_under_one_id(troubled, demo_run):
    first, second = demo_run.home.latest, troubled.home.latest
    assert document(first, "manifest.json")["run_id"] == document(second, "manifest.json")["run_id"]
    here, there = byte_equal_files(first), byte_equal_files(second)
    assert set(here) == set(there)
    assert [name for name in here if here[name] != there[name]] == []


def test_equal_inputs_in_two_homes_give_equal_workbooks(troubled, demo_run):
    assert _cells(demo_run.home.latest) == _cells(troubled.home.latest)


def test_equal_inputs_in_two_homes_give_equal_databases(troubled, demo_run):
    first, second = demo_run.home.latest, troubled.home.latest
    names = tables(first)
    assert names == tables(second)
    with duckdb.connect() as connection:
        for alias, folder in (("here", first), ("there", second)):
            connection.execute(f"attach '{folder / 'roi.duckdb'}' as {alias} (read_only)")
        for name in names:
            for one, other in (("here", "there"), ("there", "here")):
                left = connection.execute(f"from {one}.{name} except all from {other}.{name}").fetchall()
                assert left == [], f"{name}: in {one} only"


def test_manifests_differ_in_time_stamps_only(troubled, demo_run):
    timed = {"started_at", "finished_at", "steps", "outputs"}
    first, second = (
        {key: value for key, value in document(home.latest, "manifest.json").items() if key not in timed}
        for home in (demo_run.home, troubled.home)
    )
    assert first == second


def test_nothing_of_the_machine_is_published(troubled):
    folder = str(troubled.home.root)
    assert folder not in (troubled.home.latest / "report.html").read_text(encoding="utf-8")
    assert folder not in (troubled.home.latest / "manifest.json").read_text(encoding="utf-8")


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


def test_a_rebuild_computes_anew_and_finds_equal_bytes(tiny_run, tmp_path):
    home = replace(copy_of(tiny_run.home, tmp_path), inbox_dir=tiny_run.home.inbox)
    before = byte_equal_files(home.latest)
    rebuilt = home.command("run", "--rebuild")
    assert rebuilt.code == 0, rebuilt.err
    assert "dbt build" in rebuilt.err
    assert "equal to the run published before" in rebuilt.err
    assert home.run_ids() == tiny_run.home.run_ids()
    assert byte_equal_files(home.latest) == before
