"""What must hold for any rows: shares sum to one, segments to the total, bridges close, retention is at most all."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.plain_warehouse import PlainWarehouse

FEW = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
MONTHS = [date(2024, month, 1) for month in range(1, 9)]
CALENDAR = {"first_month": MONTHS[0], "as_of_month": MONTHS[6], "next_month": MONTHS[7]}
PARAMETERS = {
    "reporting_currency": "EUR",
    "mrr_source": "contracts",
    "churn_policy": "explicit_events",
    "churn_days": 0,
    "primary_metric": "nps",
    "minimum_answers": 2,
}
ACCOUNTS = [
    {"account_id": "a", "segment": "small", "region": "north", "acquisition": "earned"},
    {"account_id": "b", "segment": "large", "region": None, "acquisition": "bought"},
    {"account_id": "c", "segment": None, "region": "south", "acquisition": None},
]
days = st.integers(0, 240).map(lambda number: date(2023, 12, 20) + timedelta(days=number))
amounts = st.integers(1, 999_999).map(lambda cents: Decimal(cents) / 100)


@pytest.fixture(scope="module")
def warehouse(demo_run):
    assert demo_run.ended.code == 0, demo_run.ended.err
    warehouse = PlainWarehouse(demo_run.home.settings.home)
    warehouse.fill("control.run_parameters", [PARAMETERS])
    warehouse.fill("int_calendar__as_of", [CALENDAR])
    warehouse.fill("int_calendar__months", [{"month": month} for month in MONTHS])
    warehouse.fill("stg_raw__accounts", ACCOUNTS)
    warehouse.fill("int_accounts__resolved", [{"account_id": a, "resolved_account_id": a} for a in "abc"])
    return warehouse


ratings = st.lists(
    st.tuples(st.sampled_from(["r1", "r2", "r3"]), st.sampled_from("uvwxyz"), st.integers(0, 10)),
    min_size=1,
    max_size=14,
    unique_by=lambda row: row[:2],
)


@FEW
@given(ratings=ratings)
def test_shares_by_the_allocation_rule_sum_to_one(warehouse, ratings):
    warehouse.fill(
        "stg_raw__brand_ratings",
        [{"response_id": r, "brand": b, "is_us": b == "u", "rating": score} for r, b, score in ratings],
    )
    warehouse.run(["int_wallet__ratings", "fct_wallet_share"])
    shares = defaultdict(list)
    for row in warehouse.rows("select response_id, rating, war_share from run.marts.fct_wallet_share"):
        shares[row["response_id"]].append((row["rating"], row["war_share"]))
    assert set(shares) == {r for r, _, _ in ratings}
    for rows in shares.values():
        assert sum(share for _, share in rows) == pytest.approx(1, abs=1e-12)
        ordered = sorted(rows)
        assert [share for _, share in ordered] == sorted(share for _, share in ordered)


activities = st.lists(
    st.tuples(st.sampled_from("abc"), days, st.one_of(st.none(), st.integers(1, 200)), amounts), min_size=1, max_size=9
)
departures = st.lists(
    st.tuples(st.sampled_from("abc"), days, st.sampled_from(["voluntary", "involuntary"])),
    max_size=4,
    unique_by=lambda row: row[:2],
)


@FEW
@given(activities=activities, departures=departures)
def test_bridges_close_and_gross_retention_is_at_most_all(warehouse, activities, departures):
    warehouse.fill(
        "int_accounts__activity",
        [
            {
                "activity_id": str(number),
                "account_id": account,
                "active_from": start,
                "active_to": date(9999, 12, 31) if length is None else start + timedelta(days=length),
                "mrr_amount": amount,
            }
            for number, (account, start, length, amount) in enumerate(activities)
        ],
    )
    warehouse.fill(
        "int_churn__events",
        [
            {"account_id": account, "event_date": day, "event_month": day.replace(day=1), "kind": kind}
            for account, day, kind in departures
        ],
    )
    warehouse.run(
        [
            "int_account_months__spine",
            "int_money__currency_effects",
            "int_money__account_months",
            "fct_mrr_movements",
            "agg_mrr_bridge",
            "agg_revenue_retention",
        ]
    )
    bridge = warehouse.rows("from run.marts.agg_mrr_bridge order by slice_name, slice_value, month")
    assert [row for row in bridge if row["residual_amount"] != 0] == []
    assert_slices_sum_to_the_total(bridge, ("month",), ("opening_amount", "churn_amount", "closing_amount"))
    at_risk = warehouse.rows(
        "select month, sum(mrr_amount) as mrr_amount from run.intermediate.int_account_months__spine "
        f"where month <= date '{CALENDAR['as_of_month']}' group by month"
    )
    opening = {row["month"]: row["opening_amount"] for row in bridge if row["slice_name"] == "total"}
    for row in at_risk:
        assert opening[row["month"]] == row["mrr_amount"]
    retention = warehouse.rows("from run.marts.agg_revenue_retention")
    rates = [row["grr_pct"] for row in retention if row["grr_pct"] is not None]
    assert all(0 <= rate <= 100 for rate in rates)


def assert_slices_sum_to_the_total(rows, keys, measures):
    """Every way of slicing gives the total, "unknown" included."""
    sums = defaultdict(lambda: [Decimal(0)] * len(measures))
    for row in rows:
        key = (row["slice_name"], *(row[name] for name in keys))
        sums[key] = [left + (row[name] or 0) for left, name in zip(sums[key], measures, strict=True)]
    totals = {key[1:]: values for key, values in sums.items() if key[0] == "total"}
    assert totals or not rows
    for (_slice, *key), values in sums.items():
        assert values == totals[tuple(key)]
