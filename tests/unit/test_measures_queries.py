"""Queries of measures against empty and small marts, typed as dbt's contracts have them."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration.measures import QUERIES, definitions_of
from roi_models.measures import COLUMNS
from roi_models.report import build_figures
from tests.unit.sample_case import conditional_case

MODELS = Path(__file__).resolve().parents[2] / "dbt_project/models"


@cache
def declared_tables():
    """`schema.table` → column → SQL type, as the YAML of marts and control tables declares them."""
    tables = {}
    for path in sorted(MODELS.glob("marts/*/_*.yml")):
        for model in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader).get("models", []):
            tables[f"marts.{model['name']}"] = {column["name"]: column["data_type"] for column in model["columns"]}
    control = yaml.safe_load((MODELS / "staging/_control__sources.yml").read_text(encoding="utf-8"))
    for table in control["sources"][0]["tables"]:
        tables[f"control.{table['name']}"] = {column["name"]: column["data_type"] for column in table["columns"]}
    return tables


@pytest.fixture(scope="module")
def empty_warehouse():
    """A database with every mart, all empty, at as-of 2024-11."""
    connection = duckdb.connect()
    for schema in ("marts", "control", "intermediate"):
        connection.execute(f"create schema {schema}")
    for name, columns in declared_tables().items():
        typed = ", ".join(f'"{column}" {data_type}' for column, data_type in columns.items())
        connection.execute(f"create table {name} ({typed})")
    connection.execute(
        "create table intermediate.int_calendar__as_of as "
        "select date '2024-11-01' as as_of_month, date '2024-12-01' as next_month"
    )
    insert(connection, "control.run_parameters", primary_metric="nps")
    insert(connection, "control.metrics", metric_id="nps", label="NPS")
    yield connection
    connection.close()


@pytest.fixture
def warehouse(empty_warehouse):
    """The same, taken back to empty after each test."""
    empty_warehouse.begin()
    yield empty_warehouse
    empty_warehouse.rollback()


def insert(connection, table, **values):
    marks = ", ".join("?" for _ in values)
    connection.execute(f"insert into {table} ({', '.join(values)}) values ({marks})", list(values.values()))


def rows(connection, name):
    found = connection.execute(QUERIES[name])
    columns = [column[0] for column in found.description]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_empty_marts_give_empty_frames_with_the_agreed_columns(warehouse, name):
    frame = warehouse.execute(QUERIES[name]).df()
    assert tuple(frame.columns) == COLUMNS[name]
    assert frame.empty


def test_every_source_of_a_measured_figure_is_a_declared_column():
    tables = declared_tables()
    sources = {figure.source for figure in build_figures(conditional_case()) if figure.source.startswith("marts.")}
    assert len(sources) > 40
    missing = [
        source for source in sorted(sources) if source.rpartition(".")[2] not in tables[source.rpartition(".")[0]]
    ]
    assert missing == []


def _score(connection, metric, quarter, score, **further):
    scored = {
        "audience": "customer", "metric_version": "1", "is_current_version": True, "period_kind": "quarter",
        "slice_name": "total", "slice_value": "total", "is_suppressed": False, "count_answers": 100,
    }  # fmt: skip
    insert(
        connection,
        "marts.agg_metric_scores",
        **(
            scored | {"metric_id": metric, "period": quarter, "period_date": quarter, "headline_score": score} | further
        ),
    )


def test_a_quarter_still_running_at_as_of_is_not_shown(warehouse):
    for quarter, score in (("2024-04-01", 40), ("2024-07-01", 44), ("2024-10-01", 90)):
        _score(warehouse, "nps", quarter, score)
        _score(warehouse, "nps", quarter, score - 5, slice_name="region", slice_value="EMEA")
    insert(
        warehouse,
        "marts.agg_score_changes",
        **{"audience": "customer", "metric_id": "nps", "metric_version": "1", "period_kind": "quarter"},
        **{"period": "2024-07-01", "slice_name": "total", "slice_value": "total", "change_score": 4, "is_real": True},
    )
    periods = rows(warehouse, "score_periods")
    assert [(row["period"], float(row["headline_score"])) for row in periods] == [("2024-Q2", 40), ("2024-Q3", 44)]
    assert [(row["change_score"], row["is_real"]) for row in periods] == [(None, False), (Decimal(4), True)]
    assert [row["is_primary"] for row in periods] == [True, True]
    assert [(row["period"], row["slice_value"]) for row in rows(warehouse, "score_slices")] == [("2024-Q3", "EMEA")]


def test_employees_and_earlier_versions_are_not_mixed_in(warehouse):
    _score(warehouse, "nps", "2024-07-01", 1, audience="employee")
    _score(warehouse, "nps", "2024-07-01", 2, metric_version="0", is_current_version=False)
    assert rows(warehouse, "score_periods") == []


def test_the_bridge_takes_twelve_months_and_adds_up_to_the_cent(warehouse):
    opening = Decimal("1000.10")
    for number in range(15):
        month = f"{2023 + (9 + number - 1) // 12}-{(9 + number - 1) % 12 + 1:02d}-01"
        insert(
            warehouse,
            "marts.agg_mrr_bridge",
            **{"month": month, "slice_name": "total", "opening_amount": opening, "expansion_amount": Decimal("0.10")},
            **dict.fromkeys(("new_amount", "reactivation_amount", "contraction_amount", "residual_amount"), 0),
            **{"churn_amount": 0, "currency_effect_amount": 0, "closing_amount": opening + Decimal("0.10")},
        )
        opening += Decimal("0.10")
    (bridge,) = rows(warehouse, "bridge")
    assert (bridge["first_month"], bridge["last_month"], bridge["count_months"]) == ("2023-12", "2024-11", 12)
    assert bridge["opening_amount"] + bridge["expansion_amount"] == bridge["closing_amount"] == Decimal("1001.60")


def test_the_ledger_is_compared_over_the_months_it_covers(warehouse):
    for month, billed, ledger in (("2024-09-01", 100, 100), ("2024-10-01", 50, 47), ("2024-11-01", 70, None)):
        for place, (item, amount) in enumerate(
            (("billed", billed), ("unexplained", ledger and ledger - billed), ("ledger", ledger))
        ):
            insert(warehouse, "marts.agg_ledger_bridge", month=month, sort_order=place, item=item, amount=amount)
    assert {row["item"]: row["amount"] for row in rows(warehouse, "ledger")} == {
        "billed": 150,
        "unexplained": -3,
        "ledger": 147,
    }
    (months,) = rows(warehouse, "ledger_months")
    assert (months["count_months"], months["count_unexplained_months"]) == (2, 1)
    assert (months["largest_month"], months["largest_amount"]) == ("2024-10", -3)


def test_low_answers_without_any_follow_up_table_are_no_closed_loop(warehouse):
    for metric in ("nps", "all"):
        insert(warehouse, "marts.agg_closed_loop", period="all", arm="total", metric_id=metric, count_low=5)
    assert rows(warehouse, "closed_loop") == []
    insert(warehouse, "marts.agg_row_accounting", table_name="follow_ups", count_accepted=1)
    assert [(row["metric"], row["metric_label"]) for row in rows(warehouse, "closed_loop")] == [("nps", "NPS")]


def test_only_accounts_that_ask_for_attention_are_listed_in_the_warehouses_order(warehouse):
    states = ("at risk", "warning", *["silent"] * 20, "advocate", "steady")
    for rank, attention in reversed(list(enumerate(states, start=1))):
        insert(
            warehouse,
            "marts.fct_account_360",
            **{"priority_rank": rank, "account_id": f"A{rank:02d}", "attention": attention, "mrr_amount": 10},
        )
    assert [row["account_id"] for row in rows(warehouse, "accounts")] == [f"A{rank:02d}" for rank in range(1, 16)]
    assert {row["attention"]: row["count_accounts"] for row in rows(warehouse, "attention")}["silent"] == 20
    assert rows(warehouse, "margins") == []


def test_margins_count_only_accounts_with_known_costs(warehouse):
    for number, margin in enumerate((None, 5, -2, -3)):
        insert(
            warehouse,
            "marts.fct_account_360",
            **{"account_id": f"A{number}", "mrr_amount": 10, "margin_amount": margin, "priority_rank": number},
            **{"is_unprofitable": None if margin is None else margin < 0},
        )
    (margins,) = rows(warehouse, "margins")
    assert (margins["count_accounts"], margins["count_unprofitable"]) == (3, 2)
    assert (margins["mrr_amount"], margins["margin_amount"]) == (20, -5)


def test_brands_are_those_of_the_latest_whole_year_else_of_all_time(warehouse):
    def brands(kind, period, start):
        insert(
            warehouse,
            "marts.agg_competitive_trend",
            **{"period_kind": kind, "period": period, "period_start_date": start, "brand": "Us", "is_us": True},
        )

    brands("all", "all", None)
    brands("year", "2024", "2024-01-01")
    assert [row["period"] for row in rows(warehouse, "competition")] == ["all"]
    brands("year", "2022", "2022-01-01")
    brands("year", "2023", "2023-01-01")
    assert [row["period"] for row in rows(warehouse, "competition")] == ["2023"]


def test_definitions_are_found_for_every_place_a_block_names():
    block = (
        "**Churn rate** (`marts.agg_churn_rates.churn_pct`; by cause `voluntary_churn_pct`)\n\n"
        "- **Formula:** 100 · accounts that left\n  / `count_at_risk`\n- **Unit:** %\n"
    )
    words = "Churn rate: 100 · accounts that left / count_at_risk"
    assert definitions_of([block, "About the project, without a title."]) == {
        "marts.agg_churn_rates.churn_pct": words,
        "marts.agg_churn_rates.voluntary_churn_pct": words,
    }


def test_the_projects_doc_blocks_define_the_headline_measures():
    definitions = definitions_of(
        [
            part.partition("{% enddocs %}")[0].partition("%}\n")[2]
            for path in sorted(MODELS.glob("marts/*/*__docs.md"))
            for part in path.read_text(encoding="utf-8").split("{% docs ")[1:]
        ]
    )
    tables = declared_tables()
    for place, words in definitions.items():
        assert place.rpartition(".")[2] in tables[place.rpartition(".")[0]], place
        assert words.strip()
    wanted = ("agg_revenue_retention.grr_pct", "agg_mrr_bridge.closing_amount", "agg_score_changes.change_score")
    assert [name for name in wanted if f"marts.{name}" not in definitions] == []
