"""Every figure of a run is traced to its table, its models and the very files that lay in the inbox."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration import tracing
from orchestration.fingerprint import file_sha256
from orchestration.tracing.makers import declared_maker
from roi_models.report.format import round_for_unit
from tests.integration.pipeline import ROOT, document, rows, tables


@pytest.fixture(scope="module")
def published(demo_run):
    with demo_run.home.environment():
        yield tracing.open_published(demo_run.home.settings)


@pytest.fixture(scope="module")
def traces(published):
    return {figure_id: published.trace(figure_id) for figure_id in published.figures}


@pytest.fixture(scope="module")
def inbox_hashes(demo_run):
    return {path.name: file_sha256(path) for path in demo_run.home.inbox.iterdir()}


def test_every_figure_is_traced_to_a_table_that_was_published(demo_run, traces):
    assert set(traces) == {figure["id"] for figure in document(demo_run.home.latest, "figures.json")["figures"]}
    existing = set(tables(demo_run.home.latest))
    for figure_id, trace in traces.items():
        if trace.rows is None:
            assert trace.table == "manifest.json" and trace.stated, figure_id
        else:
            assert trace.table in existing and trace.rows.count > 0 and trace.rows.rows, figure_id


def test_every_step_is_a_file_of_the_project(traces):
    seen = {(step.name, step.kind, step.path, step.description) for trace in traces.values() for step in trace.steps}
    assert {kind for _, kind, _, _ in seen} == {"dbt model", "asset", "function"}
    for name, kind, path, description in seen:
        assert (ROOT / path).is_file() and description, name
        if kind == "dbt model":
            assert path.endswith(f"/{name.partition('.')[2]}.sql")


def test_files_are_those_of_the_inbox_and_their_originals_are_kept(traces, inbox_hashes):
    found = {(file.file, file.sha256, file.kept) for trace in traces.values() for file in trace.files}
    assert {(name, sha256) for name, sha256, _ in found} == set(inbox_hashes.items())
    assert all(file_sha256(Path(kept)) == sha256 for _, sha256, kept in found)


def test_every_raw_table_behind_a_figure_has_its_files_or_is_said_to_have_none(traces):
    for figure_id, trace in traces.items():
        raw = {name[4:] for step in trace.steps for name in step.reads if name.startswith("raw.")}
        assert {file.table for file in trace.files} | set(trace.without_file) == raw, figure_id


def test_a_row_that_is_said_to_hold_a_value_holds_it(traces):
    held = {name: trace for name, trace in traces.items() if trace.rows and trace.rows.how.startswith("This row holds")}
    assert len(held) > len(traces) / 2
    for figure_id, trace in held.items():
        (row,) = trace.rows.rows
        value, unit = row[trace.column], trace.figure["unit"]
        shown = [None] if value is None else [round_for_unit(float(value) * scale, unit) for scale in (1, 100)]
        assert trace.figure["value"] in shown, figure_id


def test_every_table_of_the_models_has_a_declared_maker(demo_run):
    made = [name for name in tables(demo_run.home.latest) if name.startswith("roi.")]
    assert [name for name in made if declared_maker(name) is None] == []


def test_the_row_of_one_account_is_found_by_all_that_the_page_says_of_it(traces, demo_run):
    (riskiest,) = rows(
        demo_run.home.latest,
        "select account_id from roi.account_predictions order by revenue_at_risk_amount desc, account_id limit 1",
    )
    for column in ("score", "mrr_amount", "revenue_at_risk_amount"):
        (row,) = traces[f"stake.top01.{column}"].rows.rows
        assert row["account_id"] == riskiest["account_id"]


@pytest.mark.parametrize(
    ("figure_id", "how"),
    [
        ("headline.npv", "The table has this one row."),
        ("quality.total.read", "It is the sum of the column count_read over all"),
        ("stake.segment.smb.count_accounts", "It is the count over the"),
        ("stake.segment.smb.mrr_amount", "It is the sum of the column mrr_amount over the"),
        ("headline.count_draws", "It is the count over all 2,000 rows"),
        ("retention.hazard_change_pct", "It is computed from the column hazard_ratio of the table's"),
        ("stated.check.separation.threshold.1", "The text in the column threshold of this row states the number."),
    ],
)
def test_says_how_the_value_comes_of_the_rows(traces, figure_id, how):
    assert traces[figure_id].rows.how.startswith(how)


@pytest.mark.parametrize(
    ("figure_id", "sources"),
    [
        ("method.no_effect_ratio", set()),
        ("assumption.margin", set()),
        ("instrument.brands.1.question_count", {"questionnaires"}),
        ("ledger.billed", {"accounts", "fx_rates", "ledger_revenue", "revenue"}),
    ],
)
def test_only_files_that_have_a_part_in_a_figure_are_named(traces, figure_id, sources):
    assert {file.table for file in traces[figure_id].files} == sources


def test_a_figure_of_the_case_goes_through_assets_and_models_to_the_exports(traces):
    trace = traces["headline.npv"]
    first, *behind = trace.steps
    assert (first.maker, first.path) == ("business_case", "orchestration/assets_roi.py")
    assert any("roi_models/case/business_case.py" in called for called in first.computes_with)
    names = [step.name for step in behind]
    assert {"roi.retention_effect", "marts.agg_hazard_cells", "staging.stg_raw__survey_responses"} < set(names)
    assert not any("rebuild" in name for name in names)
    assert len(names) == len(set(names))
    assert trace.remarks == ()


def test_prints_the_way_from_the_number_to_the_files(demo_run, traces):
    ended = demo_run.home.command("trace", "headline.npv")
    assert ended.code == 0, ended.err
    (npv,) = rows(demo_run.home.latest, "select npv from roi.business_case")
    trace = traces["headline.npv"]
    wanted = [
        f"value {npv['npv']}",
        trace.figure["definition"][:60],
        "table roi.business_case, column npv",
        "function business_case in orchestration/assets_roi.py",
        "dbt_project/models/marts/accounts/dim_accounts.sql",
        *(file.sha256 for file in trace.files),
        *(file.kept for file in trace.files),
    ]
    assert [text for text in wanted if text not in ended.out] == []


def test_json_says_the_same(demo_run, traces):
    ended = demo_run.home.command("trace", "quality.total.read", "--json")
    found, trace = json.loads(ended.out), traces["quality.total.read"]
    assert found["figure"] == trace.figure
    assert [step["name"] for step in found["steps"]] == [step.name for step in trace.steps]
    assert [file["sha256"] for file in found["files"]] == [file.sha256 for file in trace.files]


def test_lists_figures_by_how_their_ids_begin(demo_run, traces):
    listed = demo_run.home.command("trace", "--list").out.splitlines()
    assert [line.split()[0] for line in listed] == list(traces)
    cash = demo_run.home.command("trace", "--list", "cash.y1").out.splitlines()
    assert cash and all(line.startswith("cash.y1.") and "USD" in line for line in cash if "factor" not in line)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("headline.nvp",), "has no figure 'headline.nvp'; did you mean 'headline.npv'?"),
        (("headline.npv", "--run", "2024-12"), "No run '2024-12' is published in"),
        (("headline.npv", "--run", "../.."), "No run '../..' is published in"),
        (("--list", "headlines"), "No figure's id begins with 'headlines'; did you mean 'headline'?"),
        ((), "Name the figure to trace"),
    ],
)
def test_what_cannot_be_traced_ends_in_a_sentence(demo_run, arguments, sentence):
    ended = demo_run.home.command("trace", *arguments)
    assert (ended.code, ended.out) == (1, "")
    assert sentence in ended.err


def test_an_earlier_run_is_traced_by_its_id(demo_run, published):
    ended = demo_run.home.command("trace", "headline.npv", "--run", published.folder.name)
    assert ended.code == 0 and published.folder.name in ended.out


def test_a_run_of_another_program_says_so(demo_run, published):
    changed = published.manifest | {"code": published.manifest["code"] | {"sha256": "0" * 64}}
    older = tracing.PublishedRun(
        folder=published.folder,
        settings=published.settings,
        figures=published.figures,
        currency=published.currency,
        manifest=changed,
    )
    with demo_run.home.environment():
        assert "The program has changed since this run" in older.trace("method.no_effect_ratio").remarks[0]
