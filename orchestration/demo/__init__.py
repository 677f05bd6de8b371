"""The demo's inbox: what `roi_models/simulate` draws, written as the exports that a real company would have.

Belongs here: file shapes, identities, wording, planted defects (`PLANTED`), and writing the folder in one go.
Does not belong here: the truth behind the numbers (`roi_models/simulate`), mappings
(`config/demo/sources.yml`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from orchestration.demo import billing_files, crm_files, staff_files, survey_files, tickets
from orchestration.demo.planted import NPS_FILE, PLANTED, PlantedDefect
from orchestration.demo.qualtrics import qualtrics_file
from orchestration.demo.roster import Roster, build_roster
from orchestration.errors import VocRoiError
from roi_models.simulate import Simulation, simulate_company

__all__ = ["DEMO_FILES", "PLANTED", "PlantedDefect", "render_demo", "write_demo"]

DEMO_FILES: Mapping[str, Callable[[Simulation, Roster], bytes]] = MappingProxyType(
    {
        "account_costs.csv": staff_files.account_costs_file,
        "attribute_ratings.csv": survey_files.attribute_ratings_file,
        "billing_contracts.csv": billing_files.contracts_file,
        "billing_invoices.csv": billing_files.invoices_file,
        "brand_ratings.csv": survey_files.brand_ratings_file,
        "churn.csv": billing_files.churn_file,
        "employee_survey.csv": staff_files.employees_file,
        "follow_ups.csv": survey_files.follow_ups_file,
        "fx_rates.csv": billing_files.rates_file,
        "general_ledger.csv": billing_files.ledger_file,
        "programme_costs.csv": billing_files.costs_file,
        NPS_FILE: qualtrics_file,
        "questionnaires.csv": survey_files.questionnaires_file,
        "salesforce_accounts.csv": crm_files.accounts_file,
        "salesforce_contacts.csv": crm_files.contacts_file,
        "survey_invitations.csv": survey_files.invitations_file,
        "zendesk_tickets.csv": tickets.tickets_file,
    }
)


def render_demo(simulation: Simulation) -> dict[str, bytes]:
    """Every file of the demo by name. The same simulation gives the same bytes."""
    roster = build_roster(simulation)
    return {name: render(simulation, roster) for name, render in DEMO_FILES.items()}


def write_demo(
    inbox: Path,
    *,
    seed: int = 7,
    accounts: int = 3_000,
    months: int = 36,
    switches: frozenset[str] = frozenset(),
) -> list[Path]:
    """Draw the demo and write its files into `inbox`, which must be absent or empty; returns their paths,
    sorted.

    The files are written into a folder beside it that then takes the inbox's name, so an interrupted run
    leaves no half-filled inbox. Raises VocRoiError, one sentence, when the inbox holds anything, for an
    unknown switch, or when there are too few accounts or months.
    """
    if inbox.exists() and (not inbox.is_dir() or any(inbox.iterdir())):
        raise VocRoiError(f"{inbox} already holds files: the demo is written only where nothing is; empty it first.")
    try:
        simulation = simulate_company(seed=seed, accounts=accounts, months=months, switches=frozenset(switches))
    except ValueError as error:
        raise VocRoiError(str(error)) from error
    partial = inbox.with_name(f".{inbox.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name, content in render_demo(simulation).items():
        (partial / name).write_bytes(content)
    partial.replace(inbox)
    return sorted(inbox / name for name in DEMO_FILES)
