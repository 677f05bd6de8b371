"""Every fault of a profile is a sentence with file, line, key and the nearest valid name; all at once."""

from __future__ import annotations

import re

import pytest

from orchestration.errors import SourceError
from orchestration.ingest import load_sources
from tests.unit.ingest_helpers import PROFILE, ROOT, make_workspace


@pytest.fixture
def workspace(tmp_path):
    return make_workspace(tmp_path)


def test_a_sound_profile_has_no_problems(workspace):
    assert workspace.problems() == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("company", "compny", r"sources.yml:2: compny: unknown key 'compny'; did you mean 'company'\?"),
        (
            "    file: acc",
            "    fil: acc",
            r"sources.yml:5: sources.crm.fil: unknown key 'fil'; did you mean 'file'\?",
        ),
        (
            "minor_units: {currency",
            "minor_units: {curency",
            r"minor_units.curency: unknown key .* 'currency'\?",
        ),
        (
            "scale_max: {constant",
            "scale_max: {constnt",
            r"columns.ces.columns.scale_max.constnt: unknown key",
        ),
        ("company: Test Ltd\n", "", r"the key 'company' is missing; add it"),
        ("Europe/Berlin", "Europe/Berln", r"no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'\?"),
        ("{timezone: Europe/Berlin}", "{encoding: utf8x}", r"no text encoding 'utf8x'; did you mean"),
        ("{timezone: Europe/Berlin}", "{delimiter: '::'}", r"'::' is not one character"),
        ("{timezone: Europe/Berlin}", "{name_row: 2}", r"name_row 2 is not one of the 1 header rows"),
        (
            "{timezone: Europe/Berlin}",
            "{skip_rows: few}",
            r"skip_rows: input should be a valid integer.* 'few'",
        ),
        ("file: answers*.csv", "file: ../answers.csv", r"must be a file name or pattern inside the inbox"),
        (
            "file: answers*.csv",
            "file: a.csv\n    file: b.csv",
            r"sources.yml:\d+: the key sources.survey.file is given tw",
        ),
        ("file: answers*.csv", "file: [", r"sources.yml:\d+: this is not valid YAML"),
        ("{constant: recurring}", "{constant: x, sql: y}", r"exactly one of .* given: constant, sql"),
        ('date_format: "%d/%m/%Y"', "date_format: dmy", r"'dmy' is no format such as '%d/%m/%Y'"),
        ("date_format:", "decimal: ',', date_format:", r"date_format and decimal/.* exclude one another"),
        ("{currency: cur}", "{currency: cur, digits: 2}", r"give either a number of digits"),
    ],
)
def test_faults_of_the_yaml(workspace, old, new, sentence):
    workspace.edit(old, new)
    with pytest.raises(SourceError, match=sentence):
        load_sources(workspace.folder)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "table: accounts",
            "table: acounts",
            r"sources.yml:7: .*tables\[0\].table: there is no .* mean 'accounts'\?",
        ),
        (
            "name: name",
            "nam: name",
            r"sources.crm.tables\[0\].columns.nam: accounts has no column 'nam'; .*'name'\?",
        ),
        ("name: name", "name: nme", r"columns.name: accounts.csv has no column 'nme'; did you mean 'name'\?"),
        (
            "{currency: cur}",
            "{currency: curr}",
            r"columns.amount: invoices.csv has no column 'curr'; .*'cur'\?",
        ),
        (
            "            csat: csat",
            "            cast: csat",
            r"columns.cast: answers.csv has no column 'cast'",
        ),
        ("values_to: score", "values_to: scor", r"unpivot.values_to: survey_responses has no column 'scor'"),
        ("account_id: acc,", "account_id: acc, score: csat,", r"unpivot fills 'score' as well"),
        ("revenue_id: no", "product: no", r"revenue needs 'revenue_id', which no key maps"),
        (
            "responded_at: at",
            "responded_at: {column: at, date_format: '%Y'}",
            r"responded_at is a point in time",
        ),
        ("table: revenue", "table: account_costs", r"no source is mapped onto revenue or contracts"),
        (
            "file: invoices*.csv",
            "file: invoice.csv",
            r"no file in .* matches 'invoice.csv'; did you mean 'invoices.csv'\?",
        ),
        (
            "file: accounts*.csv",
            "file: crm.csv\n    optional: true",
            r"the only sources of accounts \(crm\) have no",
        ),
        (
            "    file: answers*.csv",
            "    file: answers.csv\n    version_column: upd",
            r"survey.version_column: answers.csv",
        ),
        (
            "{timezone: Europe/Berlin}",
            '{delimiter: ";"}',
            r'one column, "id,acc,.*"; declare format: {delimiter: ","}',
        ),
        (
            'upper("cur")',
            'uper("cur")',
            r"currency_code.sql: invoices.csv: the expression does not compile .*uper",
        ),
        ('upper("cur")', 'upper("curr")', r"the file has no column 'curr'; did you mean 'cur'\?"),
        ('upper("cur")', 'upper("cur"', r"the expression is not SQL"),
        (
            'upper("cur")',
            "1) FROM read_text(/etc/hostname) --",
            r"the expression is not SQL|single value without FROM",
        ),
        ('upper("cur")', "(SELECT 1)", r"an expression sees one row of the file"),
        ('upper("cur")', "row_number() OVER ()", r"an expression sees one row of the file"),
        ('upper("cur")', 'max("cur")', r"the expression does not compile"),
        ('upper("cur")', "cast(now() AS VARCHAR)", r"now\(\) gives another value at every run"),
        (
            "kind: {constant: recurring}",
            "kind: no\n        exclude: {odd: upper(cur)}",
            r"exclude.odd: .*not true or false",
        ),
    ],
)
def test_faults_against_contract_and_files(workspace, old, new, sentence):
    new = new.replace("'", "''") if old.startswith("upper") else new
    workspace.edit(old, new)
    problems = workspace.problems()
    assert any(re.search(sentence, problem) for problem in problems), problems
    with pytest.raises(SourceError):
        workspace.load()
    assert not workspace.raw.exists()


def test_all_faults_are_told_at_once(workspace):
    workspace.edit("name: name", "nam: name")
    workspace.edit("account_id: acc,", "account_id: ac,")
    workspace.put("invoices.csv", "")
    (workspace.inbox / "accounts.csv").unlink()
    problems = workspace.problems()
    assert [problem.split(": ")[1] for problem in problems] == [
        "sources.crm.tables[0].columns.nam",
        "sources.crm.file",
        "sources.survey.tables[0].columns.account_id",
        "the file is empty (0 bytes); export it again, or remove it from the inbox.",
    ]


def test_two_snapshots_need_a_version(workspace):
    workspace.put("accounts_new.csv", "account_id,name\nA-3,Cy\n")
    assert "'accounts*.csv' matches 2 snapshots (accounts.csv, accounts_new.csv)" in workspace.problems()[0]
    workspace.edit("file: accounts*.csv", "file: accounts*.csv\n    version_column: name")
    assert workspace.problems() == []


def test_an_entry_twice_would_count_twice(workspace):
    entry = PROFILE.split("tables:\n")[1].split("  survey:")[0]
    workspace.edit(entry, entry + entry)
    assert "tables[1]: this entry repeats tables[0]" in workspace.problems()[0]


def test_labels_that_yaml_would_turn_into_something_else_stay_texts(workspace):
    workspace.edit("name: name", "name: {column: name, map: {No: 0, 010: yes, 2024-01-01: null}}")
    spec = load_sources(workspace.folder).sources["crm"].tables[0].columns["name"]
    assert spec.map == {"No": "0", "010": "yes", "2024-01-01": None}


@pytest.mark.parametrize("profile", ["demo", "ravenstack"])
def test_the_shipped_profiles_are_valid(workspace, profile):
    workspace.profile((ROOT / "config" / profile / "sources.yml").read_text(encoding="utf-8"))
    assert all("no file in" in problem or "have no file" in problem for problem in workspace.problems())
