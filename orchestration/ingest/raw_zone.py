"""Writing the raw zone: one immutable Parquet file per export file and mapping, and the originals by their
hash.

Belongs here: paths, atomic writes, running a mapping over a file in batches.
Does not belong here: which files are loaded (`load.py`), what was loaded before (`ledger.py`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.errors import SourceError
from orchestration.fingerprint import file_sha256
from orchestration.ingest.inbox import KEPT_FILES, ExportFile
from orchestration.ingest.mapping import PROVENANCE_COLUMNS, Mapped, mapping_sql
from orchestration.ingest.reader import ROW_NUMBER, empty_batch, read_batches, read_header

# Measured on 500,000 rows of 12 columns: reading is fastest while a batch fits the processor's cache (2.7 s
# against 4.9 s at 50,000 rows), a statement is cheapest per row when it sees many.
READ_ROWS = 2_000
READS_PER_STATEMENT = 25


def parquet_path(raw_dir: Path, mapped: Mapped, sha256: str) -> Path:
    """Where the rows of a file with a mapping lie: `<raw>/<table>/<file hash>-<mapping hash>.parquet`."""
    return raw_dir / mapped.table.name / f"{sha256[:16]}-{mapped.hash[:12]}.parquet"


def keep_original(raw_dir: Path, file: ExportFile) -> Path:
    """Keep a file's bytes under their hash. Raises SourceError when they changed since they were hashed."""
    kept = raw_dir / KEPT_FILES / file.sha256
    if kept.exists():
        return kept
    with _replacing(kept) as partial:
        shutil.copyfile(file.path, partial)
        if file_sha256(partial) != file.sha256:
            raise SourceError(
                f"{file.name} changed while it was read; wait until its export is finished, then run again."
            )
    return kept


def write_raw(
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    mapped: Mapped,
    *,
    file: ExportFile,
    kept: Path,
    loaded_at: str,
) -> int:
    """Map a kept file onto one table on a `mapping_connection`, and write its Parquet file; returns its rows.

    Columns: the contract's, all text, in order, then PROVENANCE_COLUMNS (`_source_row` int64, else text).
    Memory: one batch. Raises SourceError when a row cannot be read, or an expression fails on a value.
    """
    names = read_header(kept, mapped.source.format)
    provenance = {"_source_file": file.name, "_file_sha256": file.sha256, "_loaded_at": loaded_at}
    sql = mapping_sql(mapped, names, provenance)
    schema = raw_schema(mapped)
    rows = 0
    with _replacing(target) as partial, pq.ParquetWriter(partial, schema, compression="zstd") as writer:
        for table in _mapped_batches(connection, mapped, file, kept=kept, names=names, sql=sql):
            writer.write_table(table.cast(schema))
            rows += table.num_rows
    return rows


def raw_schema(mapped: Mapped) -> pa.Schema:
    """The columns of a raw Parquet file."""
    names = (*mapped.table.column_names, *PROVENANCE_COLUMNS)
    return pa.schema([(name, pa.int64() if name == "_source_row" else pa.string()) for name in names])


def _mapped_batches(
    connection: duckdb.DuckDBPyConnection,
    mapped: Mapped,
    file: ExportFile,
    *,
    kept: Path,
    names: list[str],
    sql: str,
) -> Iterator[pa.Table]:
    batch = empty_batch(names)
    try:
        reads = read_batches(kept, mapped.source.format, names, READ_ROWS)
        while tables := list(islice(reads, READS_PER_STATEMENT)):
            batch = pa.concat_tables(tables)
            connection.register("batch", batch)
            yield connection.execute(sql).to_arrow_table()
            connection.unregister("batch")
    except SourceError as error:
        raise SourceError(f"{file.name} (source {file.source}): {error}") from None
    except duckdb.Error as error:
        first, last = batch[ROW_NUMBER][0].as_py(), batch[ROW_NUMBER][-1].as_py()
        raise SourceError(
            f"{file.name} (source {file.source}), rows {first} to {last}: an expression for "
            f"{mapped.table.name} fails on a value ({str(error).strip().splitlines()[0]}); "
            "use try_cast where it casts."
        ) from None


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A file beside `target` that takes its place, whole and on disk, if the block ends without an error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    try:
        yield partial
        _sync(partial)
        partial.replace(target)
        _sync(target.parent)
    finally:
        partial.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
