"""The defects that the demo's exports carry on purpose, and where each must be found again.

Belongs here: what is planted, and the constant keys of the planted rows.
Does not belong here: writing the rows (the module of each file), what staging does with them (`dbt_project`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from orchestration.demo.identity import account_id

Bucket = Literal["accepted", "rejected", "superseded", "excluded", "empty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedDefect:
    """One kind of defect. `count` rows of `table` land in `bucket` because of `rule`; `keys` are their
    natural keys.

    `bucket` is one of the row equation's. Rows that are accepted but flagged name the flag in `rule`, empty
    ones need none. `raw_value` is what a rejected row shows in `column`. Where a duplicate or an older
    version is superseded, the row that replaced it has the same key and is accepted.
    """

    what: str
    file: str
    table: str
    bucket: Bucket
    rule: str | None
    keys: tuple[str, ...]
    column: str | None = None
    raw_value: str | None = None

    @property
    def count(self) -> int:
        """Number of planted rows in the bucket."""
        return len(self.keys)


NPS_FILE = "qualtrics_relationship_nps.csv"
_RESPONSES = {"file": NPS_FILE, "table": "survey_responses"}


def _ids(name: str, count: int) -> tuple[str, ...]:
    """Response ids in the survey tool's shape: R_ and 15 characters."""
    return tuple(f"R_{name.ljust(13, '0')}{number:02d}" for number in range(1, count + 1))


PLANTED: Mapping[str, PlantedDefect] = MappingProxyType(
    {
        "duplicate_answer": PlantedDefect(
            what="an answer that stands in the export twice, equal in every column",
            bucket="superseded",
            rule="duplicate",
            keys=_ids("Duplicate", 1),
            **_RESPONSES,
        ),
        "off_scale_score": PlantedDefect(
            what="a score of 11 on a scale from 0 to 10",
            bucket="rejected",
            rule="off_scale",
            keys=_ids("OffScale", 1),
            column="score",
            raw_value="11",
            **_RESPONSES,
        ),
        "orphan_answer": PlantedDefect(
            what="an answer whose account, contact and e-mail nobody knows",
            bucket="accepted",
            rule="orphan_answers",
            keys=_ids("Orphan", 1),
            **_RESPONSES,
        ),
        "answer_after_churn": PlantedDefect(
            what="an answer given twenty days after the account left",
            bucket="accepted",
            rule="answers_after_churn",
            keys=_ids("AfterChurn", 1),
            **_RESPONSES,
        ),
        "preview": PlantedDefect(
            what="the survey's author trying it out (Status is 'Survey Preview')",
            bucket="excluded",
            rule="preview",
            keys=_ids("Preview", 3),
            **_RESPONSES,
        ),
        "spam": PlantedDefect(
            what="answers that the survey tool took for spam (Status is 'Spam')",
            bucket="excluded",
            rule="spam",
            keys=_ids("Spam", 2),
            **_RESPONSES,
        ),
        "unfinished": PlantedDefect(
            what="answers that were never submitted (Finished is 'False')",
            bucket="excluded",
            rule="unfinished",
            keys=_ids("Unfinished", 4),
            **_RESPONSES,
        ),
        "seen_unanswered": PlantedDefect(
            what="the question was seen and left unanswered (-99)",
            bucket="empty",
            rule=None,
            keys=_ids("SeenOnly", 5),
            **_RESPONSES,
        ),
        "blank_answer": PlantedDefect(
            what="the question was never shown (blank)",
            bucket="empty",
            rule=None,
            keys=_ids("Blank", 3),
            **_RESPONSES,
        ),
        "older_account": PlantedDefect(
            what="an older version of an account, with another segment and an earlier LastModifiedDate",
            file="salesforce_accounts.csv",
            table="accounts",
            bucket="superseded",
            rule="older_version",
            keys=(account_id(0),),
        ),
        "impossible_date": PlantedDefect(
            what="a departure on 31 February, of an account that stayed",
            file="churn.csv",
            table="churn_events",
            bucket="rejected",
            rule="invalid_date",
            keys=("CHN-PLANTED-1",),
            column="event_date",
            raw_value="31/02/2024",
        ),
        "refund_with_wrong_sign": PlantedDefect(
            what="a refund with a positive amount, which the general ledger never booked",
            file="billing_invoices.csv",
            table="revenue",
            bucket="rejected",
            rule="sign_against_kind",
            keys=("LN-PLANTED-REFUND",),
            column="amount",
            raw_value="150.00",
        ),
        "duplicate_invoice_line": PlantedDefect(
            what="a one-off invoice line that stands in the export twice and in the general ledger once",
            file="billing_invoices.csv",
            table="revenue",
            bucket="superseded",
            rule="duplicate",
            keys=("LN-PLANTED-DUPLICATE",),
        ),
    }
)
