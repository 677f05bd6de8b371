"""Delimited text in the wild: encodings, line ends, quoting, headers, malformed rows, row numbers."""

from __future__ import annotations

import csv

import pytest

from orchestration.errors import SourceError
from orchestration.ingest.grammar import FileFormat
from orchestration.ingest.reader import MALFORMED, ROW_NUMBER, check_readable, read_batches, read_header


def read(path, content: bytes, batch_rows: int = 100, **keys):
    """(names, rows as (number, fields, raw text if malformed))."""
    path.write_bytes(content)
    file_format = FileFormat(**keys)
    check_readable(path, file_format)
    names = read_header(path, file_format)
    rows = []
    for table in read_batches(path, file_format, names, batch_rows):
        for row in table.to_pylist():
            number, malformed = row.pop(ROW_NUMBER), row.pop(MALFORMED)
            rows.append((number, tuple(row.values()), malformed))
    return names, rows


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        ("a,b\n1,é\n2,x\n".encode(), {}),
        ("\ufeffa,b\r\n1,é\r\n2,x".encode(), {}),
        ('\ufeff"a","b"\r1,é\r2,x\r'.encode(), {}),
        ("a;b\n1;é\n2;x\n".encode("cp1252"), {"encoding": "cp1252", "delimiter": ";"}),
        ("a\tb\n1\té\n2\tx\n".encode("utf-16"), {"encoding": "utf-16", "delimiter": "tab"}),
        ("a\tb\n1\té\n2\tx\n".encode("mac_roman"), {"encoding": "mac_roman", "delimiter": "\\t"}),
        ("a,b,,\n1,é,,\n2,x\n".encode(), {}),
        ("'a','b'\n1,'é'\n2,x\n".encode(), {"quote": "'"}),
    ],
)
def test_one_table_in_many_guises(tmp_path, content, keys):
    assert read(tmp_path / "f", content, **keys) == (
        ["a", "b"],
        [(2, ("1", "é"), None), (3, ("2", "x"), None)],
    )


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path):
    content = b'Report of May\n\na,"b\n(text)"\nq1,q2\n1,"two\nlines"\n\n2,x\n'
    names, rows = read(tmp_path / "f", content, skip_rows=2, header_rows=2)
    assert names == ["a", "b\n(text)"]
    assert rows == [(5, ("1", "two\nlines"), None), (7, ("2", "x"), None)]


def test_name_row_and_own_names(tmp_path):
    content = b"title,,\na,,c\n1,2,3\n"
    assert read(tmp_path / "f", content, header_rows=2, name_row=2)[0] == ["a", "column_2", "c"]
    names, rows = read(tmp_path / "f", b"1,2\n3,4\n", header_rows=0, names=["x", "y"])
    assert names == ["x", "y"]
    assert [row[0] for row in rows] == [1, 2]


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 100])
def test_malformed_rows_keep_their_text_whatever_the_batches(tmp_path, batch_rows):
    content = b'a,b\n1,2\n3\n4,5,6\n7,8,\n"9\n9",10\n11,"cut sho'
    assert read(tmp_path / "f", content, batch_rows=batch_rows)[1] == [
        (2, ("1", "2"), None),
        (3, (None, None), "3"),
        (4, (None, None), "4,5,6"),
        (5, ("7", "8"), None),
        (6, ("9\n9", "10"), None),
        (7, (None, None), '11,"cut sho'),
    ]


def test_escapes_and_no_quotes(tmp_path):
    assert read(tmp_path / "f", b'a,b\n"x\\"y",1\n', escape="\\")[1] == [(2, ('x"y', "1"), None)]
    assert read(tmp_path / "f", b'a,b\n5" pipe,1\n', quote=None)[1] == [(2, ('5" pipe', "1"), None)]


def test_a_header_without_rows_is_no_fault(tmp_path):
    assert read(tmp_path / "f", b"a,b\n") == (["a", "b"], [])


@pytest.mark.parametrize(
    ("content", "keys", "sentence"),
    [
        (b"", {}, r"the file is empty \(0 bytes\)"),
        (b"a,b\n1,caf\xe9\n", {}, r"byte 9 is not valid utf-8; declare .*cp1252"),
        (b"x" * (1 << 20) + b"\xc3", {}, r"byte 1048577 is not valid utf-8"),
        (b"x" * ((1 << 20) - 1) + b"\xc3(", {}, r"byte 1048575 is not valid utf-8"),
        (b"PK\x03\x04rest", {}, r"a spreadsheet or zip archive.*export it as CSV"),
        (b"a\n", {"header_rows": 3}, r"ends after 1 rows, before its 3 rows of header"),
        (b",,\n1,2,3\n", {}, r"the header row is blank"),
        (b"1,2\n", {"header_rows": 0, "names": ["x"]}, r"lists 1 names, but the first row has 2 fields"),
        (b"Id,x,ID\n", {}, r"columns 1 and 3 of the header are both named 'ID'"),
        (
            b'a,b\n1,"' + b"x" * 140_000,
            {},
            r"row 2 or a later one cannot be read .*quote that is never closed",
        ),
    ],
)
def test_faults_of_whole_files_are_sentences(tmp_path, content, keys, sentence):
    with pytest.raises(SourceError, match=sentence):
        read(tmp_path / "f", content, **keys)


def test_reading_agrees_with_csv_over_many_rows(tmp_path):
    rows = [[str(number), 'a "quoted", text\nin two lines' if number % 7 == 0 else "x"] for number in range(5_000)]
    path = tmp_path / "f"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["n", "t"], *rows])
    found = read(path, path.read_bytes(), batch_rows=999)[1]
    assert found == [(position + 2, tuple(row), None) for position, row in enumerate(rows)]
