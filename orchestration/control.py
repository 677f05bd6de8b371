"""The control tables: what dbt needs to know of a profile, written before it starts.

Belongs here: metrics.yml → rows of the source `control`, whose columns stand in the dbt project.
Does not belong here: the rules of metrics.yml (`profiles.py`), reading the tables (dbt_project).
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from statistics import NormalDist
from typing import Any

import yaml

from orchestration.case_config import BusinessCaseConfig
from orchestration.profiles import MetricsConfig
from orchestration.warehouse import Warehouse

Rows = list[tuple[Any, ...]]
_SQL_TYPES = {"string": "varchar"}


def write_control_tables(
    warehouse: Warehouse, sources_file: Path, metrics: MetricsConfig, case: BusinessCaseConfig
) -> None:
    """Write every table of dbt's source `control`; its YAML (`sources_file`) gives columns and types."""
    document = yaml.safe_load(sources_file.read_text(encoding="utf-8"))
    rows = control_rows(metrics, case)
    tables = {}
    for table in document["sources"][0]["tables"]:
        columns = {
            column["name"]: _SQL_TYPES.get(column["data_type"], column["data_type"]) for column in table["columns"]
        }
        tables[table["name"]] = (columns, rows[table["name"]])
    warehouse.write_tables("control", tables)


def control_rows(metrics: MetricsConfig, case: BusinessCaseConfig) -> dict[str, Rows]:
    """The rows of each control table, in the columns' order."""
    return {
        "run_parameters": [
            (
                case.currency,
                metrics.as_of,
                metrics.mrr_source,
                metrics.churn.policy,
                metrics.churn.days,
                metrics.fresh_days,
                metrics.stale_days,
                metrics.primary_metric,
                metrics.primary.bin_width,
                metrics.landmark_months,
                metrics.minimum_answers,
            )
        ],
        "metrics": [
            (
                name,
                m.label,
                m.kind,
                m.orientation,
                m.version,
                m.knot,
                m.horizon_days,
                m.scale_min,
                m.scale_max,
                *m.oriented_thresholds,
            )
            for name, m in sorted(metrics.metrics.items())
        ],
        "metric_versions": [
            (name, version, s.scale_min, s.scale_max, s.low_max, s.high_min, version == m.version)
            for name, m in sorted(metrics.metrics.items())
            for version, s in sorted(m.versions.items())
        ],
        "rules": [
            (
                *(getattr(metrics.rules, name) for name in type(metrics.rules).model_fields),
                round(-NormalDist().inv_cdf(float(metrics.rules.change_level) / 2), 6),
            )
        ],
        "composite_parts": [
            (name, composite.label, metric, weight)
            for name, composite in sorted(metrics.composites.items())
            for metric, weight in sorted(composite.parts.items())
        ],
        "controls": [(name, c.attribute, c.kind) for name, c in sorted(metrics.controls.items())],
        "control_bins": _control_bins(metrics),
        "tenure_steps": [
            (f"t{lower:03d}", lower, upper)
            for lower, upper in zip(metrics.tenure_steps, [*metrics.tenure_steps[1:], None], strict=True)
        ],
    }


def _control_bins(metrics: MetricsConfig) -> Rows:
    """Bins `b0`, `b1`, …: below the first edge, between two edges, from the last edge on."""
    rows: Rows = []
    for name, control in sorted(metrics.controls.items()):
        borders = [None, *control.edges, None] if control.edges else []
        rows += [(name, f"b{number}", lower, upper) for number, (lower, upper) in enumerate(pairwise(borders))]
    return rows
