"""What a build carries over: after new files, the tables are those of a build of everything, byte for byte."""

from __future__ import annotations

import pytest

from orchestration.carry_over import files_to_classify
from tests.integration.pipeline import Home
from tests.integration.tiny_company import METRICS, SOURCES, tiny_files, write_lines, write_tiny_company

OLD, NEW = ("survey_responses", "survey", "1"), ("survey_responses", "survey", "2")
OTHER, NEWER = ("survey_responses", "tickets", "3"), ("survey_responses", "tickets", "4")

# Until May; what June brings: a contract, departures, answers in a file of their own. Among the answers one that was
# sent before, one of March that arrives late, and one that breaks a rule.
JUNE_CONTRACT = "C-90,A-20,2024-06-01,,12.50"
ANSWERS_OF_JUNE = [
    "N-1,A-01,2,2024-06-10,,",
    "N-2,A-02,9,2024-03-20,,",
    "N-3,A-03,11,2024-06-11,,",
]


@pytest.mark.parametrize(
    ("files", "before", "snapshots", "expected"),
    [
        ({OLD}, {OLD}, set(), []),
        ({OLD, NEW}, {OLD}, set(), [NEW]),
        ({OLD, NEW, OTHER}, {OLD, OTHER}, {"survey"}, [OLD, NEW]),
        ({OLD, OTHER, NEWER}, {OLD, OTHER}, {"survey"}, [OLD, NEWER]),
        ({NEW, OTHER}, {OLD, OTHER}, {"survey"}, [OLD, NEW, OTHER]),
        ({OLD}, set(), set(), [OLD]),
    ],
    ids=[
        "nothing new",
        "an increment",
        "another snapshot",
        "an increment beside a snapshot",
        "a file that is gone",
        "anew",
    ],
)
def test_which_files_are_classified_again(files, before, snapshots, expected):
    assert files_to_classify(files, before, snapshots) == sorted(expected)


@pytest.fixture(scope="module")
def until_may(tmp_path_factory):
    """A home whose first run saw the files until May, and its inbox with those of June."""
    home = _home(tmp_path_factory.mktemp("carried"))
    files = _files()
    answers = files["answers.csv"]
    write_lines(home.inbox / "answers.csv", [line for line in answers if ",2024-06-" not in line])
    write_lines(home.inbox / "contracts.csv", [line for line in files["contracts.csv"] if line != JUNE_CONTRACT])
    write_lines(home.inbox / "churn.csv", [line for line in files["churn.csv"] if "/06/2024" not in line])
    first = home.command("run")
    assert first.code == 0, first.err
    _june_arrives(home, answers)
    return home


@pytest.mark.validate
def test_a_month_that_arrives_gives_what_a_build_of_everything_gives(until_may, tmp_path):
    first_id = until_may.latest.resolve().name
    carried = until_may.command("run")
    assert carried.code == 0, carried.err
    assert "unchanged months carried over" in carried.err
    anew = _home(tmp_path)
    files = _files()
    write_lines(anew.inbox / "answers.csv", [line for line in files["answers.csv"] if ",2024-06-" not in line])
    write_lines(anew.inbox / "contracts.csv", files["contracts.csv"])
    write_lines(anew.inbox / "churn.csv", files["churn.csv"])
    _june_arrives(anew, files["answers.csv"])
    whole = anew.command("run")
    assert whole.code == 0, whole.err
    assert "carried over" not in whole.err
    assert until_may.latest.resolve().name == anew.latest.resolve().name != first_id
    assert (until_may.latest / "figures.json").read_bytes() == (anew.latest / "figures.json").read_bytes()
    tables = sorted(path.relative_to(anew.latest) for path in anew.latest.rglob("*.parquet"))
    assert len(tables) > 50
    assert [
        path for path in tables if (until_may.latest / path).read_bytes() != (anew.latest / path).read_bytes()
    ] == []


def _home(folder) -> Home:
    """The tiny company, its answers as increments, as-of as far as the data go."""
    home = write_tiny_company(folder)
    assert "file: answers.csv" in SOURCES and "as_of: 2024-06\n" in METRICS
    sources = SOURCES.replace("file: answers.csv", "file: answers*.csv\n    delivery: increment")
    (home.profile / "sources.yml").write_text(sources, encoding="utf-8")
    (home.profile / "metrics.yml").write_text(METRICS.replace("as_of: 2024-06\n", ""), encoding="utf-8")
    return home


def _files() -> dict[str, list[str]]:
    files = tiny_files()
    files["contracts.csv"].append(JUNE_CONTRACT)
    files["contracts.csv"].append("C-91,A-21,2024-05-01,,7.50")
    files["churn.csv"] += ["E-90,A-22,14/05/2024,voluntary", "E-91,A-21,20/06/2024,voluntary"]
    return files


def _june_arrives(home: Home, answers: list[str]) -> None:
    """The inbox with June: one more file of answers, the snapshots replaced."""
    header, *lines = answers
    of_june = [line for line in lines if ",2024-06-" in line]
    write_lines(home.inbox / "answers_june.csv", [header, lines[0], *of_june, *ANSWERS_OF_JUNE])
    for name in ("contracts.csv", "churn.csv"):
        write_lines(home.inbox / name, _files()[name])
