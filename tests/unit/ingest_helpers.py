"""A small contract, profile and inbox for the ingestion tests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.ingest import Contract, LoadResult, check_sources, load_contract, load_inbox, load_sources

ROOT = Path(__file__).parents[2]
CONTRACT_FILE = ROOT / "dbt_project/models/staging/_raw__sources.yml"

ACCOUNTS = "account_id,name\nA-1,Ada\nA-2,Bo\n"
ANSWERS = "id,acc,csat,ces,at\n1,A-1,5,6,2024-01-31T22:30:00+02:00\n2,A-2,,3,2024-02-01 10:00\n"
INVOICES = "no,acc,day,cents,cur\n1,A-1,31/01/2024,12345,usd\n2,A-2,31/02/2024,500,JPY\n"
PROFILE = """
company: Test Ltd
sources:
  crm:
    file: accounts*.csv
    tables:
      - table: accounts
        columns: {account_id: account_id, name: name}
  survey:
    file: answers*.csv
    format: {timezone: Europe/Berlin}
    tables:
      - table: survey_responses
        columns: {response_id: id, account_id: acc, responded_at: at}
        unpivot:
          names_to: metric
          values_to: score
          columns:
            csat: csat
            ces: {name: ces, columns: {scale_max: {constant: 7}}}
  billing:
    file: invoices*.csv
    tables:
      - table: revenue
        columns:
          revenue_id: no
          account_id: acc
          period_start: {column: day, date_format: "%d/%m/%Y"}
          amount: {column: cents, minor_units: {currency: cur}}
          currency_code: {sql: 'upper("cur")'}
          kind: {constant: recurring}
"""


@dataclass
class Workspace:
    """A profile, an inbox and a raw zone in a temporary folder."""

    folder: Path
    contract: Contract

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def raw(self) -> Path:
        return self.folder / "raw"

    def profile(self, text: str) -> None:
        (self.folder / "sources.yml").write_text(text, encoding="utf-8")

    def edit(self, old: str, new: str) -> None:
        path = self.folder / "sources.yml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        self.profile(text.replace(old, new, 1))

    def put(self, name: str, content: str | bytes) -> None:
        (self.inbox / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def problems(self) -> list[str]:
        return check_sources(load_sources(self.folder), self.contract, self.inbox, self.raw)

    def load(self, loaded_at: str = "2024-03-01T00:00:00Z") -> LoadResult:
        self.said: list[str] = []
        sources = load_sources(self.folder)
        return load_inbox(sources, self.contract, self.inbox, self.raw, loaded_at, self.said.append)

    def rows(self, table: str, result: LoadResult | None = None) -> list[dict]:
        files = (result or self.load()).files
        return [row for file in files if file.table == table for row in pq.read_table(file.path).to_pylist()]


@cache
def _contract() -> Contract:
    return load_contract(CONTRACT_FILE)


def make_workspace(folder: Path) -> Workspace:
    workspace = Workspace(folder=folder, contract=_contract())
    workspace.inbox.mkdir()
    workspace.profile(PROFILE)
    workspace.put("accounts.csv", ACCOUNTS)
    workspace.put("answers.csv", ANSWERS)
    workspace.put("invoices.csv", INVOICES)
    return workspace
