"""The customers before anything happens: accounts, contacts, and what never changes about them.

Belongs here: draws made once per account or contact.
Does not belong here: anything that moves from month to month (`process.py`), brands (`wallet.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roi_models.simulate.parameters import Parameters
from roi_models.simulate.streams import Streams

REGIONS = ("AMER", "EMEA", "APAC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Arrays over accounts (n) and over contacts (c, ordered by account); codes index SEGMENTS, REGIONS and
    ROLES."""

    segment: np.ndarray  # (n,) code
    region: np.ndarray  # (n,) code
    is_euro: np.ndarray  # (n,) bool
    price: np.ndarray  # (n,) standardised price index
    tenure_start: np.ndarray  # (n,) whole months on the first month
    mrr_cents: np.ndarray  # (n,) int64, cents of the account's currency, in the first month
    between: np.ndarray  # (n,) lasting part of satisfaction
    is_treated: np.ndarray  # (n,) bool, arm of the closed loop, should the account become a detractor
    survey_wave: np.ndarray  # (n,) 0…2, month of the quarter in which the account's contacts are surveyed
    contact_account: np.ndarray  # (c,) account of a contact
    contact_role: np.ndarray  # (c,) code
    contact_answer: np.ndarray  # (c,) personal deviation of answers, points
    contact_response: np.ndarray  # (c,) personal deviation of the response logit
    first_contact: np.ndarray  # (n,) index of an account's first contact
    count_contacts: np.ndarray  # (n,)


def draw_population(streams: Streams, parameters: Parameters, accounts: int) -> Population:
    """Draw `accounts` customers, all active in the first month (a closed cohort: nobody joins later)."""
    p = parameters
    segment = _choice(streams, "segment", p.segment_shares, accounts)
    price = streams.generator("price").standard_normal(accounts)
    region_draw = streams.generator("region").random((2, accounts))
    region = np.searchsorted([p.amer_share, p.amer_share + p.emea_share], region_draw[0], side="right")
    log_mrr = np.array(p.log_mrr_means)[segment] + np.array(p.log_mrr_sds)[segment] * streams.generator(
        "mrr"
    ).standard_normal(accounts)
    extra = streams.generator("contact_count").poisson(p.contacts_extra_mean, accounts)
    count_contacts = np.array(p.contacts_minimum)[segment] + extra
    contact_account = np.repeat(np.arange(accounts), count_contacts)
    contacts = len(contact_account)
    between = p.between_sd * streams.generator("between").standard_normal(accounts) + p.between_on_price * price
    return Population(
        segment=segment,
        region=region,
        is_euro=(region == REGIONS.index("EMEA")) & (region_draw[1] < p.euro_share_of_emea),
        price=price,
        tenure_start=streams.generator("tenure").integers(0, p.tenure_start_max + 1, accounts),
        mrr_cents=np.rint(np.exp(log_mrr) * 100).astype(np.int64),
        between=between,
        is_treated=streams.generator("arm").random(accounts) < p.treated_share,
        survey_wave=streams.generator("survey_wave").integers(0, 3, accounts),
        contact_account=contact_account,
        contact_role=_choice(streams, "role", p.role_shares, contacts),
        contact_answer=p.answer_contact_sd * streams.generator("contact_answer").standard_normal(contacts),
        contact_response=p.response_contact_sd * streams.generator("contact_response").standard_normal(contacts),
        first_contact=np.concatenate([[0], np.cumsum(count_contacts)[:-1]]),
        count_contacts=count_contacts,
    )


def _choice(streams: Streams, purpose: str, shares: tuple[float, ...], size: int) -> np.ndarray:
    """Codes 0…k−1 drawn with the given shares, one uniform number each."""
    return np.searchsorted(np.cumsum(shares)[:-1], streams.generator(purpose).random(size), side="right")
