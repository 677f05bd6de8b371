"""Errors that people read: one sentence saying what is wrong, where, and what to do.

Belongs here: the base class that the command line prints without a traceback, and the nearest-name hint.
Does not belong here: the sentences themselves (they stand where the fault is found).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class VocRoiError(Exception):
    """A fault that the user can mend. Its text is a whole sentence and is shown as it stands."""


class SourceError(VocRoiError):
    """Faults in a profile's configuration or in the export files it names; `problems` has a sentence each."""

    def __init__(self, problems: Sequence[str] | str) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


def did_you_mean(name: str, valid: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the nearest valid one, else up to 30 valid ones."""
    names = sorted({str(candidate) for candidate in valid})
    by_folded = {candidate.casefold(): candidate for candidate in names}
    nearest = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    if nearest:
        return f"; did you mean '{by_folded[nearest[0]]}'?"
    if not names:
        return "; there is none to choose from."
    shown = ", ".join(f"'{candidate}'" for candidate in names[:30])
    return f"; valid are {shown}{', …' if len(names) > 30 else ''}."
