"""What themes of comments go with: the score of the answer, and leaving within a year of it.

Belongs here: differences between comments of a theme and all other comments. Does not belong here: finding themes
(`comment_themes.py`), sentences (`themes_study.py`).

Differences of means with errors clustered by account (an account that comments ten times is one account). Every
interval holds for all reported themes at once (Bonferroni), because the reader picks the extreme ones. Leaving is
counted over the comments that could be followed for the whole year; the difference at an equal score says whether the
words warn of more than the score does.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.drivers.comment_terms import is_chinese
from roi_models.drivers.comment_themes import Themes
from roi_models.regression.cluster_jackknife import fit_jackknife

MIN_THEME_COMMENTS = 30
MIN_THEME_ACCOUNTS = 20
MIN_LEAVERS = 5
FOLLOWED_MONTHS = 12
_LEVEL = 0.95
TYPES = {
    "theme": "int64", "label": "str", "count_comments": "int64", "count_accounts": "int64", "chinese_share": "float64",
    "mean_score": "float64", "score_difference": "float64", "score_low": "float64", "score_high": "float64",
    "count_followed": "int64", "left_share": "float64", "others_left_share": "float64",
    "risk_difference": "float64", "risk_low": "float64", "risk_high": "float64",
    "equal_score_risk_difference": "float64", "equal_score_risk_low": "float64", "equal_score_risk_high": "float64",
}  # fmt: skip


def theme_effects(comments: pd.DataFrame, themes: Themes) -> pd.DataFrame:
    """A row per theme with enough comments of enough accounts, the lowest scores first.

    `comments`: response_id, account_id, comment, score, has_left (whether the account left within the year after,
    missing where the year is not over). Differences are to all other comments; scores in points of the metric, risks
    as shares (0 to 1). Missing where too few accounts left, or where score and theme cannot be told apart.
    """
    frame = comments.assign(theme=themes.theme, is_chinese=comments["comment"].map(is_chinese).astype(bool))
    # Sums of floats depend on their order.
    frame = frame.sort_values(["account_id", "response_id"], kind="stable")
    held = [place for place in range(len(themes.labels)) if _is_enough(frame, frame["theme"] == place)]
    level = 1 - (1 - _LEVEL) / max(len(held), 1)
    rows = [_row(place, themes.labels[place], frame, level) for place in held]
    table = pd.DataFrame(rows, columns=list(TYPES)).astype(TYPES)
    return table.sort_values(["score_difference", "label"], kind="stable", ignore_index=True)


def _is_enough(frame: pd.DataFrame, chosen: pd.Series) -> bool:
    """Whether both the chosen comments and the others are enough, of enough accounts."""
    parts = (frame[chosen], frame[~chosen])
    return all(len(part) >= MIN_THEME_COMMENTS and part["account_id"].nunique() >= MIN_THEME_ACCOUNTS for part in parts)


def _row(place: int, label: str, frame: pd.DataFrame, level: float) -> dict[str, object]:
    chosen = frame["theme"] == place
    own, followed = frame[chosen], frame[frame["has_left"].notna()]
    has_theme = followed["theme"] == place
    left = followed["has_left"].astype(float)
    score = _difference(frame["score"].astype(float), chosen, frame, level)
    risk = equal = (float("nan"),) * 3
    if _is_enough(followed, has_theme) and _leavers(followed, has_theme) >= MIN_LEAVERS:
        risk = _difference(left, has_theme, followed, level)
        equal = _difference(left, has_theme, followed, level, at_equal_score=True)
    values = (
        place + 1, label, len(own), own["account_id"].nunique(), own["is_chinese"].mean(), own["score"].mean(), *score,
        int(has_theme.sum()), left[has_theme].mean(), left[~has_theme].mean(), *risk, *equal,
    )  # fmt: skip
    return dict(zip(TYPES, values, strict=True))


def _leavers(followed: pd.DataFrame, has_theme: pd.Series) -> int:
    """Accounts that left, on the side that has fewer of them."""
    left = followed["has_left"].astype(bool)
    return min(followed.loc[left & side, "account_id"].nunique() for side in (has_theme, ~has_theme))


def _difference(
    outcome: pd.Series, has_theme: pd.Series, frame: pd.DataFrame, level: float, *, at_equal_score: bool = False
) -> tuple[float, float, float]:
    """Mean of the theme's comments less that of the others, with its interval; missing where it is not estimable."""
    if outcome.nunique() < 2:
        return (float("nan"),) * 3
    columns = [has_theme.to_numpy(float), np.ones(len(frame))]
    if at_equal_score:
        scores = frame["score"].astype(float).to_numpy()
        columns += [(scores == value).astype(float) for value in np.unique(scores)[1:]]
    fit = fit_jackknife(outcome.to_numpy(float), np.column_stack(columns), frame["account_id"].to_numpy(str))
    if fit is None:
        return (float("nan"),) * 3
    return (float(fit.coef[0]), *fit.interval(0, level))
