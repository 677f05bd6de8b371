"""Reading a profile's sources.yml into the grammar's models.

Belongs here: the one entry point. Does not belong here: checking it against files (`check.py`).
"""

from __future__ import annotations

from pathlib import Path

from orchestration.errors import SourceError
from orchestration.ingest.grammar import SourcesConfig
from orchestration.yaml_text import read_yaml, validate

SOURCES_FILE = "sources.yml"


def load_sources(profile_dir: Path) -> SourcesConfig:
    """Read `<profile_dir>/sources.yml`.

    Raises SourceError with one sentence per finding (unknown key and the nearest valid one, wrong type, key
    given twice, not YAML), each naming file, line and key.
    """
    document = read_yaml(profile_dir / SOURCES_FILE)
    if not isinstance(document.data, dict):
        raise SourceError(
            f"{document.label}: the file holds no keys; it needs company and sources (see docs/sources.md)."
        )
    return validate(document, SourcesConfig).located(document)
