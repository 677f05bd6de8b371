"""Raw exports → raw zone, by YAML alone (docs/sources.md). This package's names are its whole interface.

Belongs here: finding, checking, reading and mapping export files, and remembering what was loaded.
Does not belong here: what the data mean (dbt_project), run order and settings (the rest of `orchestration`).
"""

from orchestration.ingest.check import check_sources
from orchestration.ingest.contract import Contract, ContractColumn, ContractTable, load_contract
from orchestration.ingest.grammar import DemoSpec, SourcesConfig
from orchestration.ingest.ledger import record_published
from orchestration.ingest.load import LoadedFile, LoadResult, find_inputs, load_inbox
from orchestration.ingest.mapping import PROVENANCE_COLUMNS
from orchestration.ingest.profile import load_sources

__all__ = [
    "PROVENANCE_COLUMNS",
    "Contract",
    "ContractColumn",
    "ContractTable",
    "DemoSpec",
    "LoadResult",
    "LoadedFile",
    "SourcesConfig",
    "check_sources",
    "find_inputs",
    "load_contract",
    "load_inbox",
    "load_sources",
    "record_published",
]
