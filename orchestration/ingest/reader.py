"""Reading delimited text exports: bytes → rows of text with the numbers a spreadsheet program shows.

Belongs here: encodings, line ends, quoting, header rows, malformed rows.
Does not belong here: what the columns mean (`mapping.py`), where the files lie (`inbox.py`).

Every fault of a whole file is a SourceError; every fault of one row is kept in the row (`MALFORMED` holds its
raw text).
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, tee
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa

from orchestration.errors import SourceError
from orchestration.ingest.grammar import FileFormat

ROW_NUMBER = "_voc_row"
MALFORMED = "_voc_malformed"

Fields = Sequence[str | None]

_CHUNK_BYTES = 1 << 20
_MAGIC = {b"PK\x03\x04": "a spreadsheet or zip archive", b"\x1f\x8b": "gzip-compressed", b"PAR1": "Parquet"}


def check_readable(path: Path, file_format: FileFormat) -> None:
    """Raise SourceError unless the file has bytes and all of them decode with the declared encoding."""
    decoder = codecs.getincrementaldecoder(file_format.encoding)("strict")
    offset = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            _refuse_magic(chunk, offset)
            held_back = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                raise SourceError(_encoding_sentence(file_format, offset - held_back + error.start)) from None
            offset += len(chunk)
    if offset == 0:
        raise SourceError("the file is empty (0 bytes); export it again, or remove it from the inbox.")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise SourceError(_encoding_sentence(file_format, offset)) from None


def _refuse_magic(chunk: bytes, offset: int) -> None:
    found = next((what for magic, what in _MAGIC.items() if offset == 0 and chunk.startswith(magic)), None)
    if found:
        raise SourceError(f"the file is {found}, not delimited text; export it as CSV.")


def _encoding_sentence(file_format: FileFormat, offset: int) -> str:
    return (
        f"byte {offset} is not valid {file_format.encoding}; declare the file's encoding under "
        "format.encoding (cp1252 for Windows, mac_roman for old Macs, utf-16 for 'Unicode text'), "
        "or export it as UTF-8."
    )


def read_header(path: Path, file_format: FileFormat) -> list[str]:
    """The column names: trailing empty ones dropped, empty ones in between named column_<n>.

    Raises SourceError when the file ends before its header does, or when two columns share a name (upper and
    lower case count as equal, because SQL names do).
    """
    wanted = file_format.skip_rows + file_format.header_rows
    with _open(path, file_format) as stream:
        reader = csv.reader(_without_mark(stream), **_dialect(file_format))
        rows = _next_rows(reader, wanted, 1)
        first_row = next(iter(_next_rows(reader, 1, wanted + 1)), None)
    if len(rows) < wanted:
        raise SourceError(
            f"the file ends after {len(rows)} rows, before its {wanted} rows of header "
            "(format.skip_rows + format.header_rows); export it again or correct the format."
        )
    if file_format.names is not None:
        names = list(file_format.names)
        if first_row and len(first_row) != len(names):
            raise SourceError(
                f"format.names lists {len(names)} names, but the first row has {len(first_row)} fields; "
                "list one name per column."
            )
    else:
        names = [name.strip() for name in rows[file_format.skip_rows + file_format.name_row - 1]]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise SourceError("the header row is blank; correct format.skip_rows, header_rows or name_row.")
    names = [name or f"column_{position}" for position, name in enumerate(names, start=1)]
    _refuse_duplicates(names)
    return names


def _refuse_duplicates(names: list[str]) -> None:
    positions = {ROW_NUMBER: 0, MALFORMED: 0}
    for position, name in enumerate(names, start=1):
        earlier = positions.setdefault(name.casefold(), position)
        if earlier != position:
            raise SourceError(
                f"columns {earlier} and {position} of the header are both named '{name}'; export unique "
                "names, or list one name per column under format.names."
            )


def read_batches(path: Path, file_format: FileFormat, names: list[str], batch_rows: int) -> Iterator[pa.Table]:
    """Text tables of at most `batch_rows` rows: the columns of `names`, ROW_NUMBER (int64) and MALFORMED.

    A row with too few fields, too many that are not empty, or a quote that is never closed has nulls in all
    columns and its raw text in MALFORMED. Blank lines are no rows, but count in the row numbers. Memory: one
    batch.
    """
    first = file_format.skip_rows + file_format.header_rows
    with _open(path, file_format) as stream:
        read, kept = tee(_without_mark(stream))
        reader = csv.reader(read, **_dialect(file_format))
        number, count_lines, ahead = 1, 0, []
        while rows := _next_rows(reader, batch_rows, number):
            lines = [*ahead, *islice(kept, reader.line_num - count_lines - len(ahead))]
            count_lines = reader.line_num
            ahead = list(islice(kept, 1))  # empty at the file's end, where a record may be cut short
            if number > first and ahead and set(map(len, rows)) == {len(names)}:
                yield _table(names, rows, range(number, number + len(rows)), [None] * len(rows))
            else:
                inspected = list(_inspected(lines, file_format, number, first, len(names)))
                if inspected:
                    numbers, cells, malformed = zip(*inspected, strict=True)
                    yield _table(names, cells, numbers, malformed)
            number += len(rows)


def _next_rows(reader: Iterator[list[str]], count: int, number: int) -> list[list[str]]:
    """Up to `count` records; the first of them is the file's row `number`."""
    rows: list[list[str]] = []
    try:
        rows.extend(islice(reader, count))
    except csv.Error as error:
        raise SourceError(
            f"row {number + len(rows)} or a later one cannot be read ({error}); look for a quote that is "
            "never closed, or correct format.quote and format.escape."
        ) from None
    return rows


def _inspected(
    lines: list[str], file_format: FileFormat, number: int, first: int, width: int
) -> Iterator[tuple[int, Fields, str | None]]:
    """Row number, fields, and raw text if malformed, of each record in `lines`: the slow, careful way."""
    reader = csv.reader(lines, **_dialect(file_format))
    start = 0
    for position, cells in enumerate(reader):
        raw = "".join(lines[start : reader.line_num])
        start = reader.line_num
        if number + position <= first or not cells:
            continue
        if len(cells) > width and not any(cells[width:]):
            del cells[width:]  # trailing delimiters, as some programs write them
        if len(cells) == width and not _is_cut_short(raw, file_format):
            yield number + position, cells, None
        else:
            yield number + position, [None] * width, raw.rstrip("\r\n")


def _table(names: list[str], rows: Sequence[Fields], numbers: Iterable[int], malformed: Sequence[Any]) -> pa.Table:
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    columns += [pa.array(numbers, pa.int64()), pa.array(malformed, pa.string())]
    return pa.Table.from_arrays(columns, names=[*names, ROW_NUMBER, MALFORMED])


def empty_batch(names: list[str]) -> pa.Table:
    """A table of no rows with the columns that `read_batches` yields."""
    fields = [(name, pa.string()) for name in names]
    return pa.schema([*fields, (ROW_NUMBER, pa.int64()), (MALFORMED, pa.string())]).empty_table()


def _open(path: Path, file_format: FileFormat) -> TextIO:
    """The file as text lines whose ends (CR, LF or CRLF, also mixed) are kept as they are."""
    return path.open(encoding=file_format.encoding, newline="")


def _without_mark(stream: TextIO) -> Iterator[str]:
    """The lines without the byte order mark that some programs write first."""
    first = next(stream, "")
    return chain([first.removeprefix("\ufeff")] if first else [], stream)


def _dialect(file_format: FileFormat) -> dict[str, Any]:
    return {
        "delimiter": file_format.delimiter,
        "quotechar": file_format.quote,
        "quoting": csv.QUOTE_NONE if file_format.quote is None else csv.QUOTE_MINIMAL,
        "escapechar": file_format.escape,
    }


def _is_cut_short(raw: str, file_format: FileFormat) -> bool:
    """Whether a record ends inside a quoted field, which csv forgives at a file's end unless strict."""
    if file_format.quote is None or file_format.quote not in raw:
        return False
    try:
        list(csv.reader([raw], **_dialect(file_format), strict=True))
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False
