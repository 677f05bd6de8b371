"""What the last published run says of its business case, read from its own tables.

Belongs here: the published folder as `LastRun`. Does not belong here: comparing (`roi_models/case/change_bridge.py`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from orchestration.manifest import read_manifest
from roi_models.case.assumptions import Assumptions
from roi_models.case.change_bridge import LastRun
from roi_models.case.response import Response

DATABASE = "roi.duckdb"
# File and schema are both called roi, so that both have to be named.
_QUERIES = {
    "business_case": "select * from roi.roi.business_case",
    "business_case_inputs": "select * from roi.roi.business_case_inputs",
    "business_case_response": "select * from roi.roi.business_case_response order by segment, uplift, month",
    "retention_terms": "select term, coef from roi.roi.retention_terms",
    "retention_effect": "select score_centre, reliability from roi.roi.retention_effect",
}
_TABLES = "select table_name from information_schema.tables where table_schema = 'roi'"


def read_last_run(latest: Path) -> LastRun | None:
    """The run that `latest` points at; None where there is none, it made no case, or an earlier version wrote it."""
    database = latest / DATABASE
    if not database.is_file():
        return None
    with duckdb.connect(str(database), read_only=True) as connection:
        held = {name for (name,) in connection.execute(_TABLES).fetchall()}
        if not set(_QUERIES) <= held:
            return None
        frames = {name: connection.execute(sql).df() for name, sql in _QUERIES.items()}
    manifest = read_manifest(latest)
    case, effect = frames["business_case"].iloc[0], frames["retention_effect"].iloc[0]
    terms = frames["retention_terms"]
    return LastRun(
        run_id=manifest["run_id"],
        verdict=manifest["verdict"],
        claim=manifest["claim"],
        npv=float(case["npv"]),
        assumptions=_assumptions(case, frames["business_case_inputs"]),
        response=_response(frames["business_case_response"]),
        coef=dict(zip(terms["term"], terms["coef"].astype(float), strict=True)),
        score_centre=float(effect["score_centre"]),
        reliability=float(effect["reliability"]),
    )


def _assumptions(case: pd.Series, inputs: pd.DataFrame) -> Assumptions:
    values = inputs.set_index("input")
    ranges = {name: (row["low"], row["high"]) for name, row in values.iterrows() if row["low"] < row["high"]}
    uplift = values.loc["uplift"]
    return Assumptions(
        horizon_months=int(case["horizon_months"]),
        ramp_months=int(case["ramp_months"]),
        monthly_decay=float(case["monthly_decay"]),
        uplift_low=float(uplift["low"]),
        uplift_base=float(uplift["base"]),
        uplift_high=float(uplift["high"]),
        uplift_unit=case["uplift_unit"],
        uplift_path=case["uplift_path"],
        segments=tuple(filter(None, case["segments"].split(","))),
        discounting=case["discounting"],
        ranges={name: ends for name, ends in ranges.items() if name != "uplift"},
        **{name: float(row["base"]) for name, row in values.iterrows() if name != "uplift"},
    )


def _response(frame: pd.DataFrame) -> Response:
    segments, uplifts = tuple(sorted(frame["segment"].unique())), np.sort(frame["uplift"].unique())
    shape = (len(segments), len(uplifts), -1)
    kept = frame["retained_revenue_amount"].to_numpy().reshape(shape)
    return Response(
        segments=segments,
        uplifts=uplifts,
        kept=kept,
        expanded=frame["expanded_revenue_amount"].to_numpy().reshape(shape),
        kept_draws=np.empty((0, *kept.shape)),
    )
