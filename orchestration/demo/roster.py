"""The simulated customers with their identities: what every file of the demo looks names and keys up in.

Belongs here: the identifiers of one simulation, and which customers host the planted rows.
Does not belong here: how identifiers are made (`identity.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.demo.identity import account_id, contact_email, contact_id, person_name
from orchestration.demo.texts import cosmetic_generator
from orchestration.errors import VocRoiError
from roi_models.simulate import Simulation

_ID_CHARACTERS = np.array(list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
AFTER_CHURN_DAYS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Text arrays by number: of accounts, contacts and answers. `staying_account` and `left_account` host
    planted rows.

    `first_contact` is the number of each account's first contact.
    """

    account_ids: np.ndarray
    contact_ids: np.ndarray
    emails: np.ndarray
    first_names: np.ndarray
    last_names: np.ndarray
    response_ids: np.ndarray
    first_contact: np.ndarray
    staying_account: int
    left_account: int


def build_roster(simulation: Simulation) -> Roster:
    """Name everyone. Raises VocRoiError when the simulation is too small to host the planted rows."""
    accounts, contacts = simulation.accounts, simulation.contacts
    pairs = zip(contacts["contact"], contacts["account"], strict=True)
    names = [person_name(number) for number in contacts["contact"]]
    letters = cosmetic_generator(simulation.seed, "response_id").integers(0, 62, (len(simulation.answers), 15))
    response_ids = np.char.add("R_", np.ascontiguousarray(_ID_CHARACTERS[letters]).view("<U15").ravel())
    left = accounts[accounts["event_month"] >= 0].sort_values(["event_date", "account"])
    stayed = accounts.loc[accounts["event_month"] < 0, "account"]
    end = simulation.month_starts[-1] - np.timedelta64(AFTER_CHURN_DAYS + 1, "D")
    left = left[left["event_date"] < end.astype("datetime64[s]")]
    if left.empty or stayed.empty:
        raise VocRoiError(
            f"The demo with {len(accounts)} accounts over {len(simulation.month_starts) - 1} months has no "
            "account that stays, or none that leaves early enough, to host its planted defects: ask for more "
            "accounts or months."
        )
    return Roster(
        account_ids=np.array([account_id(number) for number in accounts["account"]], dtype=str),
        contact_ids=np.array([contact_id(number) for number in contacts["contact"]], dtype=str),
        emails=np.array([contact_email(*pair) for pair in pairs], dtype=str),
        first_names=np.array([first for first, _ in names], dtype=str),
        last_names=np.array([last for _, last in names], dtype=str),
        response_ids=response_ids,
        first_contact=contacts.groupby("account")["contact"].min().to_numpy(),
        staying_account=int(stayed.iloc[0]),
        left_account=int(left["account"].iloc[0]),
    )
