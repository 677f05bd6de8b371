"""Files a run cannot stand on: a sentence and exit code 1 each, never a traceback, and `latest` stays."""

from __future__ import annotations

import pytest

from tests.integration.pipeline import copy_of
from tests.integration.tiny_company import tiny_files, write_lines


@pytest.fixture(scope="module")
def home(tiny_run, tmp_path_factory):
    """A home with a published run, on exports that each test spoils and that are written anew before it."""
    assert tiny_run.ended.code == 0, tiny_run.ended.err
    return copy_of(tiny_run.home, tmp_path_factory.mktemp("bad_files"))


@pytest.fixture
def inbox(home):
    home.inbox.mkdir(exist_ok=True)
    for name, lines in tiny_files().items():
        write_lines(home.inbox / name, lines)
    return home.inbox


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
        ("accounts.csv", with_the_header_only, ["gate: raw", "raw.accounts: expected that the table has at least 1"]),
        ("answers.csv", with_the_header_only, ["gate: raw", "raw.survey_responses: expected that the table has at"]),
        ("answers.csv", with_every_tenth_row_cut, ["gate: raw", "at most 5 % of a file's rows have too few or too"]),
        ("answers.csv", with_other_dates, ["gate: raw", "filled values of responded_at can be read as a time"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_file_that_cannot_stand_stops_the_run_with_a_sentence(home, inbox, file, spoil, sentences):
    latest, runs = home.latest.readlink(), home.run_ids()
    spoil(inbox / file)
    ended = home.command("run")
    assert ended.code == 1
    assert [sentence for sentence in sentences if sentence not in ended.err] == [], ended.err
    assert "Traceback" not in ended.err
    assert home.last_error() == ""
    assert (home.latest.readlink(), home.run_ids()) == (latest, runs)


def test_a_quote_never_closed_loses_no_row_in_silence(home, inbox):
    with_a_quote_never_closed(inbox / "answers.csv")
    ended = home.command("run")
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert home.last_error() == ""


def test_an_empty_inbox_without_a_demo_is_a_sentence(home, inbox):
    for path in inbox.iterdir():
        path.unlink()
    ended = home.command("run")
    assert ended.code == 1
    assert "is empty or not there; put the exports that sources.yml names into it" in ended.err


def test_sources_check_says_the_same_without_a_run(home, inbox):
    assert home.command("sources", "check").out == "The sources can be read.\n"
    removed(inbox / "churn.csv")
    ended = home.command("sources", "check")
    assert ended.code == 1
    assert "matches 'churn.csv'" in ended.err
