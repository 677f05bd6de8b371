"""What a table is made from, step by step, down to the raw tables.

Belongs here: walking from a table through models' assets and dbt's graph.
Does not belong here: which asset makes which table (`makers.py`), files (`trace.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.tracing.makers import Maker, asset_makers, maker_of

# A model with this meta in its YAML decides which months are built again, not what any row says.
BOOKKEEPING = "decides_what_is_rebuilt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that data went through.

    `name`: `schema.name` of a dbt model, of an asset's result or, in the first step, of the published table. `kind`:
    dbt model, asset or function. `path` from the project's folder. `maker`, `function`, `computes_with`: of an asset,
    see `Maker`. `reads`: names of what it is made from directly; those that are no step are raw tables (`raw.…`), the
    control tables that hold the profile's settings (`control.…`), or files of the profile.
    """

    name: str
    kind: str
    path: str
    description: str
    reads: tuple[str, ...]
    maker: str = ""
    function: str = ""
    computes_with: tuple[str, ...] = ()


class Lineage:
    """The graph of models and assets, walked from a table towards the raw tables."""

    def __init__(self, dbt_manifest: Mapping[str, Any]) -> None:
        models = [node for node in dbt_manifest["nodes"].values() if node["resource_type"] == "model"]
        self._models = {f"{node['schema']}.{node['name']}": node for node in models}
        self._names = {node["unique_id"]: name for name, node in self._models.items()}
        self._names |= {
            unique_id: f"{source['source_name']}.{source['name']}"
            for unique_id, source in dbt_manifest["sources"].items()
        }
        self._walked: dict[str, tuple[Step, ...]] = {}

    def steps(self, table: str) -> tuple[Step, ...]:
        """What makes a published table, and everything behind it, nearest first; of equal distance by name."""
        if table not in self._walked:
            self._walked[table] = tuple(self._walk(table))
        return self._walked[table]

    def column_description(self, table: str, column: str) -> str:
        """What dbt documents of a mart's column; empty for other tables."""
        columns = self._models[table]["columns"] if table in self._models else {}
        return " ".join(columns.get(column, {}).get("description", "").split())

    def _walk(self, table: str) -> Iterator[Step]:
        # An asset may publish several tables, one of which may bear its name: the first step is asked for by table.
        first = self._model_step(table) if table in self._models else _maker_step(maker_of(table), table)
        ring, seen = [first], {table}
        while ring:
            yield from ring
            names = sorted({name for step in ring for name in step.reads} - seen)
            seen.update(names)
            ring = [self._step(name) for name in names if self._is_step(name)]

    def _is_step(self, name: str) -> bool:
        return name in self._models or name.removeprefix("roi.") in asset_makers()

    def _step(self, name: str) -> Step:
        return (
            self._model_step(name)
            if name in self._models
            else _maker_step(asset_makers()[name.removeprefix("roi.")], name)
        )

    def _model_step(self, name: str) -> Step:
        node = self._models[name]
        parents = [parent for parent in node["depends_on"]["nodes"] if not self._is_bookkeeping(parent)]
        return Step(
            name=name,
            kind="dbt model",
            path=f"dbt_project/{node['original_file_path']}",
            description=" ".join(node["description"].split()),
            reads=tuple(sorted(self._names[parent] for parent in parents)),
        )

    def _is_bookkeeping(self, unique_id: str) -> bool:
        node = self._models.get(self._names[unique_id])
        return self._names[unique_id].startswith("carried.") or bool(node and node["config"]["meta"].get(BOOKKEEPING))


def raw_tables(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Names of the raw tables that the steps read, without their schema."""
    read = {name for step in steps for name in step.reads}
    return tuple(sorted(name.removeprefix("raw.") for name in read if name.startswith("raw.")))


def settings_read(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Where the profile's own settings come in: control tables and files of the profile."""
    read = {name for step in steps for name in step.reads}
    return tuple(sorted(name for name in read if name.startswith("control.") or name.endswith(".yml")))


def _maker_step(maker: Maker, name: str) -> Step:
    return Step(
        name=name,
        kind=maker.kind,
        path=maker.path,
        description=maker.description,
        reads=maker.reads,
        maker=maker.name,
        function=maker.function,
        computes_with=maker.computes_with,
    )
