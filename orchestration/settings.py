"""Where things are and how much of the machine a run may use. The only module that touches the environment.

Belongs here: reading VOC_* variables once, the folders of a profile, switching off telemetry.
Does not belong here: what users configure in YAML (`profiles.py`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from orchestration.errors import VocRoiError

PROJECT_ROOT = Path(__file__).resolve().parents[1]
# Dagster's web UI is at 3000 by default, the report beside it.
DEFAULT_REPORT_PORT = 3001

# No library of ours may call home: Dagster, dbt, Great Expectations.
TELEMETRY_OFF = {
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a run needs to know about its surroundings.

    `home` is the profile's own folder, `VOC_HOME/<profile>/`: profiles never share raw data, ledger or `latest`.
    `inbox_is_given`: someone named the inbox, so that nothing is generated into it. `demo_accounts` and `demo_switches`
    override the profile's `demo` entry (None: as the profile says). `report_port`: where the report is served, None
    where nobody said.
    """

    profile_dir: Path
    home: Path
    inbox: Path
    inbox_is_given: bool = False
    threads: int = 2
    memory_limit: str = "4GB"
    demo_accounts: int | None = None
    demo_switches: tuple[str, ...] | None = None
    report_port: int | None = None

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read VOC_PROFILE, VOC_HOME, VOC_INBOX, VOC_THREADS, VOC_MEMORY_LIMIT, VOC_DEMO_ACCOUNTS, VOC_DEMO_SWITCHES,
        VOC_REPORT_PORT.

        Relative paths count from the working directory; the defaults from the project's own folder.
        """
        env = os.environ if environment is None else environment
        profile_dir = _profile_dir(env.get("VOC_PROFILE", "config/demo"))
        home = _path(env.get("VOC_HOME"), PROJECT_ROOT / "var") / profile_dir.name
        switches = env.get("VOC_DEMO_SWITCHES")
        return cls(
            profile_dir=profile_dir,
            home=home,
            inbox=_path(env.get("VOC_INBOX"), home / "inbox"),
            inbox_is_given=bool(env.get("VOC_INBOX")),
            threads=_whole_number(env, "VOC_THREADS", 2),
            memory_limit=_memory(env.get("VOC_MEMORY_LIMIT") or "4GB"),
            demo_accounts=_whole_number(env, "VOC_DEMO_ACCOUNTS", None),
            demo_switches=None if switches is None else tuple(filter(None, switches.split(","))),
            report_port=_whole_number(env, "VOC_REPORT_PORT", None),
        )

    @property
    def profile(self) -> str:
        """The profile's name: that of its folder."""
        return self.profile_dir.name

    @property
    def dbt_dir(self) -> Path:
        """The dbt project."""
        return PROJECT_ROOT / "dbt_project"

    @property
    def raw_dir(self) -> Path:
        """The raw zone: immutable, append only."""
        return self.home / "raw"

    @property
    def work_dir(self) -> Path:
        """The run's private scratch space."""
        return self.home / "work"

    @property
    def warehouse_path(self) -> Path:
        """The run's private DuckDB file."""
        return self.work_dir / "run.duckdb"

    @property
    def built_path(self) -> Path:
        """What the run's DuckDB file was built from; absent while a build is under way."""
        return self.work_dir / "built.json"

    @property
    def dbt_target_dir(self) -> Path:
        """Where dbt keeps its manifest and what it parsed, so that the next run need not parse again."""
        return self.home / "dbt"

    @property
    def published_dir(self) -> Path:
        """One folder per run, and `latest`."""
        return self.home / "published"

    @property
    def report_url(self) -> str:
        """Where the published folder is served, without a slash at its end; links in Dagster's web UI point there."""
        return f"http://localhost:{self.report_port or DEFAULT_REPORT_PORT}"

    @property
    def dagster_dir(self) -> Path:
        """DAGSTER_HOME of this profile."""
        return self.home / "dagster"

    def with_inbox_of(self, sources_inbox: str | None) -> Settings:
        """The same with the inbox that sources.yml names, seen from the profile's folder; VOC_INBOX goes before it."""
        if sources_inbox is None or self.inbox_is_given:
            return self
        inbox = (self.profile_dir / Path(sources_inbox).expanduser()).resolve()
        return replace(self, inbox=inbox, inbox_is_given=True)

    def dbt_environment(self) -> dict[str, str]:
        """What dbt's profiles.yml asks for."""
        return {
            "VOC_WAREHOUSE_PATH": str(self.warehouse_path),
            "VOC_WAREHOUSE_SPILL": str(self.work_dir / "spill"),
            "VOC_WAREHOUSE_THREADS": str(self.threads),
            "VOC_WAREHOUSE_MEMORY": self.memory_limit,
        }

    def apply_to_process(self) -> None:
        """Set what libraries read from the environment: dbt's connection, DAGSTER_HOME, telemetry off.

        Raises VocRoiError when the home cannot be made.
        """
        try:
            self.dagster_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise VocRoiError(
                f"The folder {self.dagster_dir} cannot be made ({error.strerror}); let VOC_HOME name a folder that can "
                "be written."
            ) from None
        report = {} if self.report_port is None else {"VOC_REPORT_PORT": str(self.report_port)}
        os.environ.update(TELEMETRY_OFF | self.dbt_environment() | report | {"DAGSTER_HOME": str(self.dagster_dir)})


def _path(text: str | None, default: Path) -> Path:
    return Path(text).expanduser().resolve() if text else default


def _profile_dir(text: str) -> Path:
    given = Path(text).expanduser()
    candidates = [given if given.is_absolute() else base / given for base in (Path.cwd(), PROJECT_ROOT)]
    for candidate in candidates:
        if candidate.is_dir():
            return candidate.resolve()
    raise VocRoiError(
        f"VOC_PROFILE names the folder '{text}', which is not there; name a folder that holds sources.yml, metrics.yml "
        "and business_case.yml, such as config/demo."
    )


def _memory(text: str) -> str:
    if not re.fullmatch(r"\d+([.]\d+)? ?(KB|MB|GB|TB|KiB|MiB|GiB|TiB)", text, re.IGNORECASE):
        raise VocRoiError(f"VOC_MEMORY_LIMIT is '{text}', but it must be an amount of memory such as 512MB or 8GB.")
    return text


def _whole_number(env: Mapping[str, str], name: str, default: int | None) -> int | None:
    text = env.get(name)
    if text is None or not text.strip():
        return default
    if not text.strip().isdigit() or int(text) < 1:
        raise VocRoiError(f"{name} is '{text}', but it must be a whole number of at least 1.")
    return int(text)
