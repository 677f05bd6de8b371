"""Whether the predictions per account may be believed: foretelling a year not seen, chance, and scores of one answer.

Belongs here: from out-of-year calibration and the predictions' totals to sentences. Does not belong here: predicting
(`account_predictions.py`), judging years (`rolling_origin.py`), the list of accounts (the section's own table).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.predictions.account_predictions import AccountPredictions
from roi_models.study import Section, Study, StudyTable

ID = "foretold"
TABLE = "rolling_origin"


def trust_predictions(years: pd.DataFrame, predictions: AccountPredictions, *, currency: str) -> Study:
    """Tell the last year that was held out, the range of what may leave, and how scores of one answer were used.

    `years`: the frame of `rolling_origin`.
    """
    sentences = [_held_out(years)]
    if predictions.total is not None:
        sentences += [_chance(predictions, currency), _few_answers(predictions)]
    return Study(
        id=ID,
        section=Section.STAKE,
        title="How far to trust the list",
        sentences=tuple(sentences),
        tables=(StudyTable(name=TABLE, frame=years),),
    )


def _held_out(years: pd.DataFrame) -> str:
    """The last year against what the years before it expected."""
    if years.empty:
        return "The history holds one calendar year, so the predictions could not be tried on a year they had not seen."
    last = years.iloc[-1]
    if not np.isfinite(last["ratio"]):
        return f"The predictions could not be tried on a year they had not seen. {last['problem']}"
    told = (
        f"Learned from the years before {last['year']}, the model expected {last['predicted']:.0f} departures in "
        f"{last['year']}, and {last['observed']:.0f} came: {last['ratio']:.2f} times as many (95% interval "
        f"{last['ratio_low']:.2f} to {last['ratio_high']:.2f})."
    )
    return f"{told} {_level_words(last)}{_slope_words(last)}"


def _level_words(last: pd.Series) -> str:
    if last["ratio_low"] > 1:
        return "Read the chances below as too low."
    if last["ratio_high"] < 1:
        return "Read the chances below as too high."
    return "That is within chance."


def _slope_words(last: pd.Series) -> str:
    if not np.isfinite(last["slope"]):
        return ""
    limits = f" (slope {last['slope']:.2f}, {last['slope_low']:.2f} to {last['slope_high']:.2f})"
    if last["slope_low"] <= 0:
        return f" Leavers were not told from stayers{limits}: use neither the order of the list nor its chances."
    if last["slope_high"] < 1:
        return f" Differences between accounts are overstated{limits}: trust the order more than the size."
    if last["slope_low"] > 1:
        return f" Differences between accounts are understated{limits}."
    return f" Differences between accounts were about right{limits}."


def _chance(predictions: AccountPredictions, currency: str) -> str:
    total = predictions.total
    expected = f"{currency} {_round(total.expected_low):,.0f} to {_round(total.expected_high):,.0f}"
    outcome = f"{currency} {_round(total.outcome_low):,.0f} to {_round(total.outcome_high):,.0f}"
    return (
        f"The revenue at risk in all is known to {expected} (95%). Each account either stays or goes, so what does "
        f"leave may be anything from {outcome}."
    )


def _round(amount: float) -> float:
    """Three digits: a range of chance has no more."""
    return float(f"{amount:.3g}")


def _few_answers(predictions: AccountPredictions) -> str:
    """What was done about scores of one answer."""
    single = int((predictions.table["count_answers"] == 1).sum())
    if not single:
        return "No active account's score rests on a single answer."
    accounts = f"{single:,} active account{'s have' if single > 1 else ' has'} a score of one answer only"
    if predictions.reliability.problem is not None:
        return f"{accounts}: read them with care. {predictions.reliability.problem}"
    pulled = 100 * (1 - float(predictions.reliability.weight(np.array([1]))[0]))
    return f"{accounts}: before predicting, such scores are pulled {pulled:.0f}% of the way to the average."
