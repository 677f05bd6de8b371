"""What respondents write: short comments that fit the score, some awkward for a CSV reader.

Belongs here: wording and the choice of it.
Does not belong here: scores (`roi_models/simulate`).
"""

from __future__ import annotations

import numpy as np

from orchestration.demo.texts import CosmeticDraws

_LOW = (
    "Support keeps closing tickets that are not solved.",
    "Too expensive for what we use.\nWe are looking at alternatives.",
    'They call it "priority support"; we waited nine days.',
    "响应太慢，问题一直没有解决。",
    "Three outages in one quarter, and no call from anyone.",
    "=SUM(everything) goes wrong on export day; please fix the reports.",
)
_MIDDLE = (
    "Does what it should.",
    "Good product, slow onboarding, and the invoices are hard to read.",
    "Fine, but reporting could be faster.\n\nOtherwise no complaints.",
    "功能不错，价格偏高。",
    'Colleagues say "it is OK", and so do I.',
    "- no comment -",
)
_HIGH = (
    "Our account manager knows our business. Great!",
    "Never had an issue; set up within a day.",
    'Best tool we bought this year, "hands down".',
    "服务很好，非常满意！",
    "Reliable.\nFast.\nFriendly.",
    "+1 for the new dashboards",
)
COMMENT_SHARE = 0.3


def comments(
    generator: np.random.Generator | CosmeticDraws, scores: np.ndarray, *, low_max: int, high_min: int
) -> np.ndarray:
    """A comment for `COMMENT_SHARE` of the scores, blank for the rest; at most `low_max` complains,
    `high_min` praises."""
    draws = generator.random((2, len(scores)))
    place = (draws[1] * len(_LOW)).astype(np.int64)
    mood = np.where(scores <= low_max, 0, np.where(scores >= high_min, 2, 1))
    texts = np.array([_LOW, _MIDDLE, _HIGH], dtype=object)
    return np.where(draws[0] < COMMENT_SHARE, texts[mood, place], "")
