"""The other feedback files: invitations, ratings of attributes, brand rankings, follow-ups, questionnaires.

Belongs here: one function per file, from simulation and roster to CSV bytes.
Does not belong here: the Qualtrics export (`qualtrics.py`), tickets (`tickets.py`), employees (`staff_files.py`),
customers (`crm_files.py`), money (`billing_files.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.demo.roster import Roster
from orchestration.demo.texts import CosmeticDraws, cosmetic_generator, csv_bytes, decimal_comma, utc_text
from orchestration.demo.tickets import ticket_follow_ups
from roi_models.simulate import Simulation
from roi_models.simulate.attributes import ATTRIBUTES, SCALE_MAX, SCALE_MIN, attribute_ratings

_BRANDS = np.array(["Us", "Northwind", "Contoso", "Fabrikam"])
_CASE_OWNERS = np.array(["Dana Fox", "Igor Petrov", "Lucía Vega", "Tom Okoro"])


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


def attribute_ratings_file(simulation: Simulation, roster: Roster) -> bytes:
    """attribute_ratings.csv: what some respondents of the relationship survey rated beside their score."""
    answers = simulation.answers
    uniform = CosmeticDraws(simulation, "attribute_ratings", "answers").random((2 * len(ATTRIBUTES) + 1, len(answers)))
    ratings = attribute_ratings(answers["score"].to_numpy(), uniform)
    ratings = ratings[(answers["survey"] == "relationship").to_numpy()[ratings["place"]]]
    return csv_bytes(
        pd.DataFrame(
            {
                "response_id": roster.response_ids[answers["answer"].to_numpy()[ratings["place"]]],
                "attribute": ratings["attribute"],
                "rating": ratings["rating"],
                "scale": f"{SCALE_MIN}-{SCALE_MAX}",
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
    """follow_ups.csv: a case per detractor's answer, then those on tickets; each with the arm of its account."""
    on_answers, on_tickets = simulation.follow_ups, ticket_follow_ups(simulation)
    on_answers = on_answers.assign(response_id=roster.response_ids[on_answers["answer"]])
    on_tickets = on_tickets.assign(response_id=[f"Z-{ticket}" for ticket in on_tickets["ticket_id"]])
    parts = [
        _cases(on_answers, roster, prefix="FU-", generator=cosmetic_generator(simulation.seed, "follow_ups")),
        _cases(on_tickets, roster, prefix="FT-", generator=cosmetic_generator(simulation.seed, "ticket_owners")),
    ]
    return csv_bytes(pd.concat(parts))


def _cases(cases: pd.DataFrame, roster: Roster, *, prefix: str, generator: np.random.Generator) -> pd.DataFrame:
    """Cases in the shape of the file, numbered from 1, each with somebody in charge."""
    numbers = np.char.zfill(np.arange(1, len(cases) + 1).astype(str), 6)
    owner = (generator.random(len(cases)) * len(_CASE_OWNERS)).astype(np.int64)
    return pd.DataFrame(
        {
            "case_no": np.char.add(prefix, numbers),
            "response_id": cases["response_id"],
            "account": roster.account_ids[cases["account"]],
            "opened_at": utc_text(cases["opened_at"]),
            "owner": _CASE_OWNERS[owner],
            "first_action_at": utc_text(cases["acted_at"]),
            "closed_at": utc_text(cases["closed_at"]),
            "arm": np.where(cases["is_treated"], "Treatment", "Control"),
        }
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
