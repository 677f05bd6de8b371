"""The study "themes": what customers write about, as sentences and one table.

Belongs here: wording and the declaration of the table. Does not belong here: finding themes (`comment_themes.py`),
what they go with (`theme_effects.py`).
"""

from __future__ import annotations

import pandas as pd

from roi_models.drivers.comment_themes import NO_THEME, find_themes
from roi_models.drivers.theme_effects import TYPES, theme_effects
from roi_models.study import Section, Shown, Study, StudyTable

TABLE = "comment_themes"
_SHOWN_THEMES = 8


def study_themes(comments: pd.DataFrame, *, metric_label: str) -> Study:
    """Themes of the comments beside the overall metric; the frame as `theme_effects` takes it."""
    written = comments[comments["comment"].fillna("").str.strip() != ""].reset_index(drop=True)
    if written.empty:
        return _study(_empty(), ("No themes: no comments are supplied with the answers.",), metric_label)
    try:
        themes = find_themes(written["comment"], written["account_id"])
    except ValueError as reason:
        return _study(_empty(), (f"No themes of comments are shown. {reason}",), metric_label)
    table = theme_effects(written, themes)
    if table.empty:
        reason = "No theme is shown: none is shared by enough comments of enough accounts."
        return _study(table, (reason,), metric_label)
    placed = int((themes.theme != NO_THEME).sum())
    return _study(table, (_of_scores(table, placed, len(written), metric_label), _of_risk(table)), metric_label)


def _empty() -> pd.DataFrame:
    return pd.DataFrame(columns=list(TYPES)).astype(TYPES)


def _of_scores(table: pd.DataFrame, placed: int, written: int, metric_label: str) -> str:
    known = table.dropna(subset=["score_difference"])
    said = f"{placed:,} of {written:,} comments fall into themes, found by their words alone."
    lower = known[known["score_high"] < 0]
    if lower.empty:
        return f"{said} None goes with a lower {metric_label} than other comments, beyond chance."
    worst = lower.iloc[0]
    return (
        f"{said} '{worst.label}' goes with the lowest {metric_label}: {worst.score_difference:+.1f} points against "
        f"other comments ({worst.score_low:+.1f} to {worst.score_high:+.1f})."
    )


def _of_risk(table: pd.DataFrame) -> str:
    known = table.dropna(subset=["risk_difference"])
    if known.empty:
        return "Too few accounts left within a year of a comment to say which themes warn of it."
    certain = known[known["risk_low"] > 0]
    if certain.empty:
        return "No theme is followed by more departures within a year than other comments, beyond chance."
    worst = certain.sort_values(["risk_difference", "label"], ascending=[False, True], kind="stable").iloc[0]
    beyond = "and at an equal score too" if worst.equal_score_risk_low > 0 else "which its lower score may explain"
    return (
        f"'{worst.label}' is followed by more departures within a year than other comments: "
        f"{100 * worst.risk_difference:+.1f} percentage points ({100 * worst.risk_low:+.1f} to "
        f"{100 * worst.risk_high:+.1f}), {beyond}."
    )


def _study(frame: pd.DataFrame, sentences: tuple[str, ...], metric_label: str) -> Study:
    table = StudyTable(
        name=TABLE,
        frame=frame,
        keys=("theme",),
        named_by="label",
        caption="Themes of comments, the lowest scores first; intervals hold for all themes at once",
        rows=_SHOWN_THEMES,
        shown=_shown(metric_label),
    )
    return Study(
        id="themes",
        section=Section.DRIVERS,
        title="What customers write about",
        sentences=sentences,
        tables=(table,),
    )


def _shown(metric_label: str) -> tuple[Shown, ...]:
    return (
        Shown(column="count_comments", heading="Comments", unit="count", definition="Comments of the theme '{label}'."),
        Shown(
            column="chinese_share",
            heading="In Chinese",
            unit="share_pct",
            scale=100,
            definition="Share of the comments of '{label}' that are written in Chinese characters.",
        ),
        Shown(
            column="score_difference",
            heading=f"{metric_label} against other comments",
            unit="points",
            low="score_low",
            high="score_high",
            is_signed=True,
            definition=f"Mean {metric_label} answer with a comment of '{{label}}' less that with any other comment.",
        ),
        Shown(
            column="risk_difference",
            heading="Left within a year",
            unit="pct_points",
            scale=100,
            low="risk_low",
            high="risk_high",
            is_signed=True,
            definition="Share of comments of '{label}' whose account left within 12 months, less that of others.",
        ),
    )
