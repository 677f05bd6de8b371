"""One run per profile at a time.

Belongs here: taking and giving back the lock, saying who holds it. The operating system gives it back when its
holder dies, however it dies, so that a killed run never leaves a profile locked.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from orchestration.errors import VocRoiError


class LockedError(VocRoiError):
    """Another run of the profile is under way."""


@contextmanager
def run_lock(path: Path, *, profile: str, holder: Mapping[str, str]) -> Iterator[None]:
    """Hold the profile's lock. `holder` says who we are to those who come later (started_at, started_from).

    Raises LockedError naming the holder when another process has it; it does not wait, because a run that starts
    minutes late on changed inputs is a surprise.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(_held_sentence(path, profile)) from None
        stream.truncate(0)
        stream.write(json.dumps({"pid": os.getpid(), **holder}))
        stream.flush()
        yield


def _held_sentence(path: Path, profile: str) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # between its holder's truncate and write
        holder = {}
    return (
        f"Another run of the profile '{profile}' is under way (process {holder.get('pid', 'unknown')}, started "
        f"{holder.get('started_at', 'just now')} from {holder.get('started_from', 'an unknown place')}); wait until it "
        "has finished, then run again."
    )
