"""The input contract: which canonical tables and columns a source may be mapped onto.

Belongs here: reading it from the staging layer's sources file, where it stands once.
Does not belong here: casting and rejecting (dbt staging), mapping (`mapping.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractColumn:
    """A canonical column. `data_type` is what staging casts to: string, timestamp, date, boolean, int, …"""

    name: str
    data_type: str
    is_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTable:
    """A canonical table: its columns in order, the key that makes two rows versions of one another."""

    name: str
    columns: tuple[ContractColumn, ...]
    key: tuple[str, ...]
    is_required: bool

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in contract order."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """All canonical tables by name."""

    tables: Mapping[str, ContractTable]


def load_contract(path: Path) -> Contract:
    """Read the contract from dbt's `_raw__sources.yml`: the source `raw`, with its facts under `meta`."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    raw = next(source for source in document["sources"] if source["name"] == "raw")
    return Contract(tables={table["name"]: _table(table) for table in raw["tables"]})


def _table(table: Mapping[str, Any]) -> ContractTable:
    columns = tuple(
        ContractColumn(
            name=column["name"],
            data_type=column["data_type"],
            is_required=bool(_meta(column).get("required", False)),
        )
        for column in table["columns"]
    )
    meta = _meta(table)
    return ContractTable(
        name=table["name"],
        columns=columns,
        key=tuple(meta.get("key", ())),
        is_required=bool(meta.get("required", False)),
    )


def _meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return node.get("config", {}).get("meta", {})
