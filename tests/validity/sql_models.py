"""A single SQL model of the warehouse on frames, without dbt: its Jinja is rendered with dbt's few words for DuckDB.

Belongs here: rendering and running one model. Does not belong here: whether its result is right (the tests).
"""

from __future__ import annotations

from types import SimpleNamespace

import duckdb
import jinja2
import pandas as pd

from orchestration.settings import PROJECT_ROOT

DBT = PROJECT_ROOT / "dbt_project"
WORDS = SimpleNamespace(
    date_trunc=lambda part, expression: f"date_trunc('{part}', {expression})",
    dateadd=lambda part, count, expression: f"({expression} + to_{part}s(cast({count} as int)))",
    type_string=lambda: "varchar",
)


def run_model(path: str, **frames: pd.DataFrame) -> pd.DataFrame:
    """What the model at `models/<path>.sql` makes of these frames, which stand for its references by their names."""
    text = (DBT / "macros/dates.sql").read_text(encoding="utf-8") + (DBT / f"models/{path}.sql").read_text(
        encoding="utf-8"
    )
    rendered = jinja2.Environment(autoescape=False).from_string(text)
    sql = rendered.render(dbt=WORDS, ref=lambda name: name, source=lambda _schema, name: name)
    with duckdb.connect() as connection:
        for name, frame in frames.items():
            connection.register(name, frame)
        return connection.execute(sql).df()
