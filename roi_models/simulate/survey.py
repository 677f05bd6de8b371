"""One month of the relationship survey: who is invited, what each would answer, who does, and when.

Belongs here: the survey's draws, for all contacts of the month's wave, customers still or not.
Does not belong here: who is a customer (`process.py`), tickets and exit surveys (`touchpoints.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roi_models.simulate.setting import Setting

DETRACTOR_MAX = 6
PROMOTER_MIN = 9
_DAY_SECONDS = 86_400
# Invitations leave between 12:00 and 14:00 UTC and answers come between 14:00 and midnight, on the same or a
# later day: nobody answers before the invitation, and no answer falls into the hour that summer time repeats
# in America.
_INVITE_FROM, _INVITE_TO = 12 * 3_600, 14 * 3_600
_LAST_INVITE_DAY = 25
_LAST_LAG_DAY = 20
_LATE_RECORD_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Arrays over the wave's contacts. `score` is what the contact would answer; times are UTC."""

    contact: np.ndarray
    account: np.ndarray
    score: np.ndarray
    is_answering: np.ndarray
    invited_at: np.ndarray
    answered_at: np.ndarray
    recorded_at: np.ndarray


def survey_wave(setting: Setting, *, month: int, satisfaction: np.ndarray, has_decided: np.ndarray) -> Wave:
    """Survey the contacts whose accounts are in this month's wave.

    `satisfaction` (n,) is the latent L, `has_decided` (n,) marks accounts that have decided to leave: their
    answers fall by `early_decision_drop` points. An account is in the wave every third month, so two
    invitations of a contact lie at least 65 days apart.
    """
    p, streams, population = setting.parameters, setting.streams, setting.population
    contact = np.flatnonzero(population.survey_wave[population.contact_account] == month % 3)
    account = population.contact_account[contact]
    role = population.contact_role[contact]
    would_answer = (
        p.answer_mean
        + satisfaction[account]
        - p.early_decision_drop * has_decided[account]
        + population.contact_answer[contact]
        + np.array(p.answer_role)[role]
        + p.answer_noise_sd * streams.generator("answer_noise", month).standard_normal(len(contact))
    )
    logit = (
        p.response_intercept
        + p.response_on_satisfaction * satisfaction[account]
        + p.response_on_answer * (would_answer - p.answer_mean)
        + p.response_of_decided_leavers * has_decided[account]
        + np.array(p.response_role)[role]
        + population.contact_response[contact]
    )
    responds = streams.generator("response", month).random(len(contact)) < 1 / (1 + np.exp(-logit))
    return Wave(
        contact=contact,
        account=account,
        score=np.clip(np.rint(would_answer), 0, 10).astype(np.int8),
        is_answering=responds,
        **_times(setting, month, len(contact)),
    )


def _times(setting: Setting, month: int, size: int) -> dict[str, np.ndarray]:
    """When invitations leave, answers are given, and the survey tool records them (a few, a week late)."""
    streams, lag_mean = setting.streams, setting.parameters.answer_lag_days_mean
    day = streams.generator("survey_day", month).integers(0, _LAST_INVITE_DAY, size)
    lag = streams.generator("answer_lag", month).exponential(lag_mean, size)
    time = streams.generator("answer_time", month).random((3, size))
    late = streams.generator("recorded_late", month).random(size) < setting.parameters.recorded_late_share
    answer_day = day + np.minimum(lag.astype(np.int64), _LAST_LAG_DAY)
    invite_second = (_INVITE_FROM + time[0] * (_INVITE_TO - _INVITE_FROM)).astype(np.int64)
    answer_second = (_INVITE_TO + time[1] * (_DAY_SECONDS - 60 - _INVITE_TO)).astype(np.int64)
    record_lag = 1 + (time[2] * 30).astype(np.int64) + late * _LATE_RECORD_DAYS * _DAY_SECONDS
    start = setting.month_starts[month].astype("datetime64[s]")
    answered_at = start + (answer_day * _DAY_SECONDS + answer_second)
    return {
        "invited_at": start + (day * _DAY_SECONDS + invite_second),
        "answered_at": answered_at,
        "recorded_at": answered_at + record_lag,
    }
