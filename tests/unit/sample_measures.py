"""What a warehouse might have measured, for tests of the report: numbers hang together, nothing is computed."""

from __future__ import annotations

import pandas as pd

from roi_models.measures import COLUMNS, Measures

HOSTILE_OWNER = "<b onmouseover=alert(1)>Eve</b>"


def frame(name: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(COLUMNS[name]))


def _movement(n: int, score: float | None, change: float | None, *, is_real: bool = False) -> tuple[object, ...]:
    limits = (None, None) if score is None else (score - 8, score + 8)
    return (n, score is None, score, *limits, change, None if change is None else 5.0, is_real)


def score_periods() -> pd.DataFrame:
    nps, csat = ("nps", "Recommendation (0–10)", "nps", True), ("csat", "Satisfaction <support>", "csat", False)
    return frame(
        "score_periods",
        (*csat, "2024-Q3", *_movement(80, 4.1, None), 70.0, 10.0, None, None, None, False),
        (*csat, "2024-Q4", *_movement(82, 4.3, 0.2), 72.0, 9.0, 25, None, None, False),
        ("ces", "Effort", "ces", False, "2024-Q4", *_movement(7, None, None), None, None, None, None, None, False),
        (*nps, "2024-Q2", *_movement(9, None, None), None, None, None, None, None, False),
        (*nps, "2024-Q3", *_movement(320, 44.0625, None), 54.0, 10.0, None, None, None, False),
        (*nps, "2024-Q4", *_movement(307, 30.5, -13.5625, is_real=True), 50.0, 19.5, 135, -0.081, 0.112, False),
    )


def score_slices() -> pd.DataFrame:
    return frame(
        "score_slices",
        ("2024-Q4", "region", "<i>EMEA</i>", *_movement(107, 12.0, -4.9)),
        ("2024-Q4", "region", "AMER", *_movement(90, 31.0, 22.0, is_real=True)),
        ("2024-Q4", "region", "APAC", *_movement(100, 30.0, 1.0)),
        ("2024-Q4", "region", "unknown", *_movement(60, -80.0, None)),
        ("2024-Q4", "segment", "SMB", *_movement(10, None, None)),
        ("2024-Q4", "survey_kind", "relationship", *_movement(307, 30.5, -13.5625, is_real=True)),
    )


def accounts() -> pd.DataFrame:
    at_risk = "3 negative answers to CSAT in a row and a detractor on NPS; renewal in month 2 from now"
    silent = "no nps answer that still counts, last heard 400 days ago"
    return frame(
        "accounts",
        ("A-1", "<img src=x onerror=alert(1)>", HOSTILE_OWNER, "at risk", at_risk, 9_000.5, 2, 3.0, "fresh", 4),
        ("A-2", "=1+1", None, "warning", "detractor on NPS", 12_000.25, 11, 5.5, "stale", 0),
        ("A-3", None, "Ana Ruiz", "silent", silent, 800.0, None, None, "silent", 1),
    )


def measures() -> Measures:
    """Everything measured, with something to complain about everywhere."""
    return Measures(
        score_periods=score_periods(),
        score_slices=score_slices(),
        bridge=frame(
            "bridge",
            (
                *("2024-01", "2024-12", 12, 100_000.0, 5_000.0, 250.5, 8_000.0, 1_000.0, 9_500.25, -120.25),
                *(102_630.0, 0.0, 102_630.0, 1_200_000.0, 1_231_560.0),
            ),
        ),
        retention=frame("retention", (12, 210, 14, 89.5, 97.4, 1.2, 6.667, 6, 2)),
        ledger=frame(
            "ledger",
            ("recurring", "component", 1_210_000.0, 2_400),
            ("credit", "component", -3_000.0, 12),
            ("unconverted", "count", None, 1),
            ("billed", "subtotal", 1_207_000.0, 2_412),
            ("unexplained", "residual", -412.07, None),
            ("ledger", "ledger", 1_206_587.93, None),
        ),
        ledger_months=frame("ledger_months", (11, 2, "2024-05", -400.07)),
        leavers=frame("leavers", (12, 14, 4, 10, 9_500.25, 1_500.25, 8_000.0)),
        accounts=accounts(),
        attention=frame(
            "attention",
            ("advocate", 30, 40_000.0),
            ("at risk", 1, 9_000.5),
            ("silent", 21, 4_100.0),
            ("warning", 1, 12_000.25),
        ),
        margins=frame("margins", (40, 3, 2_100.0, -9_870.55)),
        response_rates=frame(
            "response_rates",
            ("total", "all", 12_583, 4_069, 3, 32.33728),
            ("survey", "<u>Exit</u>", 12, 5, 0, None),
            ("survey", "NPS", 12_571, 4_064, 3, 32.328),
        ),
        match_rates=frame("match_rates", (7_564, 99.1, 40, 28, 93.4, 190, 210)),
        closed_loop=frame(
            "closed_loop",
            ("csat", "Satisfaction <support>", 12, 12, 0, 0, 0, None),
            ("nps", "Recommendation (0–10)", 441, 1, 243, 436, 244, 98.77),
        ),
        coverage=frame("coverage", ("2024-12", 88.0, 95.5)),
        instruments=frame(
            "instruments",
            ("Brands", "2", 18, 0, True, True),
            ("NPS", "1", 2, 1, False, False),
            ("Old", "1", None, None, None, None),
        ),
        signals=frame("signals", ("digit_heaping", 24, 2, 1), ("response_rate_collapse", 33, 3, 1)),
        flagged_signals=frame(
            "flagged_signals",
            ("digit_heaping", HOSTILE_OWNER, "Recommendation (0–10)", "all", 61, 0.82, 0.5),
            ("owner_outlier", "G. Novak", "Effort", "all", 40, -3.7, 3.0),
            ("response_rate_collapse", "NPS", None, "2024-11-01", 300, 0.61, 0.5),
        ),
        competition=frame(
            "competition",
            ("2024", "Us & Co", True, "rating", 83, False, 1.0, 8.1, -0.2, 0.1),
            ("2024", "Northwind", False, "rating", 66, False, 2.0, 7.4, 0.3, -0.1),
            ("2024", "Fabrikam", False, "rating", 13, True, None, None, None, None),
        ),
        repertoire=frame("repertoire", ("too_few_brands", "Fewer brands than the least number", 270, 56)),
        definitions={"marts.agg_revenue_retention.grr_pct": "Gross revenue retention (GRR): kept < opening"},
    )
