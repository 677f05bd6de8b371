"""A company of two dozen accounts, small enough to know every row: profile and exports, written by the tests.

Belongs here: the smallest profile the product accepts, its files, and one specimen of every kind of bad row (`DIRTY`).
Does not belong here: running it (`pipeline.py`), the demo company (`orchestration/demo`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.integration.pipeline import Home

SOURCES = """
company: Tiny Ltd
sources:
  crm:
    file: accounts.csv
    version_column: updated
    tables:
      - table: accounts
        columns: {account_id: id, name: name, segment: segment, updated_at: updated}
  survey:
    file: answers.csv
    tables:
      - table: survey_responses
        columns:
          response_id: id
          account_id: account
          metric: {constant: nps}
          score: score
          scale_min: {constant: 0}
          scale_max: {sql: 'coalesce("top", ''10'')'}
          invited_at: asked
          responded_at: answered
  subscriptions:
    file: contracts.csv
    tables:
      - table: contracts
        columns:
          contract_id: id
          account_id: account
          start_date: begins
          end_date: ends
          mrr_amount: monthly
          currency_code: {constant: EUR}
  billing:
    file: invoices.csv
    tables:
      - table: revenue
        columns:
          revenue_id: id
          account_id: account
          period_start: month
          amount: amount
          currency_code: {constant: EUR}
          kind: kind
  projects:
    file: projects.csv
    tables:
      - table: revenue
        columns:
          revenue_id: {sql: '"id" || ''-setup'''}
          account_id: account
          period_start: day
          amount: setup
          currency_code: {constant: EUR}
          kind: {constant: one-off}
      - table: revenue
        columns:
          revenue_id: {sql: '"id" || ''-training'''}
          account_id: account
          period_start: day
          amount: training
          currency_code: {constant: EUR}
          kind: {constant: one-off}
  churn:
    file: churn.csv
    tables:
      - table: churn_events
        columns:
          event_id: id
          account_id: account
          event_date: {column: left_on, date_format: "%d/%m/%Y"}
          kind: kind
  brands:
    file: brands*.csv
    optional: true
    tables:
      - table: brand_ratings
        columns: {response_id: id, account_id: account, brand: brand, is_us: ours, rating: rating}
"""

METRICS = """
primary_metric: nps
metrics:
  nps: {label: Net Promoter Score, kind: nps, scale_min: 0, scale_max: 10, low_max: 6, high_min: 9}
mrr_source: contracts
churn: {policy: explicit_events}
as_of: 2024-06
minimum_answers: 5
landmark_months: 12
controls:
  segment: {attribute: segment, kind: categorical}
"""

BUSINESS_CASE = """
currency: EUR
programme: A phone call to each unhappy customer
horizon_months: 12
uplift: {unit: net_nps_points, low: 2, base: 5, high: 8, source: Test}
margin: {base: 0.7, unit: fraction, source: Test}
discount_rate: {base: 0.1, unit: fraction a year, source: Test}
initial_cost: {base: 1000, unit: EUR, source: Test}
annual_cost: {base: 500, unit: EUR a year, source: Test}
realisation: {base: 1, unit: fraction, source: Test}
benefit_risk_adjustment: {base: 1, unit: factor, source: Test}
cost_risk_adjustment: {base: 1, unit: factor, source: Test}
draws: 100
"""

ACCOUNTS = [f"A-{number:02d}" for number in range(1, 25)]
# Who leaves, and when. A-03 is asked once more after it left (`LATER_ANSWERS`).
DEPARTURES = {
    "A-03": "10/09/2023",
    "A-06": "20/11/2023",
    "A-09": "05/01/2024",
    "A-12": "14/03/2024",
    "A-15": "02/05/2024",
    "A-18": "21/06/2024",
}
ANSWER_DAYS = ("2023-02-10", "2023-05-10", "2023-08-10", "2023-11-10", "2024-02-10", "2024-05-10")
# An answer that changes its account's score from May on, and an exit survey of an account long gone.
LATER_ANSWERS = ("L-1,A-01,0,2024-04-15 09:00:00,,", "L-2,A-03,1,2023-09-30 09:00:00,,")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dirty:
    """A bad row: the file and line it is written as, and the bucket, rule, column and raw value it must end with."""

    file: str
    line: str
    table: str
    bucket: str
    rule: str
    column: str | None = None
    raw_value: str | None = None


_ANSWER = {"file": "answers.csv", "table": "survey_responses"}
_INVOICE = {"file": "invoices.csv", "table": "revenue"}
DIRTY = {
    "off_scale": Dirty(
        line="D-1,A-01,11,2024-01-05,,", bucket="rejected", rule="off_scale", column="score", raw_value="11", **_ANSWER
    ),
    "score_in_words": Dirty(
        line="D-2,A-01,ten,2024-01-05,,",
        bucket="rejected",
        rule="invalid_decimal",
        column="score",
        raw_value="ten",
        **_ANSWER,
    ),
    "unparseable_time": Dirty(
        line="D-3,A-01,7,some day,,",
        bucket="rejected",
        rule="invalid_timestamp",
        column="responded_at",
        raw_value="some day",
        **_ANSWER,
    ),
    "undeclared_scale": Dirty(
        line="D-16,A-01,4,2024-01-05,,5",
        bucket="rejected",
        rule="undeclared_scale",
        column="scale_max",
        raw_value="5",
        **_ANSWER,
    ),
    "negative_lag": Dirty(
        line="D-17,A-01,4,2024-01-05,2024-01-06,",
        bucket="rejected",
        rule="negative_lag",
        column="responded_at",
        raw_value="2024-01-05 00:00:00",
        **_ANSWER,
    ),
    "no_id": Dirty(
        line=",A-01,7,2024-01-05,,", bucket="rejected", rule="missing_required", column="response_id", **_ANSWER
    ),
    "cut_row": Dirty(line="D-4,A-01", bucket="rejected", rule="malformed_row", raw_value="D-4,A-01", **_ANSWER),
    "duplicate": Dirty(line="R-01-0,A-01,7,2023-02-10,,", bucket="superseded", rule="duplicate", **_ANSWER),
    "older_version": Dirty(
        file="accounts.csv",
        line="A-01,Before,small,2022-01-01",
        table="accounts",
        bucket="superseded",
        rule="older_version",
    ),
    "negative_charge": Dirty(
        line="D-5,A-01,2024-01-01,-5.00,recurring",
        bucket="rejected",
        rule="sign_against_kind",
        column="amount",
        raw_value="-5.00",
        **_INVOICE,
    ),
    "positive_credit": Dirty(
        line="D-6,A-01,2024-01-01,5.00,credit",
        bucket="rejected",
        rule="sign_against_kind",
        column="amount",
        raw_value="5.00",
        **_INVOICE,
    ),
    "too_many_decimals": Dirty(
        line="D-7,A-01,2024-01-01,5.005,recurring",
        bucket="rejected",
        rule="invalid_decimal",
        column="amount",
        raw_value="5.005",
        **_INVOICE,
    ),
    "unknown_kind": Dirty(
        line="D-8,A-01,2024-01-01,5.00,gift",
        bucket="rejected",
        rule="unknown_value",
        column="kind",
        raw_value="gift",
        **_INVOICE,
    ),
    "ends_before_start": Dirty(
        file="contracts.csv",
        line="D-9,A-01,2024-02-01,2024-01-01,10.00",
        table="contracts",
        bucket="rejected",
        rule="ends_before_start",
        column="end_date",
        raw_value="2024-01-01",
    ),
    "impossible_day": Dirty(
        file="churn.csv",
        line="D-10,A-01,31/02/2024,voluntary",
        table="churn_events",
        bucket="rejected",
        rule="invalid_date",
        column="event_date",
        raw_value="31/02/2024",
    ),
}
# Rows that fit nowhere yet are facts: kept, flagged, counted. Flag → file and line.
FLAGGED = {
    "orphan_answers": ("answers.csv", "D-11,A-99,7,2024-01-05,,"),
    "orphan_contracts": ("contracts.csv", "D-12,A-99,2024-01-01,,10.00"),
    "orphan_revenue": ("invoices.csv", "D-13,A-99,2024-01-01,5.00,one-off"),
    "churn_not_at_risk": ("churn.csv", "D-14,A-99,05/02/2024,voluntary"),
}
# A wide export: each row gives two revenue lines, of 40.10 + 2.02 and 30.30 + 3.03.
PROJECTS = ["P-1,A-01,2024-02-05,40.10,2.02", "P-2,A-02,2024-02-06,30.30,3.03"]
UNREAD = "notes.txt"
UNANSWERED = ("answers.csv", "D-15,A-01,,2024-01-05,,")


def write_tiny_company(folder: Path) -> Home:
    """Profile and inbox in `folder`, ready to run."""
    profile = folder / "config" / "tiny"
    profile.mkdir(parents=True)
    for name, text in (("sources", SOURCES), ("metrics", METRICS), ("business_case", BUSINESS_CASE)):
        (profile / f"{name}.yml").write_text(text, encoding="utf-8")
    inbox = folder / "inbox"
    inbox.mkdir()
    for name, lines in tiny_files().items():
        write_lines(inbox / name, lines)
    write_lines(inbox / UNREAD, ["Exports of June"])
    return Home(root=folder / "home", profile=profile, inbox_dir=inbox)


def write_lines(path: Path, lines: list[str]) -> None:
    """Write a CSV of these lines."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def tiny_files() -> dict[str, list[str]]:
    """The lines of every export: clean rows, then one of each kind of bad one."""
    files = {
        "accounts.csv": ["id,name,segment,updated", *_accounts()],
        "answers.csv": ["id,account,score,answered,asked,top", *_answers()],
        "contracts.csv": ["id,account,begins,ends,monthly", *_contracts()],
        "invoices.csv": ["id,account,month,amount,kind", *_invoices()],
        "projects.csv": ["id,account,day,setup,training", *PROJECTS],
        "churn.csv": ["id,account,left_on,kind", *_departures()],
    }
    for dirty in DIRTY.values():
        files[dirty.file].append(dirty.line)
    for file, line in [*FLAGGED.values(), UNANSWERED]:
        files[file].append(line)
    return files


def _accounts() -> list[str]:
    return [f"{a},Customer {a},{('small', 'large')[n % 2]},2023-01-01" for n, a in enumerate(ACCOUNTS)]


def _answers() -> list[str]:
    return [
        f"R-{account[2:]}-{wave},{account},{(number * 5 + wave * 3 + 7) % 11},{day},,"
        for number, account in enumerate(ACCOUNTS)
        for wave, day in enumerate(ANSWER_DAYS)
    ]


def _contracts() -> list[str]:
    return [f"C-{a[2:]},{a},2023-01-01,,{100 + number}.50" for number, a in enumerate(ACCOUNTS)]


def _invoices() -> list[str]:
    return [f"I-{number},{a},2024-01-01,{100 + number}.50,recurring" for number, a in enumerate(ACCOUNTS[:12])]


def _departures() -> list[str]:
    left = [f"E-{account[2:]},{account},{day},voluntary" for account, day in DEPARTURES.items()]
    shrunk = [f"S-{account[2:]},{account},01/02/2024,contraction" for account in ACCOUNTS[18:]]
    return left + shrunk
