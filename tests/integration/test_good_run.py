"""A good run on the small demo: what it publishes, and where every planted defect ends."""

from __future__ import annotations

import csv
import re

import pytest

from orchestration.demo import PLANTED
from orchestration.demo.crm_files import GAMING_OWNER
from orchestration.demo.planted import NPS_FILE
from orchestration.demo.tickets import ANGRY_ACCOUNTS
from orchestration.fingerprint import file_sha256
from orchestration.last_run import read_last_run
from roi_models.case.appraisal import appraise_inputs
from roi_models.case.change_bridge import changed_assumptions
from roi_models.simulate.company import GAMED_ACCOUNTS
from tests.integration.pipeline import document, rows, tables

BUCKETS = ("accepted", "rejected", "superseded", "excluded", "empty")


@pytest.fixture(scope="module")
def published(demo_run):
    assert demo_run.ended.code == 0, demo_run.ended.err + demo_run.home.last_error()
    return demo_run.home.latest


def test_says_where_report_workbook_and_tables_are(demo_run, published):
    for name in ("report.html", "summary.html", "business_case.xlsx", "roi.duckdb"):
        assert str(published / name) in demo_run.ended.out
    assert document(published, "figures.json")["headline"]["sentence"] in demo_run.ended.out


def test_the_console_has_a_line_per_step_and_no_flood(demo_run, published):
    steps = [step["name"] for step in document(published, "manifest.json")["steps"]]
    lines = demo_run.ended.err.splitlines()
    assert steps[-1] == "published, to here"
    for name in [*steps[:-1], "published"]:
        assert sum(line.startswith(f"✓ {name}") for line in lines) == 1, name
    assert len(lines) < 45


def test_publishes_every_output_and_latest_points_to_it(demo_run, published):
    manifest = document(published, "manifest.json")
    assert published.is_symlink()
    assert published.readlink().as_posix() == manifest["run_id"]
    assert demo_run.home.run_ids() == [manifest["run_id"]]
    assert re.fullmatch(r"\d{4}-\d{2}-[0-9a-f]{12}", manifest["run_id"])
    pages = ("report.html", "summary.html", "summary.md", "data_docs/index.html")
    wanted = (*pages, "figures.json", "business_case.xlsx", "roi.duckdb")
    assert all((published / name).stat().st_size > 0 for name in wanted)
    parquet = {f"{path.parent.name}.{path.stem}" for path in published.rglob("*.parquet")}
    assert parquet == set(tables(published))


def test_manifest_states_every_output_and_its_hash(published):
    stated = {output["path"]: output for output in document(published, "manifest.json")["outputs"]}
    found = [path for path in published.rglob("*") if path.is_file() and path.name != "manifest.json"]
    assert set(stated) == {path.relative_to(published).as_posix() for path in found}
    for path in found:
        output = stated[path.relative_to(published).as_posix()]
        assert (output["bytes"], output["sha256"]) == (path.stat().st_size, file_sha256(path))


def test_manifest_states_every_input_and_its_hash(demo_run, published):
    inputs = document(published, "manifest.json")["inputs"]
    assert {(item["file"], item["sha256"]) for item in inputs} == {
        (path.name, file_sha256(path)) for path in demo_run.home.inbox.iterdir()
    }


def test_row_equation_holds_for_every_file_and_table(published):
    manifest = document(published, "manifest.json")
    accounted = {(row["source"], row["source_file"], row["table_name"]): row for row in manifest["row_accounting"]}
    read = {(item["source"], item["file"], item["table"]): item["rows_read"] for item in manifest["inputs"]}
    assert set(accounted) == set(read)
    for key, row in accounted.items():
        assert row["count_read"] == read[key], key
        assert row["count_read"] == sum(row[f"count_{bucket}"] for bucket in BUCKETS), key


def test_figures_have_the_agreed_shape_and_a_source_that_exists(published):
    figures = document(published, "figures.json")
    assert figures["headline"]["verdict"] in {"PASS", "REVIEW", "FAIL"}
    assert figures["headline"]["claim"] in {"none", "conditional", "evidenced"}
    assert figures["headline"]["sentence"].endswith(".")
    assert all(set(check) == {"id", "value", "threshold", "level"} for check in figures["checks"])
    assert all(isinstance(text, str) for text in figures["absent"])
    wanted = {"id", "value", "low", "high", "unit", "definition", "source"}
    assert all(set(figure) == wanted for figure in figures["figures"])
    ids = [figure["id"] for figure in figures["figures"]]
    assert len(set(ids)) == len(ids) > 50
    existing = {*tables(published), "manifest"}
    for figure in figures["figures"]:
        assert figure["source"].rpartition(".")[0] in existing, figure["id"]
        assert figure["unit"] and figure["definition"], figure["id"]


def test_verdict_is_the_worst_level_of_the_checks(published):
    figures = document(published, "figures.json")
    order = ["PASS", "REVIEW", "FAIL"]
    worst = max((check["level"] for check in figures["checks"]), key=order.index)
    assert figures["headline"]["verdict"] == worst


def test_published_database_has_the_rows_of_the_parquet_files(published):
    compared = []
    for name in tables(published):
        parquet = published / name.replace(".", "/")
        compared += [f"(from {name} except all from '{parquet}.parquet')"]
        compared += [f"(from '{parquet}.parquet' except all from {name})"]
    counts = " union all ".join(f"select {at} as at, count(*) as n from ({sql})" for at, sql in enumerate(compared))
    assert [compared[row["at"]] for row in rows(published, f"from ({counts}) where n > 0")] == []


def test_no_mart_is_empty_and_what_is_planted_shows(published):
    marts = [name for name in tables(published) if name.startswith("marts.")]
    counts = " union all ".join(f"select '{name}' as name, count(*) as n from {name}" for name in marts)
    assert rows(published, f"from ({counts}) where n = 0") == []
    (seen,) = rows(
        published,
        "select count(case when is_at_risk then 1 end) as at_risk, count(case when is_unprofitable then 1 end) as dear "
        "from marts.fct_account_360",
    )
    assert seen["at_risk"] >= ANGRY_ACCOUNTS and seen["dear"] > 0
    # By chance an honest owner's mean may stand out; nobody honest gives one score only.
    flagged = rows(
        published, "select signal, entity from marts.agg_gaming_signals where is_flagged and metric_id = 'nps'"
    )
    assert {"signal": "owner_outlier", "entity": GAMING_OWNER} in flagged
    assert [row["entity"] for row in flagged if row["signal"] == "digit_heaping"] == [GAMING_OWNER]
    (bridge,) = rows(
        published,
        "select sum(count_new) as new, sum(count_reactivated) as reactivated from marts.agg_mrr_bridge "
        "where slice_name = 'total'",
    )
    assert bridge["new"] > GAMED_ACCOUNTS and bridge["reactivated"] > 0
    (gap,) = rows(published, "select gap_mean_score from marts.agg_perception_gaps")
    assert gap["gap_mean_score"] > 0
    versions = rows(
        published,
        "select metric_version, count_answers from marts.agg_metric_scores where metric_id = 'ces' "
        "and period_kind = 'all' and slice_name = 'total' order by metric_version",
    )
    assert [row["metric_version"] for row in versions] == ["1", "2"]
    routed = rows(
        published,
        "select metric_id, count(follow_up_id) as n, count(*) - count(follow_up_id) as unrouted "
        "from marts.fct_follow_ups group by metric_id order by metric_id",
    )
    assert [row["metric_id"] for row in routed] == ["ces", "csat", "nps"]
    assert all(row["n"] > row["unrouted"] for row in routed)


def planted(bucket):
    return [pytest.param(d, id=name) for name, d in PLANTED.items() if d.bucket == bucket]


@pytest.mark.parametrize("defect", planted("rejected"))
def test_planted_row_is_rejected_with_rule_column_and_raw_value(demo_run, published, defect):
    found = rows(
        published,
        f"select * from marts.fct_rejected_rows where table_name = '{defect.table}' and rule = '{defect.rule}'",
    )
    assert [(row["source_file"], row["column_name"], row["raw_value"]) for row in found] == [
        (defect.file, defect.column, defect.raw_value)
    ] * defect.count
    # The row that the rejection names is the planted one, in the file as it came.
    with (demo_run.home.inbox / defect.file).open(encoding="utf-8-sig", newline="") as stream:
        records = list(csv.reader(stream))
    assert sorted(key for row in found for key in defect.keys if key in records[row["source_row"] - 1]) == sorted(
        defect.keys
    )


@pytest.mark.parametrize("defect", [*planted("superseded"), *planted("excluded")])
def test_planted_row_is_set_aside_by_its_rule(published, defect):
    (found,) = rows(
        published,
        f"select count_rows from marts.agg_set_aside_rows where table_name = '{defect.table}' and "
        f"source_file = '{defect.file}' and bucket = '{defect.bucket}' and rule = '{defect.rule}'",
    )
    assert found["count_rows"] == defect.count


@pytest.mark.parametrize("defect", planted("accepted"))
def test_planted_row_is_kept_flagged_and_counted(published, defect):
    flag = {"orphan_answers": "not is_matched and audience = 'customer'", "answers_after_churn": "is_after_churn"}[
        defect.rule
    ]
    found = rows(published, f"select response_id, is_current from marts.fct_survey_responses where {flag}")
    assert set(defect.keys) <= {row["response_id"] for row in found}
    assert not any(row["is_current"] for row in found if row["response_id"] in defect.keys)
    (counted,) = rows(published, f"select count_rows from marts.agg_quality_flags where flag = '{defect.rule}'")
    assert counted["count_rows"] == len(found) == defect.count


def test_unanswered_questions_are_counted_as_empty(published):
    (counted,) = rows(
        published,
        "select sum(count_empty) as n from marts.agg_row_accounting "
        f"where table_name = 'survey_responses' and source_file = '{NPS_FILE}'",
    )
    assert counted["n"] == sum(d.count for d in PLANTED.values() if d.bucket == "empty")


def test_only_the_accepted_and_the_survivors_of_duplicates_are_answers(published):
    found = [row["response_id"] for row in rows(published, "select response_id from marts.fct_survey_responses")]
    for name, defect in PLANTED.items():
        if defect.table == "survey_responses":
            stays = defect.bucket in {"accepted", "superseded"}
            assert [found.count(key) for key in defect.keys] == [int(stays)] * defect.count, name


def test_superseded_account_keeps_its_newest_version(published):
    (key,) = PLANTED["older_account"].keys
    assert len(rows(published, f"select * from marts.dim_accounts where account_id = '{key}'")) == 1


def test_refused_refund_reached_no_revenue(published):
    (totals,) = rows(
        published,
        "select sum(unexplained_amount) as unexplained, sum(ledger_amount) as ledger "
        "from marts.agg_revenue_reconciliation",
    )
    assert totals["ledger"] > 0
    assert totals["unexplained"] == 0


def test_report_states_what_the_marts_measured(published):
    figures = {figure["id"]: figure for figure in document(published, "figures.json")["figures"]}

    def stated(*ids):
        return [figures[figure_id]["value"] for figure_id in ids]

    (months,) = rows(
        published,
        "select count(*) as n, sum(closing_amount) filter (month = last_month) as closing, sum(churn_amount) as churn "
        "from (select *, max(month) over () as last_month from marts.agg_mrr_bridge where slice_name = 'total') "
        "where month > last_month - interval 12 month",
    )
    found = stated("bridge.count_months", "bridge.closing_amount", "bridge.churn_amount", "bridge.residual_amount")
    assert found == [12, float(months["closing"]), float(months["churn"]), 0]
    (asking,) = rows(
        published,
        "select count(*) as n, sum(mrr_amount) as mrr, sum(mrr_amount) filter (priority_rank <= 15) as listed "
        "from marts.fct_account_360 where attention in ('at risk', 'warning', 'silent')",
    )
    assert stated("account.listed.count", "account.unlisted.count") == [min(15, asking["n"]), max(0, asking["n"] - 15)]
    assert stated("account.unlisted.mrr_amount") == [float(asking["mrr"] - asking["listed"])]
    (top,) = rows(published, "select name, mrr_amount from marts.fct_account_360 where priority_rank = 1")
    assert stated("account.top01.mrr_amount") == [float(top["mrr_amount"])]
    (loop,) = rows(
        published,
        "select * from marts.agg_closed_loop where period = 'all' and metric_id = 'nps' and arm = 'total'",
    )
    assert stated("loop.nps.count_low", "loop.nps.count_unrouted") == [loop["count_low"], loop["count_unrouted"]]
    assert "(GRR): 100" in figures["revenue.grr_pct"]["definition"]


def test_what_is_published_tells_the_next_run_how_the_case_stood(published):
    """From the published tables alone: the same net present value, and no change against itself."""
    last = read_last_run(published)
    figures = {figure["id"]: figure["value"] for figure in document(published, "figures.json")["figures"]}
    assert last.npv == figures["headline.npv"]
    assert appraise_inputs(last.response, last.assumptions, last.assumptions.inputs()).result.npv == last.npv
    assert changed_assumptions(last.assumptions, last.assumptions).empty
    assert document(published, "changes.json")["last"] is None, "this was the first run"
    assert read_last_run(published.parent / "absent") is None
