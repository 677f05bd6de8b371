"""Key columns of cells as whole numbers that sort like them: grouping by six columns of text outlasts the whole fit.

Belongs here: coding and decoding of key columns.
Does not belong here: which columns are keys, and what is summed over them (`hazard.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def code_keys(keys: pd.DataFrame) -> tuple[np.ndarray, list[np.ndarray]]:
    """One number per row that orders rows as their key columns do, first column first; and each column's sorted levels.

    A missing value counts as a level of its own, behind all others.
    """
    code, levels = np.zeros(len(keys), dtype=np.int64), []
    for name in keys:
        place, found = pd.factorize(keys[name])
        known = np.asarray(found)
        order = np.argsort(known, kind="stable")
        level, rank = known[order], np.argsort(order, kind="stable")
        if (place < 0).any():
            # The place of a missing value is −1, so the last rank is its own.
            level, rank = np.append(level.astype(object), np.nan), np.append(rank, len(level))
        levels.append(level)
        code = code * len(level) + (rank[place] if len(place) else 0)
    return code, levels


def decode_keys(code: np.ndarray, levels: list[np.ndarray]) -> list[np.ndarray]:
    """The key columns behind the numbers of `code_keys`."""
    columns = []
    for level in reversed(levels):
        code, place = np.divmod(code, max(len(level), 1))
        columns.append(level[place])
    return columns[::-1]
