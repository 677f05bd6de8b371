"""How a value is rounded for machines and written for people, by unit: the only place that decides digits.

Belongs here: rounding, thousands separators, unit suffixes, cleaning of missing values.
Does not belong here: HTML (`page.py`), number formats of spreadsheet cells (`workbook.py`).
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal

import pandas as pd

MINUS = "\u2212"
NO_BREAK = "\u00a0"
MISSING = "\u2013"

# Decimals kept in figures.json: enough to recompute what is printed, few enough to be equal on every machine.
KEPT_DECIMALS = {
    "count": 0,
    "draws": 0,
    "money": 2,
    "share_pct": 4,
    "months": 4,
    "years": 4,
    "points": 4,
    "score": 4,
    "z_score": 4,
    "pct_points": 6,
    "ratio": 6,
    "probability": 6,
}

SMALL_RATIO = 1e-4


def to_number(value: object) -> float | int | None:
    """A plain int or float, or None for anything missing, infinite or not a number."""
    if value is None or isinstance(value, str) or value is pd.NaT or pd.isna(value):
        return None
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and not isinstance(value, float) else number


def round_for_unit(value: float | int | None, unit: str) -> float | int | None:
    """The value with the decimals its unit keeps, half to even; money therefore to the cent."""
    if value is None:
        return None
    decimals = KEPT_DECIMALS[unit]
    if unit == "ratio" and 0 < abs(value) < SMALL_RATIO:
        # A p-value of 3e-12 is a fact; six decimals would publish it as nothing.
        return float(f"{value:.3e}")
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
    # `+ 0` turns a negative zero into zero, so that -0.001 and 0.001 publish the same bytes.
    return int(rounded) if decimals == 0 else float(rounded) + 0


# Decimals shown by unit: the first bound that the size reaches decides, else the last number.
_SHOWN: dict[str, tuple[tuple[tuple[float, int], ...], int]] = {
    "share_pct": (((1000, 0), (1, 1)), 2),
    "probability": (((1000, 0), (1, 1)), 2),
    "ratio": (((1000, 0), (10, 2), (0.01, 3)), 4),
    "pct_points": (((0.1, 2),), 3),
    "months": ((), 1),
    "points": ((), 2),
    "score": ((), 2),
    "z_score": ((), 2),
}
_WHOLE_WHERE_WHOLE = ("share_pct", "months", "points")


def _decimals(value: float, unit: str) -> int:
    if unit not in _SHOWN or (unit in _WHOLE_WHERE_WHOLE and float(value).is_integer()):
        return 0
    bounds, otherwise = _SHOWN[unit]
    if value == 0:
        return min((decimals for _, decimals in bounds if decimals), default=otherwise)
    return next((decimals for bound, decimals in bounds if abs(value) >= bound), otherwise)


def _suffix(unit: str) -> str:
    return {
        "share_pct": "%",
        "probability": "%",
        "pct_points": f"{NO_BREAK}pp",
        "months": f"{NO_BREAK}months",
        "years": f"{NO_BREAK}years",
    }.get(unit, "")


def format_value(
    value: float | int | None,
    unit: str,
    *,
    currency: str = "",
    bare: bool = False,
    exact: bool = False,
    signed: bool = False,
) -> str:
    """The value as people read it, e.g. `USD 1,234`, `12.3%`, `+1.21 pp`.

    `bare` leaves the unit out (a table head carries it); `exact` shows money to the cent. Probabilities (0…1)
    are shown as percentages; `signed` writes a rise with its plus. A missing value is an en dash.
    """
    if value is None:
        return MISSING
    shown = value * 100 if unit == "probability" else value
    if unit == "ratio" and 0 < abs(value) < SMALL_RATIO:
        return f"{value:.1e}".replace("-", MINUS)
    decimals = 2 if unit == "money" and exact else _decimals(shown, unit)
    number = Decimal(repr(shown)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
    sign = MINUS if number < 0 else "+" if (signed or unit == "pct_points") and number > 0 else ""
    text = f"{sign}{abs(number):,}"
    if bare:
        return text
    if unit == "money" and currency:
        return f"{currency}{NO_BREAK}{text}"
    suffix = _suffix(unit)
    return text + (suffix.removesuffix("s") if text == "1" else suffix)
