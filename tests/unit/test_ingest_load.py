"""Files → raw zone: provenance, row counts, immutability, what a run sees, and what a crash leaves."""

from __future__ import annotations

import hashlib
import json
import re

import pyarrow.parquet as pq
import pytest

from orchestration.errors import SourceError
from orchestration.ingest import PROVENANCE_COLUMNS, record_published
from tests.unit.ingest_helpers import ACCOUNTS, ANSWERS, ROOT, make_workspace


@pytest.fixture
def workspace(tmp_path):
    return make_workspace(tmp_path)


def test_rows_carry_values_and_origin(workspace):
    result = workspace.load()
    first, second = workspace.rows("revenue", result)
    assert (first["amount"], first["currency_code"], first["period_start"]) == ("123.45", "USD", "2024-01-31")
    assert (second["amount"], second["currency_code"], second["period_start"]) == ("500", "JPY", "31/02/2024")
    sha256 = hashlib.sha256((workspace.inbox / "invoices.csv").read_bytes()).hexdigest()
    assert {name: second[name] for name in PROVENANCE_COLUMNS} == {
        "_source": "billing",
        "_source_file": "invoices.csv",
        "_source_row": 3,
        "_file_sha256": sha256,
        "_loaded_at": "2024-03-01T00:00:00Z",
        "_excluded_by": None,
        "_malformed": None,
        "_delivery": "snapshot",
        "_version": None,
    }
    assert list(second) == [*workspace.contract.tables["revenue"].column_names, *PROVENANCE_COLUMNS]
    assert (workspace.raw / "_files" / sha256).read_bytes() == (workspace.inbox / "invoices.csv").read_bytes()
    assert re.fullmatch(rf"{sha256[:16]}-[0-9a-f]{{12}}\.parquet", result.files[-1].path.name)


def test_unpivoting_gives_a_row_per_question_and_counts_them(workspace):
    result = workspace.load()
    answers = [
        (
            row["response_id"],
            row["metric"],
            row["score"],
            row["scale_max"],
            row["responded_at"],
            row["_source_row"],
        )
        for row in workspace.rows("survey_responses", result)
    ]
    assert answers == [
        ("1", "csat", "5", None, "2024-01-31 20:30:00", 2),
        ("2", "csat", None, None, "2024-02-01 09:00:00", 3),
        ("1", "ces", "6", "7", "2024-01-31 20:30:00", 2),
        ("2", "ces", "3", "7", "2024-02-01 09:00:00", 3),
    ]
    assert [file.rows_read for file in result.files] == [2, 4, 2]


def test_exclusion_labels_versions_and_malformed_rows(workspace):
    workspace.edit(
        "columns: {account_id: account_id, name: name}",
        "columns: {account_id: account_id, name: {column: name, map: {Ada: Eve, x: null}}}\n"
        '        exclude: {second: "\\"name\\" = \'Bo\'", test: "account_id is null or name = \'Bo\'"}',
    )
    workspace.edit(
        "file: accounts*.csv", "file: accounts*.csv\n    delivery: increment\n    version_column: account_id"
    )
    workspace.put("accounts.csv", ACCOUNTS + "10,NA\n11\n12,x")
    rows = workspace.rows("accounts")
    assert [(r["name"], r["_excluded_by"], r["_malformed"], r["_version"], r["_delivery"]) for r in rows] == [
        ("Eve", None, None, "A-1", "increment"),
        ("Bo", "second", None, "A-2", "increment"),
        ("NA", None, None, "0" * 18 + "10", "increment"),
        (None, None, "11", None, "increment"),
        (None, None, None, "0" * 18 + "12", "increment"),
    ]
    workspace.edit("    version_column", '    format: {null_strings: ["", NA]}\n    version_column')
    assert [row["name"] for row in workspace.rows("accounts")][2] is None


def test_the_same_file_twice_is_a_no_op_and_a_changed_mapping_maps_again(workspace):
    first = workspace.load()
    stamps = {path: path.stat().st_mtime_ns for path in workspace.raw.rglob("*") if path.is_file()}
    again = workspace.load("2025-01-01T00:00:00Z")
    assert [file.is_new for file in again.files] == [False] * 3
    assert {path: path.stat().st_mtime_ns for path in workspace.raw.rglob("*") if path.is_file()} == stamps
    assert again.file_hashes == first.file_hashes
    workspace.edit("{constant: recurring}", "{constant: credit}")
    changed = workspace.load()
    assert [file.is_new for file in changed.files] == [False, False, True]
    assert changed.files[-1].path != first.files[-1].path and first.files[-1].path.exists()
    lines = (workspace.raw / "_ledger.jsonl").read_text().splitlines()
    assert [json.loads(line)["table"] for line in lines] == [
        "accounts",
        "survey_responses",
        "revenue",
        "revenue",
    ]


def test_raw_bytes_depend_on_content_and_load_time_only(tmp_path):
    digests = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        result = make_workspace(tmp_path / name).load()
        digests.append([hashlib.sha256(file.path.read_bytes()).hexdigest() for file in result.files])
    assert digests[0] == digests[1]


def test_empty_and_repeated_and_unread_files(workspace):
    workspace.put("invoices.csv", "no,acc,day,cents,cur\n")
    workspace.put("readme.txt", "hello")
    workspace.edit("file: answers*.csv", "file: answers*.csv\n    delivery: increment")
    workspace.put("answers_copy.csv", ANSWERS)
    workspace.edit(
        "  billing:",
        "  extra: {file: none.csv, optional: true, tables: [{table: contacts, "
        "columns: {contact_id: id, account_id: id}}]}\n  billing:",
    )
    result = workspace.load()
    assert result.absent == ("extra",)
    assert [(file.source_file, file.rows_read) for file in result.files] == [
        ("accounts.csv", 2),
        ("answers.csv", 4),
        ("invoices.csv", 0),
    ]
    assert pq.read_table(result.files[-1].path).num_rows == 0
    assert workspace.said[3:] == [
        "source extra: no file, and it is optional",
        "answers_copy.csv: the same bytes as answers.csv, read once",
        "readme.txt: no source reads this file",
    ]


def test_increments_of_published_runs_are_carried_over(workspace):
    workspace.edit("file: answers*.csv", "file: answers*.csv\n    delivery: increment")
    january, february = ANSWERS, ANSWERS.replace("\n1,", "\n3,").replace("\n2,", "\n4,")
    first = workspace.load()
    record_published(workspace.raw, "run-1", first.file_hashes)
    record_published(workspace.raw, "run-1", first.file_hashes)
    assert (workspace.raw / "_ledger.jsonl").read_text().count('"published"') == 1
    (workspace.inbox / "answers.csv").unlink()

    def ids(result):
        return sorted({row["response_id"] for row in workspace.rows("survey_responses", result)})

    workspace.put("answers_2.csv", february)
    assert ids(workspace.load()) == ["1", "2", "3", "4"]
    workspace.put("answers.csv", january.replace("\n2,", "\n9,"))
    assert ids(workspace.load()) == ["1", "3", "4", "9"]  # the same name replaces
    (workspace.inbox / "answers.csv").unlink()
    (workspace.inbox / "answers_2.csv").unlink()
    workspace.edit("csat: csat", "csat: satisfaction")
    result = workspace.load()  # only what was published, mapped anew from the kept original
    assert ids(result) == ["1", "2"]
    assert {row["metric"] for row in workspace.rows("survey_responses", result)} == {"satisfaction", "ces"}
    assert any("kept from an earlier run" in line for line in workspace.said)


def test_snapshots_are_not_carried_over(workspace):
    record_published(workspace.raw, "run-1", workspace.load().file_hashes)
    (workspace.inbox / "accounts.csv").rename(workspace.inbox / "kunden.csv")
    assert "matches 'accounts*.csv'" in workspace.problems()[0]


def test_what_a_crash_leaves_is_mended(workspace):
    workspace.load()
    ledger = workspace.raw / "_ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes()[:-20])
    result = workspace.load()
    assert [file.is_new for file in result.files] == [False, False, True]
    assert [file.is_new for file in workspace.load().files] == [False] * 3
    result.files[0].path.unlink()
    assert [file.is_new for file in workspace.load().files] == [True, False, False]
    ledger.write_text("not json\n")
    with pytest.raises(SourceError, match=r"_ledger.jsonl: line 1 is damaged; restore"):
        workspace.load()


def test_an_expression_that_fails_on_a_value_is_a_sentence_and_leaves_nothing_half_written(workspace):
    workspace.edit("{sql: 'upper(\"cur\")'}", "{sql: 'cast(\"cur\" as integer)'}")
    with pytest.raises(SourceError, match=r"invoices.csv \(source billing\), rows 2 to 3: .*use try_cast"):
        workspace.load()
    assert not list((workspace.raw / "revenue").iterdir())


RAVENSTACK = ROOT.parent / "shared/data/ravenstack"


@pytest.mark.skipif(not RAVENSTACK.is_dir(), reason="the example data lie beside the project and are absent here")
def test_someone_elses_data_map_by_yaml_alone(workspace):
    workspace.profile((ROOT / "config/ravenstack/sources.yml").read_text(encoding="utf-8"))
    workspace.inbox.rename(workspace.folder / "other")
    workspace.inbox.symlink_to(RAVENSTACK)
    result = workspace.load()
    assert {(file.table, file.rows_read) for file in result.files} == {
        ("accounts", 500),
        ("account_attributes", 1000),
        ("contracts", 5000),
        ("support_cases", 2000),
        ("survey_responses", 2000),
        ("churn_events", 600),
    }
    contracts = workspace.rows("contracts", result)
    assert sum(row["_excluded_by"] == "trial" for row in contracts) == 778
    assert {row["mrr_amount"] for row in contracts if row["_excluded_by"]} == {"0"}
