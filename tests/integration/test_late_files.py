"""A file that arrives late, through the real ingestion: it changes only months after its own answers."""

from __future__ import annotations

import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from orchestration.ingest import load_contract, load_inbox, load_sources
from orchestration.warehouse import Warehouse
from tests.integration.pipeline import ROOT
from tests.integration.plain_warehouse import PlainWarehouse
from tests.integration.tiny_company import ACCOUNTS, tiny_files, write_lines, write_tiny_company

FEW = settings(
    max_examples=5, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# What stands between the raw tables and the two marts, and the answers themselves.
WATCHED = ("fct_account_months", "fct_feedback_states")
FIRST_DAY = datetime(2023, 1, 1)
# Older than any other answer, between them, and newer than the last month: seconds and the very instant a month begins.
moments = st.one_of(
    st.integers(0, 560 * 86_400).map(lambda seconds: FIRST_DAY + timedelta(seconds=seconds)),
    st.integers(0, 17).map(lambda months: datetime(2023 + months // 12, months % 12 + 1, 1)),
)
late_answers = st.lists(st.tuples(st.sampled_from(ACCOUNTS), st.integers(0, 10), moments), min_size=1, max_size=5)


class Inbox:
    """The tiny company's inbox, whose answers may come in several files, and the warehouse built from it."""

    def __init__(self, home, folder):
        self.tiny = write_tiny_company(folder)
        sources = self.tiny.profile / "sources.yml"
        text = sources.read_text(encoding="utf-8")
        pattern = "file: answers*.csv\n    delivery: increment"
        assert "file: answers.csv" in text
        sources.write_text(text.replace("file: answers.csv", pattern), encoding="utf-8")
        self.contract = load_contract(ROOT / "dbt_project/models/staging/_raw__sources.yml")
        self.sources = load_sources(self.tiny.profile)
        self.warehouse = PlainWarehouse(home)
        self.warehouse.copy_sources()

    def ingest(self, folder):
        """Load what the inbox holds now into the raw zone in `folder`, and build; returns names of the files loaded."""
        loaded = load_inbox(self.sources, self.contract, self.tiny.inbox, folder / "raw", "2024-07-01T00:00:00", str)
        database = folder / "loaded.duckdb"
        database.unlink(missing_ok=True)
        views = Warehouse(path=database, spill_dir=folder / "spill", threads=1, memory_limit="1GB")
        views.create_raw_views(self.contract, loaded.files)
        self.warehouse.copy_schema("raw", database)
        self.warehouse.run_up_to([*WATCHED, "fct_survey_responses"])
        return {file.source_file for file in loaded.files if file.is_new}

    def rows(self, name):
        """Rows of a mart, sorted."""
        return self.warehouse.rows(f"from run.marts.{name} order by all")

    def bytes_up_to(self, name, month, target):
        """The bytes of a mart's rows of months up to one, as Parquet."""
        self.warehouse.execute(
            f"copy (select * from run.marts.{name} where month <= date '{month}' order by all) to '{target}' "
            "(format parquet)"
        )
        return target.read_bytes()


@pytest.fixture(scope="module")
def inbox(tiny_run, tmp_path_factory):
    assert tiny_run.ended.code == 0, tiny_run.ended.err
    return Inbox(tiny_run.home.settings.home, tmp_path_factory.mktemp("late"))


@FEW
@given(late=late_answers)
# A newer answer, an older one than all, one at the very instant a month begins, one after its account had left.
@example(late=[("A-01", 0, datetime(2024, 4, 15, 9)), ("A-02", 10, datetime(2023, 1, 3, 9))])
@example(late=[("A-05", 10, datetime(2024, 4, 1)), ("A-03", 1, datetime(2024, 3, 1))])
def test_a_late_file_changes_only_months_after_its_own_answers(inbox, late):
    with tempfile.TemporaryDirectory() as created:
        folder = Path(created)
        late_file = inbox.tiny.inbox / "answers_late.csv"
        late_file.unlink(missing_ok=True)
        # Months that began before the first late answer, or at its very instant.
        first_day = min(answered for _, _, answered in late).date()
        assert inbox.ingest(folder) == set(tiny_files())
        before = {name: inbox.rows(name) for name in WATCHED}
        bytes_before = {name: inbox.bytes_up_to(name, first_day, folder / f"{name}.parquet") for name in WATCHED}
        write_lines(late_file, ["id,account,score,answered,asked,top", *lines(late)])
        assert inbox.ingest(folder) == {late_file.name}
        answers = {row["response_id"] for row in inbox.rows("fct_survey_responses")}
        assert {f"L-{number}" for number in range(len(late))} <= answers
        for name in WATCHED:
            assert inbox.bytes_up_to(name, first_day, folder / f"{name}.parquet") == bytes_before[name], name
            assert_only_later_months_of_its_account_changed(before[name], inbox.rows(name), late)


def test_a_late_file_does_change_the_months_after(inbox, tmp_path):
    """The counterpart: without it, a warehouse that never looked at late files would pass."""
    late_file = inbox.tiny.inbox / "answers_late.csv"
    late_file.unlink(missing_ok=True)
    inbox.ingest(tmp_path)
    before = {name: inbox.rows(name) for name in WATCHED}
    write_lines(late_file, ["id,account,score,answered,asked,top", *lines([("A-01", 0, datetime(2024, 4, 15, 9))])])
    inbox.ingest(tmp_path)
    for name in WATCHED:
        changed = {(row["account_id"], row["month"]) for row in inbox.rows(name) if row not in before[name]}
        # In June the account's own answer of May counts again; for its baseline the late one still does.
        assert ("A-01", date(2024, 5, 1)) in changed, name


def lines(late):
    return [f"L-{number},{account},{score},{answered},," for number, (account, score, answered) in enumerate(late)]


def assert_only_later_months_of_its_account_changed(before, after, late):
    first = {}
    for account, _, answered in late:
        first[account] = min(first.get(account, answered), answered)
    for row in [row for row in before if row not in after] + [row for row in after if row not in before]:
        began = datetime.combine(row["month"], datetime.min.time())
        assert began > first.get(row["account_id"], datetime.max), row
