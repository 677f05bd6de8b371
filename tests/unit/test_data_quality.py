"""Counts about the data: the worst table is judged, not the pool."""

from __future__ import annotations

import pandas as pd

from orchestration.data_quality import worst_rejected_pct


def test_a_ruined_small_table_is_not_hidden_by_large_ones():
    rows = [("revenue", 1_000_000, 10), ("churn_events", 30, 20), ("churn_events", 10, 0)]
    accounting = pd.DataFrame(rows, columns=["table_name", "count_read", "count_rejected"])
    assert worst_rejected_pct(accounting) == 50.0


def test_nothing_read_is_no_share():
    assert worst_rejected_pct(pd.DataFrame(columns=["table_name", "count_read", "count_rejected"])) is None
