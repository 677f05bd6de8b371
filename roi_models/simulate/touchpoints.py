"""Support tickets with their CSAT and CES questions, and the exit surveys of the `exit_surveys` switch.

Belongs here: feedback that changes nothing later on, drawn from what the process has recorded.
Does not belong here: the relationship survey (`survey.py`), brand rankings (`wallet.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.simulate.parameters import Parameters
from roi_models.simulate.process import History
from roi_models.simulate.setting import Setting

_DAY_SECONDS = 86_400
_SOLVE_DAYS_MEAN = 1.5
_SOLVE_SECONDS_MIN = 1_800
_ANSWER_WITHIN_SECONDS = 2 * _DAY_SECONDS
_EXIT_DAYS_MAX = 14


def draw_tickets(setting: Setting, history: History) -> pd.DataFrame:
    """All tickets, one row each: account, contact, month, opened_at, solved_at, csat_score, ces_score,
    responded_at.

    Tickets opened on or after the day an account leaves do not exist. `csat_score` (1–5) and `ces_score`
    (1–7) are missing, and `responded_at` with them, unless the requester answered while still a customer.
    Times are UTC; `solved_at` or `responded_at` after the last month is missing: the export was pulled
    before.
    """
    frames = [_month_tickets(setting, history, month) for month in range(len(history.months))]
    tickets = pd.concat(frames, ignore_index=True)
    end = setting.month_starts[-1].astype("datetime64[s]")
    left_at = history.event_date[tickets["account"]].astype("datetime64[s]")
    is_unanswered = ~(tickets["responded_at"] < np.minimum(left_at, end))
    for column in ("csat_score", "ces_score", "responded_at"):
        tickets[column] = tickets[column].mask(is_unanswered)
    tickets["solved_at"] = tickets["solved_at"].mask(tickets["solved_at"] >= end)
    tickets = tickets[(tickets["opened_at"] < left_at).to_numpy()]
    return tickets.sort_values(["opened_at", "contact"], kind="stable", ignore_index=True)


def _month_tickets(setting: Setting, history: History, month: int) -> pd.DataFrame:
    """Tickets opened in one month by accounts active when it began, not yet filtered for leaving."""
    p, population, record = setting.parameters, setting.population, history.months[month]
    n = len(population.segment)
    satisfaction, rate = np.zeros(n), np.zeros(n)
    satisfaction[record["account"]] = record["satisfaction"]
    rate[record["account"]] = np.array(p.ticket_rates)[population.segment[record["account"]]]
    rate *= np.exp(p.ticket_on_satisfaction * satisfaction)
    count = poisson_quantile(setting.streams.generator("ticket_count", month).random(n), rate)
    slots = max(int(count.max()), 1)
    account, slot = np.nonzero(np.arange(slots) < count[:, None])

    def draw(purpose: str, kind: str, parts: int = 1) -> np.ndarray:
        # Slot by slot, so that the first tickets of an account are the same however many another one has.
        values = getattr(setting.streams.generator(purpose, month), kind)((slots, parts, n))
        return values[slot, :, account].T

    requester = draw("ticket_contact", "random")[0] * population.count_contacts[account]
    noise = [draw(f"ticket_{name}", "standard_normal")[0] for name in ("effort", "csat", "ces")]
    times = _ticket_times(setting, month, draw("ticket_time", "random", 3))
    is_answered = draw("ticket_response", "random")[0] < p.ticket_response_share
    times["responded_at"] = np.where(is_answered, times["responded_at"], np.datetime64("NaT"))
    return pd.DataFrame(
        {
            "account": account,
            "contact": population.first_contact[account] + requester.astype(np.int64),
            "month": month,
            **times,
            **_ticket_scores(p, satisfaction[account], *noise),
        }
    )


def _ticket_scores(
    parameters: Parameters, satisfaction: np.ndarray, effort: np.ndarray, csat: np.ndarray, ces: np.ndarray
) -> dict[str, pd.api.extensions.ExtensionArray]:
    """What requesters would answer; the last three arguments are standard normal noise."""
    p = parameters
    effort = p.effort_on_satisfaction * satisfaction + effort
    csat = p.csat_mean + p.csat_on_satisfaction * satisfaction + p.csat_on_effort * effort + p.csat_noise_sd * csat
    ces = p.ces_mean + p.ces_on_satisfaction * satisfaction + p.ces_on_effort * effort + p.ces_noise_sd * ces
    return {
        "csat_score": pd.array(np.clip(np.rint(csat), 1, 5), dtype="Int8"),
        "ces_score": pd.array(np.clip(np.rint(ces), 1, 7), dtype="Int8"),
    }


def _ticket_times(setting: Setting, month: int, uniform: np.ndarray) -> dict[str, np.ndarray]:
    """When tickets are opened (any time of the month), solved, and their survey would be answered."""
    opened, solve, answer = uniform
    start, end = setting.month_starts[month : month + 2].astype("datetime64[s]")
    opened_at = start + (opened * (end - start).astype(np.int64)).astype(np.int64)
    solve_seconds = _SOLVE_SECONDS_MIN - np.log1p(-solve) * _SOLVE_DAYS_MEAN * _DAY_SECONDS
    solved_at = opened_at + solve_seconds.astype(np.int64)
    responded_at = solved_at + (60 + answer * _ANSWER_WITHIN_SECONDS).astype(np.int64)
    return {"opened_at": opened_at, "solved_at": solved_at, "responded_at": responded_at}


def poisson_quantile(uniform: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Poisson counts by inversion: a higher rate with the same uniform number never gives fewer."""
    probability = np.exp(-rate)
    cumulative = probability.copy()
    count = np.zeros(len(rate), dtype=np.int64)
    above = uniform > cumulative
    while above.any():
        count += above
        probability = np.where(above, probability * rate / np.maximum(count, 1), probability)
        cumulative = np.where(above, cumulative + probability, cumulative)
        # Rounding may leave the sum short of a uniform number next to 1: stop where nothing more is added.
        above &= (uniform > cumulative) & (probability > 1e-17)
    return count


def draw_exit_answers(setting: Setting, history: History) -> pd.DataFrame:
    """Answers to the survey sent after an account has left: account, contact, month, invited_at, answered_at,
    score.

    Empty unless `exit_survey_share` is above 0. Every contact is asked on the day after the account left and
    answers within two weeks, at midday and in the afternoon, UTC.
    """
    p, streams, population = setting.parameters, setting.streams, setting.population
    contacts = len(population.contact_account)
    draws = streams.generator("exit_survey").random((2, contacts))
    score = p.exit_answer_mean + p.exit_answer_sd * streams.generator("exit_survey", 1).standard_normal(contacts)
    event_month = history.event_month[population.contact_account]
    contact = np.flatnonzero((event_month >= 0) & (draws[0] < p.exit_survey_share))
    account = population.contact_account[contact]
    invited_at = history.event_date[account].astype("datetime64[s]") + (_DAY_SECONDS + 12 * 3_600)
    wait = 2 * 3_600 + (draws[1][contact] * _EXIT_DAYS_MAX).astype(np.int64) * _DAY_SECONDS
    return pd.DataFrame(
        {
            "account": account,
            "contact": contact,
            "month": event_month[contact],
            "invited_at": invited_at,
            "answered_at": invited_at + wait,
            "recorded_at": invited_at + wait + 10,
            "score": np.clip(np.rint(score[contact]), 0, 10).astype(np.int8),
        }
    )
