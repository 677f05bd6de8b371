"""Lock, audit log, fingerprint, the switch of `latest`, and what the doctor makes of them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration import inputs
from orchestration.audit import AUDIT_FILE, append_audit, read_audit
from orchestration.doctor import examine
from orchestration.errors import VocRoiError
from orchestration.fingerprint import code_hash, config_hash, dbt_hash, file_sha256, run_hash
from orchestration.ingest import load_sources
from orchestration.lock import LockedError, run_lock
from orchestration.manifest import changed_outputs, find_published
from orchestration.publish import IncompleteRunError, require_unchanged, switch_latest
from orchestration.run import clear_work_dir, open_run
from orchestration.settings import Settings

ROOT = Path(__file__).parents[2]
HOLDER = {"started_at": "2024-01-01T10:00:00", "started_from": "a test"}
HOLD = """
import sys
from pathlib import Path
from orchestration.lock import run_lock
with run_lock(Path(sys.argv[1]), profile="demo", holder={"started_at": "noon", "started_from": "elsewhere"}):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_lock_names_its_holder_and_is_given_back(tmp_path):
    path = tmp_path / "work/run.lock"
    with (
        run_lock(path, profile="demo", holder=HOLDER),
        pytest.raises(
            LockedError, match=f"'demo' is under way .process {os.getpid()}, started 2024-.* from a test.; wait"
        ),
        run_lock(path, profile="demo", holder=HOLDER),
    ):
        pytest.fail("two hold the lock")
    with run_lock(path, profile="demo", holder=HOLDER):
        assert json.loads(path.read_text(encoding="utf-8")) == {"pid": os.getpid()} | HOLDER


def test_lock_of_a_killed_process_is_free(tmp_path):
    path = tmp_path / "run.lock"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "held\n"
        with (
            pytest.raises(LockedError, match=f"process {process.pid}, started noon from elsewhere"),
            run_lock(path, profile="demo", holder=HOLDER),
        ):
            pytest.fail("two hold the lock")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with run_lock(path, profile="demo", holder=HOLDER):
        assert json.loads(path.read_text(encoding="utf-8"))["started_from"] == "a test"


def test_lock_is_given_back_when_the_run_fails(tmp_path):
    path = tmp_path / "run.lock"
    with pytest.raises(ZeroDivisionError), run_lock(path, profile="demo", holder=HOLDER):
        raise ZeroDivisionError
    with run_lock(path, profile="demo", holder=HOLDER):
        assert path.exists()


def test_audit_keeps_every_event_in_order(tmp_path):
    home = tmp_path / "home"
    assert read_audit(home) == []
    append_audit(home, "started", started_from="a test")
    append_audit(home, "stopped", problem="Zwölf\nZeilen")
    assert [(event["event"], event.get("problem")) for event in read_audit(home)] == [
        ("started", None),
        ("stopped", "Zwölf\nZeilen"),
    ]


def test_audit_passes_over_a_torn_last_line(tmp_path):
    append_audit(tmp_path, "started")
    with (tmp_path / AUDIT_FILE).open("a", encoding="utf-8") as stream:
        stream.write('{"at": "2024')
    assert [event["event"] for event in read_audit(tmp_path)] == ["started"]


def test_audit_goes_on_after_a_torn_line(tmp_path):
    append_audit(tmp_path, "started")
    with (tmp_path / AUDIT_FILE).open("a", encoding="utf-8") as stream:
        stream.write('{"at": "2024')
    append_audit(tmp_path, "started")
    append_audit(tmp_path, "published", run_id="r")
    assert [event["event"] for event in read_audit(tmp_path)] == ["started", "started", "published"]


@pytest.fixture
def profile(tmp_path):
    return Path(shutil.copytree(ROOT / "config/demo", tmp_path / "demo"))


def test_run_hash_knows_no_order():
    inputs = [("crm", "aa"), ("survey", "bb")]
    here = run_hash(inputs=inputs, config="c", code="d")
    assert run_hash(inputs=reversed(inputs), config="c", code="d") == here


def test_config_hash_knows_no_place(profile, tmp_path):
    elsewhere = Path(shutil.copytree(profile, tmp_path / "elsewhere/demo"))
    assert config_hash(elsewhere) == config_hash(profile)


@pytest.mark.parametrize("name", ["sources.yml", "metrics.yml", "business_case.yml"])
def test_config_hash_changes_with_each_file_of_the_profile(profile, name):
    before = config_hash(profile)
    with (profile / name).open("a", encoding="utf-8") as stream:
        stream.write("# another word\n")
    assert config_hash(profile) != before


def test_run_hash_changes_with_inputs_configuration_and_code():
    seen = ([], [("crm", "aa")], [("crm", "ab")], [("survey", "aa")], [("crm", "aa"), ("crm", "ab")])
    hashes = {run_hash(inputs=inputs, config="c", code="d") for inputs in seen}
    hashes |= {run_hash(inputs=[], config="other", code="d"), run_hash(inputs=[], config="c", code="other")}
    assert len(hashes) == 7


def test_other_files_in_a_profile_change_nothing(profile):
    before = config_hash(profile)
    (profile / "notes.txt").write_text("remember", encoding="utf-8")
    assert config_hash(profile) == before


def test_dbt_hash_passes_over_what_dbt_writes(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models/a.sql").write_text("select 1", encoding="utf-8")
    before = dbt_hash(tmp_path)
    (tmp_path / "target").mkdir()
    (tmp_path / "target/a.sql").write_text("select 2", encoding="utf-8")
    assert dbt_hash(tmp_path) == before
    (tmp_path / "models/a.sql").rename(tmp_path / "models/b.sql")
    assert dbt_hash(tmp_path) != before


@pytest.fixture
def settings(tmp_path):
    return Settings.from_env({"VOC_HOME": str(tmp_path / "home")})


def publish_by_hand(published_dir, run_id, fingerprint):
    folder = published_dir / run_id
    folder.mkdir(parents=True)
    headline = {"headline": {"sentence": "S.", "verdict": "PASS", "claim": "none"}}
    (folder / "figures.json").write_text(json.dumps(headline), encoding="utf-8")
    outputs = [{"path": "figures.json", "sha256": file_sha256(folder / "figures.json")}]
    manifest = {"fingerprint": fingerprint, "outputs": outputs}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def test_latest_is_switched_and_can_be_switched_back(settings):
    folders = [publish_by_hand(settings.published_dir, f"2024-0{n}-abc", "f") for n in (1, 2)]
    for folder in (*folders, folders[0]):
        switch_latest(settings.published_dir, folder.name)
        assert (settings.published_dir / "latest").readlink().as_posix() == folder.name
    assert {path.name for path in settings.published_dir.iterdir()} == {"latest", *(f.name for f in folders)}


def test_switching_is_not_hindered_by_what_a_killed_switch_left(settings):
    folder = publish_by_hand(settings.published_dir, "2024-01-abc", "f")
    (settings.published_dir / ".latest-2024-01-abc").symlink_to("nowhere")
    switch_latest(settings.published_dir, folder.name)
    assert (settings.published_dir / "latest").resolve() == folder.resolve()


def test_a_changed_or_missing_output_is_named(settings):
    folder = publish_by_hand(settings.published_dir, "2024-01-abc", "f")
    assert changed_outputs(folder) == []
    (folder / "figures.json").write_text("{}", encoding="utf-8")
    assert changed_outputs(folder) == ["figures.json"]
    (folder / "figures.json").unlink()
    assert changed_outputs(folder) == ["figures.json"]


def test_a_published_run_is_found_by_its_whole_fingerprint(settings):
    fingerprint = "0123456789abcdef" * 4
    folder = publish_by_hand(settings.published_dir, f"2024-01-{fingerprint[:12]}", fingerprint)
    assert find_published(settings.published_dir, fingerprint) == folder
    assert find_published(settings.published_dir, fingerprint[:-1] + "0") is None
    assert find_published(settings.published_dir, "f" * 64) is None


def test_a_manifest_that_is_not_whole_is_a_sentence(settings):
    folder = publish_by_hand(settings.published_dir, "2024-01-abc", "f")
    (folder / "manifest.json").write_text('{"finge', encoding="utf-8")
    with pytest.raises(VocRoiError, match=r"abc has no readable manifest.json: .* move the folder away and"):
        changed_outputs(folder)


def test_what_a_killed_run_left_is_no_published_run(settings):
    fingerprint = "0123456789abcdef" * 4
    publish_by_hand(settings.published_dir, f".building-2024-01-{fingerprint[:12]}", fingerprint)
    assert find_published(settings.published_dir, fingerprint) is None


def test_clearing_keeps_the_lock_and_what_is_published(settings):
    (settings.work_dir / "spill").mkdir(parents=True)
    for name in ("run.lock", "run.duckdb", "run.duckdb.wal"):
        (settings.work_dir / name).write_text("x", encoding="utf-8")
    published = publish_by_hand(settings.published_dir, "2024-01-abc", "f")
    (settings.published_dir / ".building-2024-01-abd/marts").mkdir(parents=True)
    clear_work_dir(settings)
    assert [path.name for path in settings.work_dir.iterdir()] == ["run.lock"]
    assert list(settings.published_dir.iterdir()) == [published]


def test_a_profile_edited_during_a_run_is_not_published_under_its_old_hash(profile, tmp_path):
    settings = Settings.from_env({"VOC_HOME": str(tmp_path / "home"), "VOC_PROFILE": str(profile)})
    before = (config_hash(profile), code_hash())
    settings.work_dir.mkdir(parents=True)
    with open_run(settings, started_from="a test") as run:
        assert (run.config_sha256, run.code_sha256) == before
        require_unchanged(run)
        with (profile / "business_case.yml").open("a", encoding="utf-8") as stream:
            stream.write("# a second thought\n")
        with pytest.raises(
            IncompleteRunError, match=r"the profile's files changed, so nothing was published; run again"
        ):
            require_unchanged(run)


def test_no_demo_is_made_up_in_an_inbox_that_someone_named(tmp_path):
    inbox = tmp_path / "exprots"
    inbox.mkdir()
    settings = Settings.from_env({"VOC_HOME": str(tmp_path / "home"), "VOC_INBOX": str(inbox)})
    sources = load_sources(settings.profile_dir)
    with pytest.raises(VocRoiError, match=r"The inbox .*exprots is empty or not there; put the exports"):
        inputs.ensure_inbox(settings, sources, print)
    assert list(inbox.iterdir()) == []


@pytest.fixture
def ravenstack(tmp_path):
    """A home whose inbox is empty; the profile makes no demo of its own."""
    return Settings.from_env({"VOC_HOME": str(tmp_path / "home"), "VOC_PROFILE": "config/ravenstack"})


def texts(findings, *, is_well):
    return [finding.text for finding in findings if finding.is_well is is_well]


def test_doctor_says_what_is_missing(ravenstack):
    ravenstack.inbox.mkdir(parents=True)
    (ravenstack.inbox / "ravenstack_accounts.csv").write_text("account_id\nA-1\n", encoding="utf-8")
    findings = examine(ravenstack)
    assert any("matches 'ravenstack_churn_events.csv'" in text for text in texts(findings, is_well=False))
    assert any("has no column 'signup_date'" in text for text in texts(findings, is_well=False))
    well = texts(findings, is_well=True)
    assert {"metrics.yml can be read", "no run is under way", "nothing is published yet"} <= set(well)


def test_doctor_finds_no_inbox_and_goes_on(ravenstack):
    findings = examine(ravenstack)
    assert any("the inbox folder does not exist" in text for text in texts(findings, is_well=False))
    assert "no run is under way" in texts(findings, is_well=True)


def test_doctor_tells_of_a_run_under_way_and_of_the_last_failure(ravenstack):
    ravenstack.inbox.mkdir(parents=True)
    (ravenstack.inbox / "other.csv").write_text("a\n1\n", encoding="utf-8")
    append_audit(ravenstack.home, "stopped", problem="The gate stopped the run.")
    with run_lock(ravenstack.work_dir / "run.lock", profile="ravenstack", holder=HOLDER):
        findings = examine(ravenstack)
    assert any(f"process {os.getpid()}" in text for text in texts(findings, is_well=True))
    assert any("The gate stopped the run." in text for text in texts(findings, is_well=False))


def test_doctor_notices_a_changed_published_file(ravenstack):
    ravenstack.inbox.mkdir(parents=True)
    (ravenstack.inbox / "other.csv").write_text("a\n1\n", encoding="utf-8")
    folder = publish_by_hand(ravenstack.published_dir, "2024-01-abc", "f")
    switch_latest(ravenstack.published_dir, folder.name)
    assert "latest is 2024-01-abc, verdict PASS, its files as published" in texts(examine(ravenstack), is_well=True)
    with (folder / "figures.json").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    assert any("changed since: figures.json" in text for text in texts(examine(ravenstack), is_well=False))
