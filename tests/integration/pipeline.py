"""Driving the product as its users do: a private home, the command line, and what it left on disk.

Belongs here: environments of runs, calling `voc-roi`, reading what a run published.
Does not belong here: exports to run on (`tiny_company.py`), assertions (the tests).
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from orchestration.cli import main
from orchestration.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
RAVENSTACK = ROOT.parent / "shared/data/ravenstack"
VOC_ROI = (sys.executable, "-c", "from orchestration.cli import main; main()")


def _heed_signals() -> None:
    """What ignores a signal hands that on to its children: tests in the background of a shell would wait for ever."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A VOC_HOME of its own for one profile. `inbox` None means the profile's default one."""

    root: Path
    profile: Path
    inbox_dir: Path | None = None
    # The tests fill both cores already; a second thread would only wait.
    threads: int = 1

    @property
    def env(self) -> dict[str, str]:
        """The environment that points a run here."""
        given = {
            "VOC_HOME": str(self.root),
            "VOC_PROFILE": str(self.profile),
            "VOC_THREADS": str(self.threads),
        }
        return given | ({"VOC_INBOX": str(self.inbox_dir)} if self.inbox_dir else {})

    @property
    def settings(self) -> Settings:
        """The settings that a run in this environment has."""
        return Settings.from_env(self.env)

    @property
    def inbox(self) -> Path:
        """Where the exports lie."""
        return self.settings.inbox

    @property
    def published(self) -> Path:
        """The folder of published runs."""
        return self.settings.published_dir

    @property
    def latest(self) -> Path:
        """The link to the latest published run."""
        return self.published / "latest"

    @contextmanager
    def environment(self) -> Iterator[None]:
        """This process in the home's environment; all that a run changes of it is undone."""
        with mock.patch.dict(os.environ, self.env):
            for name in set(os.environ) - set(self.env):
                if name.startswith("VOC_"):
                    del os.environ[name]
            yield

    def command(self, *arguments: str) -> Ended:
        """`voc-roi …` in this process, where the libraries are loaded already."""
        out, err = io.StringIO(), io.StringIO()
        with (
            self.environment(),
            mock.patch.object(sys, "argv", ["voc-roi", *arguments]),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                main()
                code = 0
            except SystemExit as ending:
                code = int(ending.code or 0)
        return Ended(code=code, out=out.getvalue(), err=err.getvalue())

    def start(
        self, *arguments: str, program: Sequence[str] = VOC_ROI, further: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """`voc-roi …`, or another program, as a process of its own, whose stderr can be read line by line."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("VOC_")}
        return subprocess.Popen(
            [*program, *arguments],
            cwd=ROOT,
            env=environment | self.env | (further or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_heed_signals,  # noqa: PLW1509 (it takes no lock)
        )

    def run_ids(self) -> list[str]:
        """Names of everything in the published folder but `latest`, unfinished folders included."""
        return sorted(path.name for path in self.published.iterdir() if path.name != "latest")

    def last_error(self) -> str:
        """Details that a run noted of a fault it did not foresee; empty when there was none."""
        path = self.settings.home / "last_error.txt"
        return path.read_text(encoding="utf-8") if path.exists() else ""


def finish(process: subprocess.Popen[str]) -> Ended:
    """Wait for a started process."""
    out, err = process.communicate()
    return Ended(code=process.returncode, out=out, err=err)


def copy_of(home: Home, root: Path) -> Home:
    """A second home with all but the work folder of the first, and an inbox of its own."""
    shutil.copytree(home.settings.home, root / home.profile.name, symlinks=True, ignore=_no_work)
    copy = Home(root=root, profile=home.profile)
    shutil.copytree(home.inbox, copy.inbox)
    return copy


def with_parsed_dbt(home: Home, parsed: Home) -> Home:
    """Give a fresh home the dbt manifest of another one, so that the project is not parsed a second time."""
    shutil.copytree(parsed.settings.dbt_target_dir, home.settings.dbt_target_dir)
    return home


def _no_work(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "work"]


def document(folder: Path, name: str) -> dict[str, Any]:
    """A JSON file of a published run."""
    return json.loads((folder / name).read_text(encoding="utf-8"))


def rows(folder: Path, sql: str) -> list[dict[str, Any]]:
    """The result of a query over a published run's roi.duckdb."""
    with duckdb.connect() as connection:
        # Attached under another name: the file's own, roi, is also that of a schema in it.
        connection.execute(f"attach '{folder / 'roi.duckdb'}' as published (read_only)")
        connection.execute("use published")
        return connection.execute(sql).fetch_arrow_table().to_pylist()


def tables(folder: Path) -> list[str]:
    """`schema.table` of every table in a published run's roi.duckdb."""
    found = rows(
        folder,
        "select table_schema, table_name from information_schema.tables where table_catalog = 'published' order by all",
    )
    return [f"{row['table_schema']}.{row['table_name']}" for row in found]


def byte_equal_files(folder: Path) -> dict[str, bytes]:
    """The files of a published run that equal runs must reproduce byte for byte."""
    named = [folder / name for name in ("figures.json", "report.html", "summary.html", "summary.md")]
    paths = [*named, *folder.rglob("*.parquet")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
