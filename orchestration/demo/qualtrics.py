"""The relationship survey as Qualtrics exports it: three header rows, the exporter's time zone, planted rows.

Belongs here: the shape of that one file.
Does not belong here: other survey files (`survey_files.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.demo.planted import PLANTED
from orchestration.demo.roster import AFTER_CHURN_DAYS, Roster
from orchestration.demo.texts import SURVEY_ZONE, CosmeticDraws, csv_bytes, survey_zone_text, utc_text
from orchestration.demo.verbatims import comments
from roi_models.simulate import Simulation

# Field id, question text, import id.
_HEADERS = (
    ("StartDate", "Start Date", "startDate"),
    ("EndDate", "End Date", "endDate"),
    ("Status", "Response Type", "status"),
    ("IPAddress", "IP Address", "ipAddress"),
    ("Progress", "Progress", "progress"),
    ("Duration (in seconds)", "Duration (in seconds)", "duration"),
    ("Finished", "Finished", "finished"),
    ("RecordedDate", "Recorded Date", "recordedDate"),
    ("ResponseId", "Response ID", "_recordId"),
    ("RecipientLastName", "Recipient Last Name", "recipientLastName"),
    ("RecipientFirstName", "Recipient First Name", "recipientFirstName"),
    ("RecipientEmail", "Recipient Email", "recipientEmail"),
    ("ExternalReference", "External Data Reference", "externalDataReference"),
    ("DistributionChannel", "Distribution Channel", "distributionChannel"),
    ("UserLanguage", "User Language", "userLanguage"),
    ("Q1", "How likely are you to recommend us to a colleague,\nfrom 0 to 10?", "QID1"),
    (
        "Q1_NPS_GROUP",
        "How likely are you to recommend us to a colleague,\nfrom 0 to 10? - Group",
        "QID1_NPS_GROUP",
    ),
    ("Q2", "What is the main reason for your score?", "QID2_TEXT"),
    ("account_ref", "account_ref", "account_ref"),
    ("survey_name", "survey_name", "survey_name"),
    ("invited_utc", "invited_utc", "invited_utc"),
)
_ZONED = ("startDate", "endDate", "recordedDate")
_SURVEY_NAMES = {"relationship": "NPS", "exit": "Exit"}
# Some answers come through a forwarded link: the contact's reference is gone, and the address is typed by
# hand.
_FORWARDED_SHARE = 0.03
_PLANTED_MONTH_DAY = 9


def qualtrics_file(simulation: Simulation, roster: Roster) -> bytes:
    """The whole file, UTF-8 with byte-order mark.

    Rows in order of recording, group of customers by group, planted rows last.
    """
    rows = pd.concat([_answers(simulation, roster), _planted(simulation, roster)], ignore_index=True)
    ended_at = rows["answered_at"].to_numpy()
    table = pd.DataFrame(
        {
            "StartDate": survey_zone_text(ended_at - rows["duration"].to_numpy().astype("timedelta64[s]")),
            "EndDate": survey_zone_text(ended_at),
            "Status": rows["status"],
            "IPAddress": "",
            "Progress": np.where(rows["finished"] == "True", "100", "50"),
            "Duration (in seconds)": rows["duration"],
            "Finished": rows["finished"],
            "RecordedDate": survey_zone_text(rows["recorded_at"]),
            "ResponseId": rows["response_id"],
            "RecipientLastName": rows["last_name"],
            "RecipientFirstName": rows["first_name"],
            "RecipientEmail": rows["email"],
            "ExternalReference": rows["contact_ref"],
            "DistributionChannel": np.where(rows["status"] == "Survey Preview", "preview", "email"),
            "UserLanguage": "EN",
            "Q1": rows["score"],
            "Q1_NPS_GROUP": _nps_group(rows["score"]),
            "Q2": rows["comment"],
            "account_ref": rows["account_ref"],
            "survey_name": rows["survey"].map(_SURVEY_NAMES),
            "invited_utc": utc_text(rows["invited_at"]),
        }
    )
    body = csv_bytes(table).split(b"\n", 1)[1]
    return _header_rows() + body


def _header_rows() -> bytes:
    """Field ids, question texts, and the JSON row of import ids."""
    imports = [
        f'{{"ImportId":"{import_id}"' + (f',"timeZone":"{SURVEY_ZONE}"}}' if import_id in _ZONED else "}")
        for _, _, import_id in _HEADERS
    ]
    header = pd.DataFrame([[text for _, text, _ in _HEADERS], imports], columns=[name for name, _, _ in _HEADERS])
    return csv_bytes(header, bom=True)


def _nps_group(scores: pd.Series) -> np.ndarray:
    """1 detractor, 2 passive, 3 promoter; blank for what is not a score."""
    value = pd.to_numeric(scores, errors="coerce").to_numpy()
    group = np.where(value >= 9, "3", np.where(value >= 7, "2", "1"))
    return np.where(value >= 0, group, "")


def _answers(simulation: Simulation, roster: Roster) -> pd.DataFrame:
    """Rows of the simulated answers."""
    answers, generator = simulation.answers, CosmeticDraws(simulation, "nps_comments", "answers")
    contact, account = answers["contact"].to_numpy(), answers["account"].to_numpy()
    is_forwarded = generator.random(len(answers)) < _FORWARDED_SHARE
    emails = roster.emails[contact]
    return pd.DataFrame(
        {
            "invited_at": answers["invited_at"],
            "answered_at": answers["answered_at"],
            "recorded_at": answers["recorded_at"],
            "response_id": roster.response_ids[answers["answer"]],
            "status": "IP Address",
            "finished": "True",
            "duration": 20 + (generator.random(len(answers)) * 220).astype(np.int64),
            "last_name": np.where(is_forwarded, "", roster.last_names[contact]),
            "first_name": np.where(is_forwarded, "", roster.first_names[contact]),
            "email": np.where(is_forwarded, np.char.upper(emails), emails),
            "contact_ref": np.where(is_forwarded, "", roster.contact_ids[contact]),
            "score": answers["score"].astype(str),
            "comment": comments(generator, answers["score"].to_numpy(), low_max=6, high_min=9),
            "account_ref": np.where(is_forwarded, "", roster.account_ids[account]),
            "survey": answers["survey"],
        }
    )


def _planted(simulation: Simulation, roster: Roster) -> pd.DataFrame:
    """Planted rows: from one contact of an account that stays, but for the orphan and the leaver."""
    usual = {"status": "IP Address", "finished": "True", "duration": 90, "score": "8"}
    variants: dict[str, dict[str, str]] = {
        "duplicate_answer": {},
        "off_scale_score": {"score": "11"},
        "orphan_answer": {},
        "answer_after_churn": {"score": "1"},
        "preview": {"status": "Survey Preview"},
        "spam": {"status": "Spam", "score": "0"},
        "unfinished": {"finished": "False"},
        "seen_unanswered": {"score": "-99"},
        "blank_answer": {"score": ""},
    }
    rows = []
    for name, variant in variants.items():
        keys = PLANTED[name].keys * (2 if name == "duplicate_answer" else 1)
        for key in keys:
            who = _respondent(simulation, roster, name)
            rows.append({**usual, **variant, **who, "response_id": key, "comment": "", "survey": "relationship"})
    return pd.DataFrame(rows)


def _respondent(simulation: Simulation, roster: Roster, name: str) -> dict[str, object]:
    """Who gives a planted answer, and when: an hour after the invitation."""
    start = simulation.month_starts[0] + np.timedelta64(_PLANTED_MONTH_DAY, "D")
    account = roster.staying_account
    if name == "answer_after_churn":
        account = roster.left_account
        left_at = simulation.accounts["event_date"].iloc[account].to_datetime64()
        start = left_at.astype("datetime64[D]") + np.timedelta64(AFTER_CHURN_DAYS, "D")
    answered_at = start.astype("datetime64[s]") + np.timedelta64(15, "h")
    times = {
        "invited_at": answered_at - np.timedelta64(1, "h"),
        "answered_at": answered_at,
        "recorded_at": answered_at + np.timedelta64(5, "s"),
    }
    if name == "orphan_answer":
        unknown = {"last_name": "Ghost", "first_name": "Gil", "email": "gil.ghost@nowhere.example"}
        return {**times, **unknown, "contact_ref": "0035g00000GHOSTAA0", "account_ref": "0015g00000GHOSTAA0"}
    contact = roster.first_contact[account]
    return {
        **times,
        "last_name": roster.last_names[contact],
        "first_name": roster.first_names[contact],
        "email": roster.emails[contact],
        "contact_ref": roster.contact_ids[contact],
        "account_ref": roster.account_ids[account],
    }
