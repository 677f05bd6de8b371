"""Grading: a number held against a bound for REVIEW and one for FAIL.

Belongs here: what all checks of a single number share. Does not belong here: the bounds (`thresholds.py`), the checks.
"""

from __future__ import annotations

from roi_models.verdicts.judgement import Check, Level


def graded(
    check_id: str,
    label: str,
    value: float,
    *,
    bounds: tuple[float, float | None],
    sentence: str,
    recommendation: str,
    higher_is_better: bool = False,
    unit: str = "",
) -> Check:
    """A check of one number with a bound for REVIEW and, unless None, one for FAIL."""
    review, fail = bounds
    sign = -1 if higher_is_better else 1
    level = Level.REVIEW if sign * value > sign * review else Level.PASS
    if fail is not None and sign * value > sign * fail:
        level = Level.FAIL
    side = "below" if higher_is_better else "above"
    threshold = f"REVIEW {side} {review:g}{unit}" + ("" if fail is None else f", FAIL {side} {fail:g}{unit}")
    return Check(
        id=check_id,
        label=label,
        value=float(value),
        threshold=threshold,
        level=level,
        sentence=sentence,
        recommendation=recommendation if level != Level.PASS else "",
    )
