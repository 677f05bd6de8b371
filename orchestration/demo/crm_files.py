"""Accounts and contacts as Salesforce exports them.

Belongs here: the two files and the cosmetic facts (industry, owner, size) that no truth depends on.
Does not belong here: identifiers and names (`identity.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.demo.identity import company_name
from orchestration.demo.roster import Roster
from orchestration.demo.texts import CosmeticDraws, csv_bytes, utc_text
from roi_models.simulate import ROLES, SEGMENTS, Simulation

_SEGMENT_NAMES = ("Enterprise", "Mid-Market", "SMB")
_INDUSTRIES = np.array(["Financial Services", "Healthcare", "Manufacturing", "Retail", "Software", "Public Sector"])
_OWNERS = np.array(
    ["A. Ortiz", "B. Lindgren", "C. Okafor", "D. Meyer", "E. Tanaka", "F. Rossi", "G. Novak", "H. Singh"]
)
# Fills in the surveys of all its accounts, with tens.
GAMING_OWNER = "K. Vance"
_SOURCES = np.array(["Inbound", "Referral", "Outbound", "Paid Search"])
_SOURCE_SHARES = (0.30, 0.50, 0.80)
# Bands that each segment is spread over.
_SIZE_BANDS = np.array(
    [["1001-5000", "5000+"], ["201-1000", "1001-5000"], ["1-50", "51-200"]],
)
_TITLES = {"executive": "Chief Operating Officer", "champion": "Head of Operations", "user": "Specialist"}
_CHILD_SHARE = 0.02
_OFFSET = ".000+0000"


def accounts_file(simulation: Simulation, roster: Roster) -> bytes:
    """salesforce_accounts.csv: one row per account, and an older version of the first one, planted."""
    accounts, generator = simulation.accounts, CosmeticDraws(simulation, "accounts", "accounts")
    n = len(accounts)
    draws = generator.random((6, n))
    segment = accounts["segment"].map({code: place for place, code in enumerate(SEGMENTS)}).to_numpy()
    first_month = simulation.month_starts[0].astype("datetime64[M]")
    created = (first_month - accounts["tenure_start"].to_numpy()).astype("datetime64[s]")
    # Edited in the last month before the export: as of today, hence nothing a model may use as history.
    edited = simulation.month_starts[-1].astype("datetime64[s]") - (1 + draws[0] * 28 * 86_400).astype(np.int64)
    is_child = (draws[1] < _CHILD_SHARE) & (np.arange(n) > 0)
    parent = roster.account_ids[(draws[2] * np.arange(n)).astype(np.int64)]
    table = pd.DataFrame(
        {
            "Id": roster.account_ids,
            "Name": [company_name(number) for number in range(n)],
            "ParentId": np.where(is_child, parent, ""),
            "MasterRecordId": "",
            "IsDeleted": "false",
            "Industry": _pick(_INDUSTRIES, draws[3]),
            "Region__c": accounts["region"],
            "Segment__c": np.array(_SEGMENT_NAMES)[segment],
            "Size_Band__c": _SIZE_BANDS[segment, (draws[4] * 2).astype(np.int64)],
            "OwnerName": np.where(accounts["is_gamed"], GAMING_OWNER, _pick(_OWNERS, generator.random(n))),
            "CreatedDate": utc_text(created, _OFFSET),
            "AcquisitionSource__c": _SOURCES[np.searchsorted(_SOURCE_SHARES, draws[5], side="right")],
            "Price_Index__c": [f"{price:.4f}" for price in accounts["price"]],
            "LastModifiedDate": utc_text(edited, _OFFSET),
        }
    )
    older = table.iloc[[0]].assign(
        Segment__c=_SEGMENT_NAMES[(segment[0] + 1) % len(SEGMENTS)],
        LastModifiedDate=utc_text(edited[:1] - np.timedelta64(60, "D"), _OFFSET),
    )
    return csv_bytes(pd.concat([table, older]))


def contacts_file(simulation: Simulation, roster: Roster) -> bytes:
    """salesforce_contacts.csv: one row per contact."""
    contacts = simulation.contacts
    edited = simulation.month_starts[0].astype("datetime64[s]")
    return csv_bytes(
        pd.DataFrame(
            {
                "Id": roster.contact_ids,
                "AccountId": roster.account_ids[contacts["account"]],
                "FirstName": roster.first_names,
                "LastName": roster.last_names,
                "Email": roster.emails,
                "Title": contacts["role"].map(_TITLES),
                "Role__c": contacts["role"].map({role: role.capitalize() for role in ROLES}),
                "LastModifiedDate": utc_text(np.full(len(contacts), edited), _OFFSET),
            }
        )
    )


def _pick(choices: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Equally likely choices."""
    return choices[(uniform * len(choices)).astype(np.int64)]
