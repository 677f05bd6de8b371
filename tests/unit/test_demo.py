"""The demo's exports: their shapes, their planted defects, and a ledger that ties to the cent."""

import csv
import io
import json
from collections import defaultdict
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from orchestration.demo import DEMO_FILES, PLANTED, render_demo, write_demo
from orchestration.demo.identity import account_id, company_name, contact_email
from orchestration.demo.planted import NPS_FILE
from orchestration.errors import VocRoiError
from roi_models.simulate import simulate_company

SIZE = {"seed": 7, "accounts": 250, "months": 15}
KEY_COLUMN = {
    NPS_FILE: "ResponseId",
    "salesforce_accounts.csv": "Id",
    "churn.csv": "event_id",
    "billing_invoices.csv": "line_id",
}


@pytest.fixture(scope="module")
def simulation():
    return simulate_company(**SIZE)


@pytest.fixture(scope="module")
def files(simulation):
    return render_demo(simulation)


def rows_of(files, name):
    delimiter = ";" if name == "brand_ratings.csv" else ","
    records = list(csv.reader(io.StringIO(files[name].decode("utf-8-sig"), newline=""), delimiter=delimiter))
    header, body = records[0], records[3:] if name == NPS_FILE else records[1:]
    assert all(len(record) == len(header) for record in records), f"{name}: ragged"
    return [dict(zip(header, record, strict=True)) for record in body]


def test_writes_every_file_at_once_and_again_the_same(tmp_path, files):
    inbox = tmp_path / "home" / "inbox"
    paths = write_demo(inbox, **SIZE)
    assert [path.name for path in paths] == sorted(DEMO_FILES)
    assert {path.name: path.read_bytes() for path in paths} == files
    assert [path.name for path in inbox.parent.iterdir()] == ["inbox"]


def test_a_run_that_died_leaves_no_trace(tmp_path, monkeypatch):
    inbox = tmp_path / "inbox"

    def dies(_simulation):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("orchestration.demo.render_demo", dies)
        with pytest.raises(KeyboardInterrupt):
            write_demo(inbox, **SIZE)
    assert not inbox.exists()
    inbox.mkdir()
    assert len(write_demo(inbox, **SIZE)) == len(DEMO_FILES)
    assert [path.name for path in tmp_path.iterdir()] == ["inbox"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"switches": frozenset({"nonsense"})}, "Unknown simulation switch 'nonsense'"),
        ({"accounts": 2, "months": 2}, "ask for more accounts or months"),
    ],
)
def test_refusals_are_sentences(tmp_path, arguments, sentence):
    with pytest.raises(VocRoiError, match=sentence):
        write_demo(tmp_path / "inbox", **{**SIZE, **arguments})
    assert not (tmp_path / "inbox").exists()


def test_never_writes_over_files(tmp_path):
    (tmp_path / "mine.csv").write_text("precious")
    with pytest.raises(VocRoiError, match="already holds files"):
        write_demo(tmp_path, **SIZE)
    assert (tmp_path / "mine.csv").read_text() == "precious"


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_planted_rows_stand_in_their_file(files, name):
    defect = PLANTED[name]
    found = [row for row in rows_of(files, defect.file) if row[KEY_COLUMN[defect.file]] in defect.keys]
    copies = 2 if defect.bucket == "superseded" else 1
    assert len(found) == copies * defect.count > 0
    if defect.rule == "duplicate":
        assert found[0] == found[1]


def test_planted_rows_are_what_they_say(files):
    def planted(name):
        defect = PLANTED[name]
        return [row for row in rows_of(files, defect.file) if row[KEY_COLUMN[defect.file]] in defect.keys]

    accounts = {row["Id"]: row for row in rows_of(files, "salesforce_accounts.csv")}
    assert planted("off_scale_score")[0]["Q1"] == "11"
    assert {row["Q1"] for row in planted("seen_unanswered")} == {"-99"}
    assert {row["Q1"] for row in planted("blank_answer")} == {""}
    assert {row["Status"] for row in planted("preview")} == {"Survey Preview"}
    assert {row["Status"] for row in planted("spam")} == {"Spam"}
    assert {row["Finished"] for row in planted("unfinished")} == {"False"}
    assert planted("orphan_answer")[0]["account_ref"] not in accounts
    assert planted("impossible_date")[0]["effective_date"] == "31/02/2024"
    assert planted("refund_with_wrong_sign")[0]["amount_minor"] == "15000"
    newer, older = planted("older_account")
    assert newer["LastModifiedDate"] > older["LastModifiedDate"]
    assert newer["Segment__c"] != older["Segment__c"]
    late = planted("answer_after_churn")[0]
    left = {row["account_code"]: row for row in rows_of(files, "churn.csv") if row["type"] != "Downgrade"}
    left_on = datetime.strptime(left[late["account_ref"]]["effective_date"], "%d/%m/%Y")
    assert (datetime.fromisoformat(late["EndDate"]) - left_on).days == 20


def test_qualtrics_shape_and_zone(files, simulation):
    content = files[NPS_FILE]
    assert content.startswith(b"\xef\xbb\xbf")
    header = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[:3]
    imports = [json.loads(cell) for cell in header[2]]
    assert all("ImportId" in cell for cell in imports)
    assert imports[header[0].index("EndDate")]["timeZone"] == "America/New_York"
    rows = rows_of(files, NPS_FILE)
    answers = simulation.answers
    for place in (0, len(answers) // 2, len(answers) - 1):
        local = datetime.fromisoformat(rows[place]["EndDate"]).replace(tzinfo=ZoneInfo("America/New_York"))
        expected = answers["answered_at"].iloc[place].to_pydatetime().replace(tzinfo=UTC)
        assert local.astimezone(UTC) == expected
        assert rows[place]["Q1"] == str(answers["score"].iloc[place])
    groups = {(row["Q1"], row["Q1_NPS_GROUP"]) for row in rows}
    assert {("6", "1"), ("7", "2"), ("8", "2"), ("9", "3"), ("", ""), ("-99", "")} <= groups
    comments = [row["Q2"] for row in rows]
    assert any("\n" in text for text in comments)
    assert any('"' in text for text in comments)
    assert any("服务" in text or "响应" in text or "功能" in text for text in comments)


def test_every_reference_is_known_but_the_orphans(files):
    accounts = {row["Id"] for row in rows_of(files, "salesforce_accounts.csv")}
    contacts = rows_of(files, "salesforce_contacts.csv")
    contact_ids, emails = {row["Id"] for row in contacts}, {row["Email"] for row in contacts}
    assert {row["AccountId"] for row in contacts} == accounts
    for name, column in [
        ("account_costs.csv", "account_code"),
        ("billing_contracts.csv", "account_code"),
        ("billing_invoices.csv", "account_code"),
        ("churn.csv", "account_code"),
        ("brand_ratings.csv", "account"),
        ("zendesk_tickets.csv", "organization_external_id"),
    ]:
        assert {row[column] for row in rows_of(files, name)} <= accounts
    assert {row["contact_id"] for row in rows_of(files, "survey_invitations.csv")} <= contact_ids
    responses = rows_of(files, NPS_FILE)
    unknown = [row["ResponseId"] for row in responses if row["RecipientEmail"].lower() not in emails]
    assert tuple(unknown) == PLANTED["orphan_answer"].keys
    forwarded = [row for row in responses if not row["ExternalReference"]]
    assert forwarded
    assert all(row["RecipientEmail"].isupper() and not row["account_ref"] for row in forwarded)
    answered = {row["ResponseId"] for row in responses}
    answered |= {f"Z-{row['ticket_id']}" for row in rows_of(files, "zendesk_tickets.csv") if row["survey_responded_at"]}
    assert {row["response_id"] for row in rows_of(files, "follow_ups.csv")} <= answered


def test_ledger_ties_to_the_invoices_to_the_cent(files):
    rates = {(row["month"], row["currency"]): Decimal(row["rate_to_usd"]) for row in rows_of(files, "fx_rates.csv")}
    # The first row of an account is its newest version.
    segments = {row["Id"]: row["Segment__c"] for row in reversed(rows_of(files, "salesforce_accounts.csv"))}
    sums, seen, currencies = defaultdict(Decimal), set(), set()
    for row in rows_of(files, "billing_invoices.csv"):
        if row["line_id"] in seen or row["line_id"] in PLANTED["refund_with_wrong_sign"].keys:
            continue
        seen.add(row["line_id"])
        currencies.add(row["currency"])
        month = datetime.strptime(row["period_start"], "%d/%m/%Y").strftime("%Y-%m-%d")
        amount = Decimal(row["amount_minor"]) / 100 * rates[month, row["currency"]]
        sums[month, segments[row["account_code"]]] += amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    ledger = {(row["period"], row["segment"]): Decimal(row["amount"]) for row in rows_of(files, "general_ledger.csv")}
    assert currencies == {"EUR", "USD"}
    assert sums == ledger


def test_signs_follow_the_line_type(files):
    wrong = [
        row["line_id"]
        for row in rows_of(files, "billing_invoices.csv")
        if (int(row["amount_minor"]) < 0) != (row["line_type"] in {"Credit", "Refund"})
    ]
    assert tuple(wrong) == PLANTED["refund_with_wrong_sign"].keys


def test_billing_stops_after_the_month_of_leaving_and_begins_anew_with_a_return(files):
    billed = defaultdict(set)
    for row in rows_of(files, "billing_invoices.csv"):
        billed[row["account_code"]].add(row["period_start"][6:] + row["period_start"][3:5])
    contracts = rows_of(files, "billing_contracts.csv")
    ended = {row["account_code"]: row["term_end"] for row in contracts if row["status"] == "Cancelled"}
    returned = {row["account_code"]: row["term_start"] for row in contracts if row["contract_no"].endswith("-R")}
    departures = [
        row
        for row in rows_of(files, "churn.csv")
        if row["type"] != "Downgrade" and row["event_id"] not in PLANTED["impossible_date"].keys
    ]
    assert len(departures) > 10 and returned
    for row in departures:
        account = row["account_code"]
        day, month, year = row["effective_date"].split("/")
        again = returned.pop(account, "9999-12").replace("-", "")[:6]
        assert max(stamp for stamp in billed[account] if stamp < again) == year + month
        assert again == "999912" or min(stamp for stamp in billed[account] if stamp > year + month) == again
        assert ended[account] == f"{year}-{month}-{day}"
    assert not returned


def test_contract_terms_join_up_and_hold_the_first_bill(files):
    bills = {
        (row["account_code"], "-".join(reversed(row["period_start"].split("/")))): row["amount_minor"]
        for row in rows_of(files, "billing_invoices.csv")
        if row["line_type"] == "Charge"
    }
    terms = defaultdict(list)
    for row in rows_of(files, "billing_contracts.csv"):
        terms[row["account_code"]].append(row)
    for account, rows in terms.items():
        for earlier, later in pairwise(rows):
            if later["contract_no"].endswith("-R"):
                assert earlier["status"] == "Cancelled" and earlier["term_end"] < later["term_start"]
            else:
                assert (earlier["renewal_date"], earlier["status"]) == (later["term_start"], "Expired")
            assert bills[account, later["term_start"]] == later["mrr_minor"]
    assert {row["status"] for rows in terms.values() for row in rows} == {"Active", "Expired", "Cancelled"}


def test_brand_ranks_and_shares_read_with_decimal_commas(files):
    ratings = defaultdict(list)
    for row in rows_of(files, "brand_ratings.csv"):
        ratings[row["respondent"]].append(row)
    assert any(row["rank"].endswith(",5") for rows in ratings.values() for row in rows)
    for rows in ratings.values():
        size = len(rows)
        assert sum(float(row["rank"].replace(",", ".")) for row in rows) == size * (size + 1) / 2
        assert [row["is_us"] for row in rows] == ["yes"] + ["no"] * (size - 1)
        if size > 1:
            share = sum(Decimal(row["spend_share_pct"].replace(",", ".")) for row in rows)
            assert abs(share - 100) <= Decimal("0.02")


def test_identities_are_unique_even_for_readers_blind_to_case():
    numbers = range(4_000)
    assert len({account_id(number).lower() for number in numbers}) == len(numbers)
    assert len({company_name(number) for number in numbers}) == len(numbers)
    assert len({contact_email(number, number // 4) for number in numbers}) == len(numbers)
    assert all(contact_email(number, 0).isascii() for number in numbers)
