"""Who joins the demo's company later, who returns, whose answers are gamed; and that the first cohort is untouched."""

import numpy as np
import pandas as pd
import pytest

from orchestration.demo import render_demo
from orchestration.demo.crm_files import GAMING_OWNER
from orchestration.demo.planted import NPS_FILE
from orchestration.demo.tickets import all_tickets, ticket_ids
from roi_models.simulate import simulate, simulate_company
from roi_models.simulate.company import AWAY_MONTHS, GAMED_ACCOUNTS, JOINING_EVERY_MONTHS, RETURNED_MONTHS
from tests.unit.test_demo import rows_of

SIZE = {"seed": 7, "accounts": 300, "months": 30}
FRAMES = (
    "accounts",
    "contacts",
    "account_months",
    "churn_events",
    "invitations",
    "answers",
    "tickets",
    "brand_ratings",
)


@pytest.fixture(scope="module")
def first():
    return simulate(**SIZE)


@pytest.fixture(scope="module")
def company():
    return simulate_company(**SIZE)


@pytest.mark.parametrize("name", [*FRAMES, "follow_ups", "fx_rates"])
def test_the_first_cohort_stands_first_and_unchanged(first, company, name):
    ours = getattr(first, name)
    pd.testing.assert_frame_equal(getattr(company, name).iloc[: len(ours)], ours)


def test_the_first_cohorts_rows_of_every_file_are_unchanged(first, company):
    before, after = render_demo(first), render_demo(company)
    # Added tickets come after all that were drawn, so they and their cases are numbered anew.
    added = {str(number) for number in ticket_ids(all_tickets(first))[len(first.tickets) :]}
    # The ledger holds the sums of both.
    for name in sorted(set(before) - {"general_ledger.csv"}):
        lines = {
            line
            for line in before[name].decode("utf-8-sig").splitlines()
            if not added & {part.removeprefix("Z-") for part in line.split(",")[:2]}
        }
        assert lines <= set(after[name].decode("utf-8-sig").splitlines()), name


@pytest.mark.parametrize("name", FRAMES)
def test_numbers_go_on_where_the_first_cohort_ends(company, name):
    frame = getattr(company, name)
    if name in {"accounts", "contacts", "answers"}:
        assert frame[name[:-1]].tolist() == list(range(len(frame)))
    assert frame["account"].max() < len(company.accounts)
    if "contact" in frame and name != "contacts":
        owners = company.contacts["account"].to_numpy()[frame["contact"]]
        np.testing.assert_array_equal(owners, frame["account"])
    assert sum(company.part_sizes(name)) == len(frame)
    assert company.follow_ups["account"].tolist() == (
        company.answers["account"].to_numpy()[company.follow_ups["answer"]].tolist()
    )


def test_who_joins_begins_with_no_tenure_in_a_later_month(first, company):
    panel = company.account_months
    begun = panel.drop_duplicates("account")
    begun = begun[begun["account"] >= len(first.accounts)]
    assert len(begun) == len(company.accounts) - len(first.accounts) > GAMED_ACCOUNTS
    assert set(begun["month"]) == set(range(JOINING_EVERY_MONTHS, SIZE["months"], JOINING_EVERY_MONTHS))
    assert set(begun["tenure"]) == {0}
    tenure_start = company.accounts["tenure_start"].to_numpy()[panel["account"]]
    np.testing.assert_array_equal(panel["tenure"], tenure_start + panel["month"])
    renewed = panel[~panel["is_returned"]]
    np.testing.assert_array_equal(renewed["renewal"], (renewed["tenure"] > 0) & (renewed["tenure"] % 12 == 0))


def test_no_account_is_in_the_panel_twice_a_month_or_after_it_left_but_for_returns(company):
    panel = company.account_months
    assert not panel.duplicated(["account", "month"]).any()
    event_month = company.accounts["event_month"].to_numpy()[panel["account"]]
    is_after = (event_month >= 0) & (panel["month"].to_numpy() > event_month)
    np.testing.assert_array_equal(is_after, panel["is_returned"])


def test_a_few_return_for_the_last_months_at_their_last_price(company):
    panel = company.account_months
    returned = panel[panel["is_returned"]]
    accounts = sorted(set(returned["account"]))
    assert 0 < len(accounts) <= len(company.accounts) / 50
    for account in accounts:
        rows = panel[panel["account"] == account]
        before, after = rows[~rows["is_returned"]], rows[rows["is_returned"]]
        assert after["month"].tolist() == list(range(SIZE["months"] - RETURNED_MONTHS, SIZE["months"]))
        assert after["month"].min() - before["month"].max() > AWAY_MONTHS
        assert before["voluntary"].iloc[-1] and not after[["voluntary", "involuntary"]].to_numpy().any()
        assert set(after["mrr_cents"]) == {before["mrr_cents"].iloc[-1]}


def test_gamed_accounts_answer_every_invitation_with_a_ten(company):
    gamed = company.accounts.loc[company.accounts["is_gamed"], "account"]
    answers = company.answers[company.answers["account"].isin(gamed)]
    invitations = company.invitations[company.invitations["account"].isin(gamed)]
    assert len(gamed) == GAMED_ACCOUNTS
    assert set(answers["score"]) == {10} and len(answers) > 0.97 * len(invitations) > 30
    assert (answers["answered_at"] > answers["invited_at"]).all()
    others = company.answers[~company.answers["account"].isin(gamed)]
    assert len(others) < 0.6 * (len(company.invitations) - len(invitations))


def test_the_account_manager_who_games_has_no_other_account(company):
    files = render_demo(company)
    owned = {row["Id"] for row in rows_of(files, "salesforce_accounts.csv") if row["OwnerName"] == GAMING_OWNER}
    assert len(owned) == GAMED_ACCOUNTS
    scores = {row["Q1"] for row in rows_of(files, NPS_FILE) if row["account_ref"] in owned}
    assert scores == {"10"}


def test_a_short_history_is_one_that_nobody_joins():
    short = simulate_company(seed=7, accounts=20, months=5)
    assert len(short.accounts) == 20 and not short.account_months["is_returned"].any()
