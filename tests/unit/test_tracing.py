"""Rows behind a figure: found by value, by the names in its id and by its neighbours; never claimed by chance."""

from __future__ import annotations

import inspect
import re

import pandas as pd
import pytest

from orchestration import data_quality, marts
from orchestration.tracing.makers import declared_maker
from orchestration.tracing.rows import PublishedTable, find_rows
from roi_models.report import tables


@pytest.fixture
def published(tmp_path):
    def write(frame: pd.DataFrame) -> PublishedTable:
        (tmp_path / "roi").mkdir(exist_ok=True)
        frame.to_parquet(tmp_path / "roi/probe.parquet")
        return PublishedTable(tmp_path, "roi.probe")

    return write


def figure(figure_id, value, unit="money", definition="A figure."):
    return {"id": figure_id, "value": value, "unit": unit, "definition": definition}


SEGMENTS = pd.DataFrame(
    {
        "segment": ["Mid-Market", "SMB", "SMB", "Enterprise"],
        "amount": [5.0, 5.0, 7.25, 17.25],
        "share": [0.125, 0.25, 0.5, None],
        "month": [12, 24, 12, 24],
    }
)


@pytest.mark.parametrize(
    ("wanted", "column", "found"),
    [
        (figure("a.smb.amount", 7.25), "amount", [2]),
        (figure("a.share", 12.5, "share_pct"), "share", [0]),
        (figure("a.share", None, "share_pct"), "share", [3]),
        (figure("a.smb.amount", 5.0), "amount", [1]),
        (figure("a.mid-market.amount", 5.0), "amount", [0]),
        (figure("a.m24.amount", 5.0), "amount", [1]),
        (figure("a.amount", 5.0), "amount", [0, 1]),
    ],
)
def test_the_row_is_found_by_its_value_and_by_what_the_id_names(published, wanted, column, found):
    rows = find_rows(published(SEGMENTS), wanted, column)
    # Cells that hold nothing are null in the file.
    expected = SEGMENTS.astype(object).where(SEGMENTS.notna(), None).iloc[found].to_dict("records")
    assert list(rows.rows) == expected
    assert ("This row holds it" in rows.how) == (len(found) == 1)


@pytest.mark.parametrize(
    ("wanted", "column", "how"),
    [
        (figure("a.total", 34.5), "amount", "It is the sum of the column amount over all 4 rows."),
        (
            figure("a.smb.total", 12.25),
            "amount",
            "It is the sum of the column amount over the 2 rows that its id names",
        ),
        (figure("a.smb.n", 2, "count"), "segment", "It is the count over the 2 rows that its id names, of 4."),
        (figure("a.half", 99.0), "amount", "It is computed from the column amount of the table's 4 rows"),
    ],
)
def test_a_value_that_no_row_holds_is_explained_by_the_rows(published, wanted, column, how):
    assert find_rows(published(SEGMENTS), wanted, column).how.startswith(how)


def test_a_total_that_one_row_holds_by_chance_is_not_that_row(published):
    frame = pd.DataFrame({"read": [10, 0], "rejected": [3, 0], "empty": [7, 2]})
    siblings = [("read", figure("t.read", 11, "count")), ("empty", figure("t.empty", 9, "count"))]
    by_chance = find_rows(published(frame), figure("t.rejected", 3, "count"), "rejected", siblings)
    assert by_chance.how == "It is the sum of the column rejected over all 2 rows."
    siblings = [("read", figure("t.read", 10, "count")), ("empty", figure("t.empty", 7, "count"))]
    assert "This row" in find_rows(published(frame), figure("t.rejected", 3, "count"), "rejected", siblings).how


def test_neighbours_single_a_row_out_of_equals(published):
    frame = pd.DataFrame({"score": [6.0, 6.0, 6.0], "amount": [1.0, 2.0, 3.0]})
    siblings = [("amount", figure("top2.amount", 2.0))]
    (row,) = find_rows(published(frame), figure("top2.score", 6.0, "score"), "score", siblings).rows
    assert row["amount"] == 2.0


def test_a_large_table_is_searched_to_its_end(published):
    frame = pd.DataFrame({"account": [f"a{number}" for number in range(20_000)], "amount": range(20_000)})
    found = find_rows(published(frame), figure("x.amount", 19_999.0), "amount")
    assert [row["account"] for row in found.rows] == ["a19999"]
    assert found.how == "This row holds it, of 20,000."
    shares = frame.assign(share=frame["amount"] / 20_000)
    found = find_rows(published(shares), figure("x.share", 77.5, "share_pct"), "share")
    assert [row["account"] for row in found.rows] == ["a15500"]


def test_a_text_that_states_a_number_is_found(published):
    frame = pd.DataFrame({"sentence": ["No 7 here.", "It is 7 of 9."]})
    stated = figure("stated.x.1", 7, "count", definition="Stated in: It is 7 of 9.")
    (row,) = find_rows(published(frame), stated, "sentence").rows
    assert row == {"sentence": "It is 7 of 9."}


def test_an_empty_table_has_no_rows_to_show(published):
    found = find_rows(published(SEGMENTS.iloc[:0]), figure("a.b", None), "amount")
    assert (found.count, found.rows) == (0, ())


@pytest.mark.parametrize(
    ("table", "module"),
    [
        (tables.ROW_ACCOUNTING, data_quality),
        (tables.REJECTIONS, data_quality),
        (tables.FLAGS, data_quality),
        (tables.RECONCILIATION, data_quality),
        (tables.CHECKS, data_quality),
        (tables.SCORES, marts),
    ],
)
def test_marts_declared_for_what_is_handed_through_are_those_that_its_queries_read(table, module):
    queried = set(re.findall(r"\bmarts\.\w+", inspect.getsource(module)))
    declared = {name for name in declared_maker(table).reads if name.startswith("marts.")}
    assert declared and declared <= queried


def test_every_table_of_the_report_has_a_maker():
    named = {value for value in vars(tables).values() if isinstance(value, str) and value.startswith("roi.")}
    assert [name for name in sorted(named) if declared_maker(name) is None] == []
