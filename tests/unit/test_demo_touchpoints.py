"""What the demo adds around the truth: tickets' questions and cases, employees, costs to serve."""

from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal

import pandas as pd
import pytest

from orchestration.demo import render_demo
from orchestration.demo.staff_files import COST_MONTHS, EMPLOYEES
from orchestration.demo.tickets import ANGRY_ACCOUNTS, ANGRY_TICKETS, OLD_SCALE_MONTHS, angry_tickets, asked_effort
from roi_models.simulate import simulate_company
from tests.unit.test_demo import rows_of


@pytest.fixture(scope="module")
def simulation():
    return simulate_company(seed=7, accounts=300, months=30)


@pytest.fixture(scope="module")
def files(simulation):
    return render_demo(simulation)


@pytest.fixture(scope="module")
def tickets(files):
    return rows_of(files, "zendesk_tickets.csv")


def test_the_effort_question_has_five_answers_at_first_and_seven_later(tickets):
    scales = defaultdict(set)
    for row in tickets:
        is_old = row["created_at"] < f"2022-{OLD_SCALE_MONTHS + 1:02d}"
        assert row["ces_scale_max"] == ("5" if is_old else "7")
        scales[row["ces_scale_max"]].add(row["ces_score"])
    assert {"2", "5"} < scales["5"] - {""} <= set("12345") and "7" in scales["7"]


def test_answers_on_the_old_scale_keep_their_order():
    tickets = pd.DataFrame({"month": [0] * 7 + [OLD_SCALE_MONTHS], "ces_score": pd.array([*range(1, 8), 6], "Int8")})
    asked, scale_max = asked_effort(tickets)
    assert asked.tolist() == [1, 2, 2, 3, 4, 4, 5, 6]
    assert scale_max.tolist() == [5] * 7 + [7]


def test_tickets_of_the_simulation_are_as_they_were_drawn(simulation, tickets):
    drawn = tickets[: len(simulation.tickets)]
    assert [row["csat_score"] for row in drawn] == ["" if s is None else str(s) for s in _plain(simulation.tickets)]
    assert len(tickets) == len(drawn) + ANGRY_ACCOUNTS * ANGRY_TICKETS


def _plain(tickets):
    return tickets["csat_score"].astype(object).where(tickets["csat_score"].notna(), None)


def test_a_few_accounts_end_on_three_bad_answers_in_a_row(simulation, files, tickets):
    angry = {account for account, n in Counter(_ids(files, simulation)).items() if n == ANGRY_TICKETS}
    assert len(angry) == ANGRY_ACCOUNTS
    rated = defaultdict(list)
    for row in tickets:
        if row["survey_responded_at"]:
            rated[row["organization_external_id"]].append((row["survey_responded_at"], row["csat_score"]))
    for account in angry:
        assert [score for _, score in sorted(rated[account])[-ANGRY_TICKETS:]] == ["1"] * ANGRY_TICKETS


def _ids(files, simulation):
    accounts = [row["Id"] for row in rows_of(files, "salesforce_accounts.csv")]
    return [accounts[number] for number in angry_tickets(simulation)["account"]]


def test_too_small_a_demo_has_nobody_angry():
    assert angry_tickets(simulate_company(seed=7, accounts=5, months=3)).empty


def test_cases_are_opened_on_most_low_answers_about_tickets_and_controls_are_not_called(files, tickets):
    cases = [row for row in rows_of(files, "follow_ups.csv") if row["response_id"].startswith("Z-")]
    answered = {f"Z-{row['ticket_id']}": row for row in tickets if row["survey_responded_at"]}
    low = {
        key
        for key, row in answered.items()
        if int(row["csat_score"]) <= 2 or int(row["ces_score"]) <= (3 if row["ces_scale_max"] == "7" else 2)
    }
    followed = {row["response_id"] for row in cases}
    assert len(followed) == len(cases) and followed < low
    assert 0.8 < len(followed) / len(low) < 1
    arms = {row["account"]: row["arm"] for row in rows_of(files, "follow_ups.csv")}
    for row in cases:
        assert row["arm"] == arms[row["account"]]
        assert row["opened_at"] > answered[row["response_id"]]["survey_responded_at"]
        assert row["arm"] == "Treatment" or not row["first_action_at"]
    days = [
        (datetime.fromisoformat(row["first_action_at"]) - datetime.fromisoformat(row["opened_at"])).days
        for row in cases
        if row["first_action_at"]
    ]
    # Some are late: an agreed time that nobody misses would show nothing.
    assert min(days) < 7 <= max(days)


def test_employees_answer_each_quarter_and_belong_to_no_account(files, simulation):
    answers = rows_of(files, "employee_survey.csv")
    by_person = Counter(row["employee"] for row in answers)
    assert len(by_person) == EMPLOYEES and max(by_person.values()) <= (len(simulation.month_starts) - 1) / 3
    contacts = {row["Email"] for row in rows_of(files, "salesforce_contacts.csv")}
    assert contacts.isdisjoint(by_person)
    end = f"{simulation.month_starts[-1]}"
    assert all(row["answered_at"] < end and 0 <= int(row["customers_would_recommend"]) <= 10 for row in answers)


def test_costs_are_of_the_last_year_and_a_few_accounts_cost_more_than_they_pay(files):
    bills, costs = defaultdict(Decimal), {}
    for row in rows_of(files, "billing_invoices.csv"):
        if row["line_type"] == "Charge":
            month = "-".join(reversed(row["period_start"].split("/")))
            bills[row["account_code"], month] = Decimal(row["amount_minor"]) / 100
    for row in rows_of(files, "account_costs.csv"):
        costs[row["account_code"], row["month"]] = Decimal(row["cost_to_serve"])
    assert len({month for _, month in costs}) == COST_MONTHS and set(costs) <= set(bills)
    dear = {key[0] for key, cost in costs.items() if cost > bills[key]}
    accounts = {account for account, _ in costs}
    assert 0 < len(dear) < len(accounts) / 10
    assert all(cost > bills[key] for key, cost in costs.items() if key[0] in dear)
