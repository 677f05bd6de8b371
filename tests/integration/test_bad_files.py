"""Files a run cannot stand on: a sentence and exit code 1 each, never a traceback, and `latest` stays."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest

from expectations.mart_suites import MART_SUITES
from expectations.raw_suites import RAW_SUITES
from expectations.runner import GateRunner
from orchestration.ingest import load_contract, load_inbox, load_sources
from orchestration.warehouse import Warehouse
from tests.integration.pipeline import copy_of
from tests.integration.tiny_company import write_lines, write_tiny_company


@pytest.fixture
def home(tmp_path):
    """The tiny company before its first run."""
    return write_tiny_company(tmp_path)


def removed(path):
    path.unlink()


def emptied(path):
    path.write_bytes(b"")


def in_latin_1(path):
    path.write_bytes(path.read_text(encoding="utf-8").replace("Customer", "Kundé").encode("latin-1"))


def with_another_column(path):
    path.write_text(path.read_text(encoding="utf-8").replace("answered", "answred", 1), encoding="utf-8")


def with_semicolons(path):
    path.write_text(path.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")


def with_a_quote_never_closed(path):
    path.write_text(path.read_text(encoding="utf-8").replace("R-01-0", '"R-01-0', 1), encoding="utf-8")


def with_the_header_only(path):
    write_lines(path, path.read_text(encoding="utf-8").splitlines()[:1])


def with_every_tenth_row_cut(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    write_lines(path, [line[:8] if n % 10 == 5 else line for n, line in enumerate(lines)])


def with_other_dates(path):
    path.write_text(path.read_text(encoding="utf-8").replace("2023-", "23/"), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "spoil", "sentences"),
    [
        ("contracts.csv", removed, ["sources.subscriptions.file: no file in", "matches 'contracts.csv'"]),
        ("answers.csv", emptied, ["answers.csv (source survey): ", "empty"]),
        ("accounts.csv", in_latin_1, ["accounts.csv (source crm): ", "UTF-8", "format"]),
        ("answers.csv", with_another_column, ["has no column 'answered'; did you mean 'answred'?"]),
        ("accounts.csv", with_semicolons, ["accounts.csv (source crm): ", 'declare format: {delimiter: ";"}']),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_file_that_cannot_be_read_is_a_sentence(home, file, spoil, sentences):
    spoil(home.inbox / file)
    ended = home.command("sources", "check")
    assert ended.code == 1
    assert [sentence for sentence in sentences if sentence not in ended.err] == [], ended.err
    assert "Traceback" not in ended.err


def test_sources_check_says_when_all_is_well(home):
    assert home.command("sources", "check").out == "The sources can be read.\n"


def test_a_run_tells_every_fault_of_the_files_and_leaves_latest_alone(tiny_run, tmp_path):
    home = copy_of(tiny_run.home, tmp_path)
    latest, runs = home.latest.readlink(), home.run_ids()
    removed(home.inbox / "contracts.csv")
    emptied(home.inbox / "churn.csv")
    in_latin_1(home.inbox / "accounts.csv")
    ended = home.command("run")
    assert ended.code == 1
    for sentence in ("matches 'contracts.csv'", "churn.csv (source churn): ", "accounts.csv (source crm): "):
        assert sentence in ended.err
    assert "Traceback" not in ended.err
    assert home.last_error() == ""
    assert (home.latest.readlink(), home.run_ids()) == (latest, runs)


def test_a_quote_never_closed_is_no_loss_in_silence(home):
    with_a_quote_never_closed(home.inbox / "answers.csv")
    # The rest of the file is one record: either it cannot be read, or it is one malformed row among few.
    failures = raw_gate_failures(home, "survey_responses")
    assert any("too few or too many fields" in failure for failure in failures)


@pytest.mark.parametrize(
    ("file", "spoil", "table", "sentence"),
    [
        ("accounts.csv", with_the_header_only, "accounts", "the table has at least 1 row(s), but saw 0"),
        ("answers.csv", with_the_header_only, "survey_responses", "the table has at least 1 row(s), but saw 0"),
        ("answers.csv", with_every_tenth_row_cut, "survey_responses", "at most 5% of a file's rows have too few"),
        ("answers.csv", with_other_dates, "survey_responses", "filled values of responded_at can be read as a time"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_rows_that_cannot_stand_do_not_pass_the_raw_gate(home, file, spoil, table, sentence):
    assert raw_gate_failures(home, table) == ()
    spoil(home.inbox / file)
    (failure,) = raw_gate_failures(home, table)
    assert failure.startswith(f"raw.{table}: expected that ")
    assert sentence in failure


def raw_gate_failures(home, table):
    """What the raw gate's suite of one table says of the inbox as it is now."""
    settings = home.settings
    contract = load_contract(settings.dbt_dir / "models/staging/_raw__sources.yml")
    loaded = load_inbox(
        load_sources(home.profile),
        contract,
        home.inbox,
        settings.raw_dir,
        datetime(2024, 7, 1, tzinfo=UTC).isoformat(),
        lambda _line: None,
    )
    warehouse = Warehouse(
        path=settings.warehouse_path, spill_dir=settings.work_dir / "spill", threads=1, memory_limit="1GB"
    )
    warehouse.create_raw_views(contract, loaded.files)
    gates = GateRunner(
        database=settings.warehouse_path,
        docs_dir=settings.work_dir / "data_docs",
        threads=1,
        memory_limit="1GB",
    )
    (result,) = gates.run([suite for suite in RAW_SUITES if suite.table == table])
    return result.failures


@pytest.mark.parametrize(("level", "count_failures"), [("basic", 0), ("unknown", 1)])
def test_a_control_that_is_known_of_nobody_does_not_pass_the_marts_gate(tmp_path, level, count_failures):
    database = tmp_path / "run.duckdb"
    with duckdb.connect(database) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.agg_control_levels as "
            "select 'plan' as control_id, $1 as level, 7 as count_account_months",
            [level],
        )
    gates = GateRunner(database=database, docs_dir=tmp_path / "data_docs", threads=1, memory_limit="1GB")
    (result,) = gates.run([suite for suite in MART_SUITES if suite.table == "agg_control_levels"])
    assert len(result.failures) == count_failures
    assert all("every control is known of some account" in failure for failure in result.failures)


def test_an_empty_inbox_without_a_demo_is_a_sentence(home):
    for path in home.inbox.iterdir():
        path.unlink()
    ended = home.command("run")
    assert ended.code == 1
    assert "is empty or not there; put the exports that sources.yml names into it" in ended.err
