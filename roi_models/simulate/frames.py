"""The simulation as frames: what happened, in the shape that exports and validity tests read.

Belongs here: `Simulation`, and turning the process's arrays into its frames.
Does not belong here: draws that feed back (`process.py`), file formats (`orchestration/demo`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from roi_models.simulate.money import RATE_UNIT, euro_rates
from roi_models.simulate.parameters import ROLES, SEGMENTS, Parameters
from roi_models.simulate.population import REGIONS, Population
from roi_models.simulate.process import NEVER, History, run_process
from roi_models.simulate.setting import Setting
from roi_models.simulate.streams import Streams
from roi_models.simulate.survey import DETRACTOR_MAX
from roi_models.simulate.touchpoints import draw_exit_answers, draw_tickets
from roi_models.simulate.wallet import draw_brand_ratings

_FOLLOW_UP_DAYS_MAX = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """Everything that was drawn.

    `account`, `contact` and `answer` are row numbers; money is int64 cents; times are UTC; "(truth)" marks
    what no company could know.

    - accounts: account, segment, region, currency_code, price, tenure_start (negative: joins later),
      mrr_start_cents, is_treated, between (truth), event_month (−1: still a customer), event_kind, event_date (of
      the first departure), is_gamed (truth: somebody else answers)
    - contacts: contact, account, role
    - account_months, one row per account-month at risk: account, month, mrr_cents, tenure, renewal,
      voluntary, involuntary, has_decided (truth), movement (+1 expanded, −1 shrank, from next month on),
      satisfaction (truth), is_returned (the account had left before)
    - churn_events, by date: account, event_date, kind (voluntary, involuntary, contraction)
    - invitations of the relationship survey: contact, account, month, invited_at
    - answers, in order of recording: answer, account, contact, month, survey (relationship, exit),
      invited_at, answered_at, recorded_at, score (0–10)
    - tickets: see `touchpoints.draw_tickets`
    - brand_ratings: see `wallet.draw_brand_ratings`
    - follow_ups, one per detractor's answer: answer, account, opened_at, is_treated, acted_at, closed_at
    - fx_rates: month, currency_code, rate (ten-thousandths of a dollar per unit)

    `month_starts` holds the first day of every month and of the month after the last. `parts` says of how many rows of
    each group of customers a frame is made, in their order (`company.py`); without it all are of one.
    """

    seed: int
    switches: frozenset[str]
    parameters: Parameters
    month_starts: np.ndarray
    accounts: pd.DataFrame
    contacts: pd.DataFrame
    account_months: pd.DataFrame
    churn_events: pd.DataFrame
    invitations: pd.DataFrame
    answers: pd.DataFrame
    tickets: pd.DataFrame
    brand_ratings: pd.DataFrame
    follow_ups: pd.DataFrame
    fx_rates: pd.DataFrame
    parts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def part_sizes(self, frame: str) -> tuple[int, ...]:
        """Rows of a frame by group of customers."""
        return self.parts.get(frame, (len(getattr(self, frame)),))


def build_simulation(setting: Setting, *, switches: frozenset[str]) -> Simulation:
    """Run the process and everything that reads it; see `roi_models.simulate.simulate`."""
    streams, p, population = setting.streams, setting.parameters, setting.population
    history = run_process(setting)
    invitations, answers = _survey_frames(setting, history)
    account_months = pd.concat(
        [pd.DataFrame({"month": month, **record}) for month, record in enumerate(history.months)],
        ignore_index=True,
    ).assign(is_returned=False)
    return Simulation(
        seed=streams.seed,
        switches=switches,
        parameters=p,
        month_starts=setting.month_starts,
        accounts=_accounts(population, history),
        contacts=pd.DataFrame(
            {
                "contact": np.arange(len(population.contact_account)),
                "account": population.contact_account,
                "role": np.array(ROLES)[population.contact_role],
            }
        ),
        account_months=account_months,
        churn_events=_churn_events(setting, history, account_months),
        invitations=invitations,
        answers=answers,
        tickets=draw_tickets(setting, history),
        brand_ratings=draw_brand_ratings(setting, history),
        follow_ups=_follow_ups(setting, history, answers),
        fx_rates=_fx_rates(streams, p, setting.months),
    )


def _accounts(population: Population, history: History) -> pd.DataFrame:
    """One row per account: what never changes, and how the account ended."""
    has_left = history.event_month != NEVER
    kind = np.where(history.is_voluntary, "voluntary", "involuntary").astype(object)
    return pd.DataFrame(
        {
            "account": np.arange(len(population.segment)),
            "segment": np.array(SEGMENTS)[population.segment],
            "region": np.array(REGIONS)[population.region],
            "currency_code": np.where(population.is_euro, "EUR", "USD"),
            "price": population.price,
            "tenure_start": population.tenure_start,
            "mrr_start_cents": population.mrr_cents,
            "is_treated": population.is_treated,
            "between": population.between,
            "event_month": history.event_month,
            "event_kind": np.where(has_left, kind, None),
            "event_date": np.where(has_left, history.event_date, np.datetime64("NaT")).astype("datetime64[s]"),
            "is_gamed": False,
        }
    )


def _survey_frames(setting: Setting, history: History) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Invitations sent and answers given: to and by customers, recorded before the last month ends."""
    waves = pd.concat(
        [
            pd.DataFrame(
                {
                    "contact": wave.contact,
                    "account": wave.account,
                    "month": month,
                    "invited_at": wave.invited_at,
                    "answered_at": wave.answered_at,
                    "recorded_at": wave.recorded_at,
                    "score": wave.score,
                    "is_answering": wave.is_answering,
                }
            )
            for month, wave in enumerate(history.waves)
        ],
        ignore_index=True,
    )
    left_at = history.event_date[waves["account"]].astype("datetime64[s]")
    end = setting.month_starts[-1].astype("datetime64[s]")
    waves["is_answering"] &= (waves["answered_at"] < left_at) & (waves["recorded_at"] < end)
    is_sent = (waves["invited_at"] < left_at).to_numpy()
    invitations = waves.loc[is_sent, ["contact", "account", "month", "invited_at"]]
    answers = waves[waves["is_answering"]].drop(columns="is_answering").assign(survey="relationship")
    exits = draw_exit_answers(setting, history)
    answers = pd.concat([answers, exits[exits["recorded_at"] < end].assign(survey="exit")])
    answers = answers.sort_values(["recorded_at", "contact"], kind="stable", ignore_index=True)
    answers.insert(0, "answer", np.arange(len(answers)))
    return invitations.sort_values(["invited_at", "contact"], kind="stable", ignore_index=True), answers


def _churn_events(setting: Setting, history: History, account_months: pd.DataFrame) -> pd.DataFrame:
    """Departures, and contractions dated by the same day draw as a departure of that month would be."""
    left = np.flatnonzero(history.event_month != NEVER)
    departures = pd.DataFrame(
        {
            "account": left,
            "event_date": history.event_date[left].astype("datetime64[s]"),
            "kind": np.where(history.is_voluntary[left], "voluntary", "involuntary"),
        }
    )
    starts, n = setting.month_starts, len(history.event_month)
    frames = [departures]
    for month, rows in account_months[account_months["movement"] == -1].groupby("month"):
        account = rows["account"].to_numpy()
        day = setting.streams.generator("event_day", month).random(n)[account]
        days = (starts[month + 1] - starts[month]).astype(np.int64)
        dates = (starts[month] + (day * days).astype(np.int64)).astype("datetime64[s]")
        frames.append(pd.DataFrame({"account": account, "event_date": dates, "kind": "contraction"}))
    return pd.concat(frames).sort_values(["event_date", "account", "kind"], kind="stable", ignore_index=True)


def _follow_ups(setting: Setting, history: History, answers: pd.DataFrame) -> pd.DataFrame:
    """One follow-up per detractor's answer: both arms are opened, treated accounts that remain are called."""
    is_case = (answers["score"] <= DETRACTOR_MAX) & (answers["survey"] == "relationship")
    cases = answers.loc[is_case, ["answer", "account", "contact", "month", "recorded_at"]].reset_index(drop=True)
    contacts = len(setting.population.contact_account)
    uniform = np.zeros((3, len(cases)))
    for month, rows in cases.groupby("month"):
        draws = setting.streams.generator("follow_up_time", month).random((3, contacts))
        uniform[:, rows.index] = draws[:, rows["contact"]]
    opened_at = cases["recorded_at"].to_numpy() + (60 + uniform[0] * 3_600).astype(np.int64)
    acted_at = opened_at + (3_600 + uniform[1] * _FOLLOW_UP_DAYS_MAX * 86_400).astype(np.int64)
    closed_at = acted_at + (3_600 + uniform[2] * _FOLLOW_UP_DAYS_MAX * 86_400).astype(np.int64)
    is_treated = setting.population.is_treated[cases["account"]]
    end = setting.month_starts[-1].astype("datetime64[s]")
    last = np.minimum(history.event_date[cases["account"]].astype("datetime64[s]"), end)
    return pd.DataFrame(
        {
            "answer": cases["answer"],
            "account": cases["account"],
            "opened_at": opened_at,
            "is_treated": is_treated,
            "acted_at": np.where(is_treated & (acted_at < last), acted_at, np.datetime64("NaT")),
            "closed_at": np.where(closed_at < end, closed_at, np.datetime64("NaT")),
        }
    )


def _fx_rates(streams: Streams, parameters: Parameters, months: int) -> pd.DataFrame:
    """Rates of every month and currency, the dollar's own included."""
    rates = np.concatenate([euro_rates(streams, parameters, months), np.full(months, RATE_UNIT)])
    return pd.DataFrame(
        {
            "month": np.tile(np.arange(months), 2),
            "currency_code": np.repeat(["EUR", "USD"], months),
            "rate": rates,
        }
    ).sort_values(["month", "currency_code"], ignore_index=True)
