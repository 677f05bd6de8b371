"""The other feedback files: invitations, tickets with their questions, brand rankings, follow-ups,
questionnaires.

Belongs here: one function per file, from simulation and roster to CSV bytes.
Does not belong here: the Qualtrics export (`qualtrics.py`), customers (`crm_files.py`), money
(`billing_files.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.demo.roster import Roster
from orchestration.demo.texts import cents_text, cosmetic_generator, csv_bytes, decimal_comma, utc_text
from orchestration.demo.verbatims import comments
from roi_models.simulate import Simulation

_BRANDS = np.array(["Us", "Northwind", "Contoso", "Fabrikam"])
_CHANNELS = np.array(["email", "web", "chat", "phone"])
_CASE_OWNERS = np.array(["Dana Fox", "Igor Petrov", "Lucía Vega", "Tom Okoro"])
_FIRST_TICKET = 10_001


def invitations_file(simulation: Simulation, roster: Roster) -> bytes:
    """survey_invitations.csv: every invitation of the relationship survey that was sent."""
    sent = simulation.invitations
    numbers = np.arange(1, len(sent) + 1).astype(str)
    return csv_bytes(
        pd.DataFrame(
            {
                "invitation_id": np.char.add("INV", np.char.zfill(numbers, 7)),
                "contact_id": roster.contact_ids[sent["contact"]],
                "survey": "NPS",
                "channel": "email",
                "sent_at": utc_text(sent["invited_at"]),
            }
        )
    )


def tickets_file(simulation: Simulation, roster: Roster) -> bytes:
    """zendesk_tickets.csv: tickets, with CSAT (1–5) and CES (1–7) in columns, blank where not answered."""
    tickets, generator = simulation.tickets, cosmetic_generator(simulation.seed, "tickets")
    csat = tickets["csat_score"]
    cost_cents = 400 + (generator.random(len(tickets)) * 4_400).astype(np.int64)
    text = comments(generator, csat.fillna(3).to_numpy(dtype=np.int64), low_max=2, high_min=5)
    return csv_bytes(
        pd.DataFrame(
            {
                "ticket_id": np.arange(_FIRST_TICKET, _FIRST_TICKET + len(tickets)),
                "requester_email": roster.emails[tickets["contact"]],
                "organization_external_id": roster.account_ids[tickets["account"]],
                "created_at": utc_text(tickets["opened_at"]),
                "solved_at": utc_text(tickets["solved_at"]),
                "channel": _CHANNELS[(generator.random(len(tickets)) * len(_CHANNELS)).astype(np.int64)],
                "handling_cost_usd": cents_text(cost_cents),
                "csat_score": csat,
                "ces_score": tickets["ces_score"],
                "survey_responded_at": utc_text(tickets["responded_at"]),
                "survey_comment": np.where(csat.isna(), "", text),
            }
        )
    )


def brand_ratings_file(simulation: Simulation, roster: Roster) -> bytes:
    """brand_ratings.csv: one row per respondent and brand; semicolons, decimal commas, shares in per cent."""
    ratings = simulation.brand_ratings
    numbers = np.char.zfill((ratings["rating"].to_numpy() + 1).astype(str), 6)
    value = np.clip(7 + ratings["utility"].to_numpy(), 0, 10)
    return csv_bytes(
        pd.DataFrame(
            {
                "respondent": np.char.add("BR-", numbers),
                "account": roster.account_ids[ratings["account"]],
                "answered_at": utc_text(ratings["responded_at"]),
                "brand": _BRANDS[ratings["brand"]],
                "is_us": np.where(ratings["brand"] == 0, "yes", "no"),
                "rank": decimal_comma(ratings["mid_rank"].to_numpy(), 1),
                "spend_share_pct": decimal_comma(100 * ratings["spend_share"].to_numpy(), 2),
                "perceived_value": decimal_comma(value, 1),
            }
        ),
        separator=";",
    )


def follow_ups_file(simulation: Simulation, roster: Roster) -> bytes:
    """follow_ups.csv: one case per detractor's answer, with the arm that its account was randomised to."""
    cases, generator = simulation.follow_ups, cosmetic_generator(simulation.seed, "follow_ups")
    numbers = np.char.zfill(np.arange(1, len(cases) + 1).astype(str), 6)
    owner = (generator.random(len(cases)) * len(_CASE_OWNERS)).astype(np.int64)
    return csv_bytes(
        pd.DataFrame(
            {
                "case_no": np.char.add("FU-", numbers),
                "response_id": roster.response_ids[cases["answer"]],
                "account": roster.account_ids[cases["account"]],
                "opened_at": utc_text(cases["opened_at"]),
                "owner": _CASE_OWNERS[owner],
                "first_action_at": utc_text(cases["acted_at"]),
                "closed_at": utc_text(cases["closed_at"]),
                "arm": np.where(cases["is_treated"], "Treatment", "Control"),
            }
        )
    )


def questionnaires_file(_simulation: Simulation, _roster: Roster) -> bytes:
    """questionnaires.csv: the surveys' instruments."""
    return csv_bytes(
        pd.DataFrame(
            [
                ("NPS", "1", 2, 1),
                ("Tickets", "1", 3, 1),
                ("Brands", "1", 3, 0),
                ("Exit", "1", 2, 1),
            ],
            columns=["survey", "version", "questions", "open_questions"],
        )
    )
