"""What a run was made from, as one hash: inputs, configuration and code.

Belongs here: hashing files and folders in a fixed order. Does not belong here: comparing runs (`publish.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from orchestration.settings import PROJECT_ROOT

_CODE = {
    "orchestration": ("*.py",),
    "roi_models": ("*.py", "*.j2", "*.css", "*.js", "*.html"),
    "expectations": ("*.py",),
    "dbt_project": ("*.sql", "*.yml"),
}
_CONFIG_FILES = ("sources.yml", "metrics.yml", "business_case.yml")


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal text."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def dbt_hash(dbt_dir: Path) -> str:
    """Hash of everything dbt parses."""
    return _hash_files(dbt_dir, _files(dbt_dir, _CODE["dbt_project"]))


def code_hash() -> str:
    """Hash of the product's own code and of the lock file: other libraries may give other figures."""
    paths = [path for folder, patterns in _CODE.items() for path in _files(PROJECT_ROOT / folder, patterns)]
    lock = PROJECT_ROOT / "requirements.lock"
    return _hash_files(PROJECT_ROOT, [*paths, *([lock] if lock.exists() else [])])


def config_hash(profile_dir: Path) -> str:
    """Hash of a profile's three files."""
    return _hash_files(profile_dir, [profile_dir / name for name in _CONFIG_FILES])


def run_hash(*, inputs: Iterable[tuple[str, str]], config: str, code: str) -> str:
    """Hash of all a run depends on.

    `inputs` are (source, SHA-256) of the files the run sees, in any order; `config` and `code` the hashes of the
    profile and of the code that it runs with.
    """
    digest = hashlib.sha256()
    for part in [*sorted(f"{source}:{sha256}" for source, sha256 in inputs), config, code]:
        digest.update(part.encode() + b"\n")
    return digest.hexdigest()


def _files(folder: Path, patterns: Iterable[str]) -> list[Path]:
    found = {path for pattern in patterns for path in folder.rglob(pattern)}
    return sorted(path for path in found if not {"target", "logs"} & set(path.relative_to(folder).parts))


def _hash_files(base: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(base).as_posix()}:{file_sha256(path)}\n".encode())
    return digest.hexdigest()
