"""Support tickets as Zendesk exports them, with the two questions asked after each, and what low answers led to.

Belongs here: the tickets' file; the effort question's earlier scale; a few accounts' angry end; cases on tickets.
Does not belong here: drawing tickets (`roi_models/simulate/touchpoints.py`), calls to detractors (`survey_files.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.demo.roster import Roster
from orchestration.demo.texts import CosmeticDraws, cents_text, cosmetic_generator, csv_bytes, utc_text
from orchestration.demo.verbatims import comments
from roi_models.simulate import Simulation

_CHANNELS = np.array(["email", "web", "chat", "phone"])
_TOPICS = np.array(["Setup", "How-to", "Billing", "Renewal"])
_FIRST_TICKET = 10_001
# For half a year the effort question had five answers; then it was asked on seven.
OLD_SCALE_MONTHS, OLD_SCALE_MAX, SCALE_MAX = 6, 5, 7
# Accounts that end on three bad answers in a row, all people of which were detractors when last heard.
ANGRY_ACCOUNTS, ANGRY_TICKETS = 5, 3
_HEARD_DAYS = 365
_DETRACTOR_MAX = 6
LOW_CSAT_MAX, LOW_CES_MAX, LOW_OLD_CES_MAX = 2, 3, 2
_ROUTED_SHARE = 0.9
_DAY = 86_400


def tickets_file(simulation: Simulation, roster: Roster) -> bytes:
    """zendesk_tickets.csv: tickets, with CSAT (1–5) and CES (1–5, then 1–7) in columns, blank where not answered."""
    drawn, angry = simulation.tickets, angry_tickets(simulation)
    tickets = all_tickets(simulation)
    generator = CosmeticDraws(simulation, "tickets", "tickets")
    more = cosmetic_generator(simulation.seed, "angry_tickets")
    csat = tickets["csat_score"]
    cost_cents = 400 + (_both(generator, more, drawn, angry) * 4_400).astype(np.int64)
    text = np.concatenate(
        [
            comments(source, part["csat_score"].fillna(3).to_numpy(dtype=np.int64), low_max=2, high_min=5)
            for source, part in ((generator, drawn), (more, angry))
        ]
    )
    channel = _both(generator, more, drawn, angry)
    topic = cosmetic_generator(simulation.seed, "ticket_topics").random(len(tickets))
    ces, scale_max = asked_effort(tickets)
    return csv_bytes(
        pd.DataFrame(
            {
                "ticket_id": ticket_ids(tickets),
                "requester_email": roster.emails[tickets["contact"]],
                "organization_external_id": roster.account_ids[tickets["account"]],
                "created_at": utc_text(tickets["opened_at"]),
                "solved_at": utc_text(tickets["solved_at"]),
                "channel": _CHANNELS[(channel * len(_CHANNELS)).astype(np.int64)],
                "topic": _TOPICS[(topic * len(_TOPICS)).astype(np.int64)],
                "handling_cost_usd": cents_text(cost_cents),
                "csat_score": csat,
                "ces_score": ces,
                "ces_scale_max": scale_max,
                "survey_responded_at": utc_text(tickets["responded_at"]),
                "survey_comment": np.where(csat.isna(), "", text),
            }
        )
    )


def _both(
    generator: np.random.Generator, more: np.random.Generator, drawn: pd.DataFrame, angry: pd.DataFrame
) -> np.ndarray:
    """Uniform numbers for both parts; the added tickets must not move the numbers of the drawn ones."""
    return np.concatenate([generator.random(len(drawn)), more.random(len(angry))])


def all_tickets(simulation: Simulation) -> pd.DataFrame:
    """The simulation's tickets, then those of accounts that end angry."""
    return pd.concat([simulation.tickets, angry_tickets(simulation)], ignore_index=True)


def ticket_ids(tickets: pd.DataFrame) -> np.ndarray:
    """Numbers of the tickets, in the order of their rows."""
    return np.arange(_FIRST_TICKET, _FIRST_TICKET + len(tickets))


def asked_effort(tickets: pd.DataFrame) -> tuple[pd.Series, np.ndarray]:
    """Effort scores on the scale asked at the time, and that scale's end: 1–7 answers, at first squeezed into 1–5."""
    is_old = (tickets["month"] < OLD_SCALE_MONTHS).to_numpy()
    score = tickets["ces_score"]
    squeezed = ((score.astype("Float64") - 1) * (OLD_SCALE_MAX - 1) / (SCALE_MAX - 1) + 1).round().astype("Int8")
    return score.mask(is_old, squeezed), np.where(is_old, OLD_SCALE_MAX, SCALE_MAX)


def angry_tickets(simulation: Simulation) -> pd.DataFrame:
    """Three tickets with the lowest satisfaction in the last days, each from the first few accounts fit for it.

    Fit are accounts that stay, whose people were all detractors when last heard, and that rate no other ticket in
    these days. They are placed and not drawn: nothing else follows from them, and no answer on recommending changes.
    """
    end = simulation.month_starts[-1].astype("datetime64[s]")
    answers = simulation.answers[simulation.answers["recorded_at"] >= end - _HEARD_DAYS * _DAY]
    latest = answers.sort_values(["answered_at", "answer"]).groupby("contact").tail(1)
    worst = latest.groupby("account")["score"].max()
    stays = simulation.accounts.loc[simulation.accounts["event_month"] < 0, "account"]
    late = simulation.tickets.loc[simulation.tickets["responded_at"] >= end - 5 * _DAY, "account"]
    fit = sorted(set(worst.index[worst <= _DETRACTOR_MAX]) & set(stays) - set(late))[:ANGRY_ACCOUNTS]
    account = np.repeat(np.array(fit, dtype=np.int64), ANGRY_TICKETS)
    first_contact = simulation.contacts.groupby("account")["contact"].min()
    opened_at = end - (np.tile(np.arange(ANGRY_TICKETS, 0, -1), len(fit)) * _DAY).astype(np.int64)
    low = pd.array(np.ones(len(account), dtype=np.int8), dtype="Int8")
    return pd.DataFrame(
        {
            "account": account,
            "contact": first_contact.reindex(account).to_numpy(dtype=np.int64),
            "month": len(simulation.month_starts) - 2,
            "opened_at": opened_at,
            "solved_at": opened_at + 6 * 3_600,
            "responded_at": opened_at + 8 * 3_600,
            "csat_score": low,
            "ces_score": low + 1,
        }
    )


def ticket_follow_ups(simulation: Simulation) -> pd.DataFrame:
    """Cases opened on low answers about tickets: ticket_id, account, opened_at, is_treated, acted_at, closed_at.

    One low answer in ten is routed to nobody. As with detractors, control accounts are not called; unlike there, a
    call changes nothing that an account thinks.
    """
    tickets = all_tickets(simulation)
    ces, scale_max = asked_effort(tickets)
    low_ces = np.where(scale_max == SCALE_MAX, LOW_CES_MAX, LOW_OLD_CES_MAX)
    is_low = (tickets["csat_score"] <= LOW_CSAT_MAX) | (ces <= low_ces)
    draws = cosmetic_generator(simulation.seed, "ticket_follow_ups").random((len(tickets), 4)).T
    chosen = is_low.fillna(False).to_numpy(dtype=bool) & tickets["responded_at"].notna().to_numpy()
    chosen &= draws[0] < _ROUTED_SHARE
    cases, draws = tickets[chosen], draws[1:, chosen]
    end = simulation.month_starts[-1].astype("datetime64[s]")
    opened_at = cases["responded_at"].to_numpy(dtype="datetime64[s]") + (60 + draws[0] * 3_600).astype(np.int64)
    acted_at = opened_at + (1_800 + draws[1] * 9 * _DAY).astype(np.int64)
    closed_at = acted_at + (1_800 + draws[2] * 5 * _DAY).astype(np.int64)
    is_treated = simulation.accounts["is_treated"].to_numpy()[cases["account"]]
    nothing = np.datetime64("NaT")
    return pd.DataFrame(
        {
            "ticket_id": ticket_ids(tickets)[chosen],
            "account": cases["account"].to_numpy(),
            "opened_at": opened_at,
            "is_treated": is_treated,
            "acted_at": np.where(is_treated & (acted_at < end), acted_at, nothing),
            "closed_at": np.where(closed_at < end, closed_at, nothing),
        }
    )[opened_at < end]
