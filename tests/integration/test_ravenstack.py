"""Someone else's data by YAML alone: satisfaction has no effect there, and the report must say so."""

from __future__ import annotations

import pytest

from tests.integration.pipeline import RAVENSTACK, document, rows

pytestmark = [
    pytest.mark.validate,
    pytest.mark.skipif(
        not RAVENSTACK.is_dir(), reason="the RavenStack files are not part of the repository; they lie in ../shared"
    ),
]


@pytest.fixture(scope="module")
def published(ravenstack):
    assert ravenstack.ended.code == 0, ravenstack.ended.err + ravenstack.home.last_error()
    return ravenstack.home.latest


def test_claims_nothing(published):
    headline = document(published, "figures.json")["headline"]
    assert headline["claim"] == "none"
    assert headline["sentence"].startswith("No return is claimed")
    assert "No return is claimed" in (published / "report.html").read_text(encoding="utf-8")


def test_report_names_the_churn_policy_and_what_was_absent(published):
    page = (published / "report.html").read_text(encoding="utf-8")
    assert "An account has left on the day its churn event names." in page
    absent = document(published, "figures.json")["absent"]
    for text in (
        "wallet share: no brand ratings supplied",
        "reconciliation to the general ledger: no ledger supplied",
        "roles of respondents: no contacts supplied",
    ):
        assert text in absent
        assert text in page


def test_measures_without_data_are_sentences(published):
    page = (published / "report.html").read_text(encoding="utf-8")
    for text in (
        "No general ledger covers these months",
        "No invitations were supplied",
        "No follow-ups were supplied",
        "No questionnaires were supplied",
        "No cost to serve is known",
    ):
        assert text in page
    assert 'id="brand-table"' not in page
    ids = {figure["id"] for figure in document(published, "figures.json")["figures"]}
    assert {"bridge.closing_amount", "revenue.grr_pct", "account.top01.mrr_amount"} <= ids
    assert not [figure_id for figure_id in ids if figure_id.startswith(("ledger.", "loop.", "response.", "brand."))]


def test_placebo_is_absent_because_causes_are_unknown(published):
    (found,) = rows(
        published,
        "select sum(count_voluntary + count_involuntary) as known, sum(count_churned) as churned "
        "from marts.agg_hazard_cells where lag = 1",
    )
    assert found["known"] == 0
    assert found["churned"] > 100
    assert any("placebo" in text for text in document(published, "figures.json")["absent"])


def test_rows_of_every_file_add_up(published):
    accounting = document(published, "manifest.json")["row_accounting"]
    assert {row["source_file"] for row in accounting} == {path.name for path in RAVENSTACK.glob("*.csv")}
    buckets = ("accepted", "rejected", "superseded", "excluded", "empty")
    for row in accounting:
        assert row["count_read"] == sum(row[f"count_{bucket}"] for bucket in buckets), row["source_file"]
