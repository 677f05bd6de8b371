"""What the figures of recurring revenue are: bridge, retention, ledger, leavers, accounts that ask for attention.

Belongs here: ids, units, definitions and sources of booked money and of the accounts that bring it.
Does not belong here: modelled money (`catalogue_case.py`), predicted risk (`catalogue_data.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from roi_models.report import rows_measures, tables
from roi_models.report.catalogue_base import Measure, figures_of_rows, first_row, make_figure
from roi_models.results import CaseFile, Figure

_BRIDGE_WORDS = {
    "opening_amount": "Monthly recurring revenue when the bridge begins.",
    "new_amount": "Monthly recurring revenue of accounts that are customers for the first time, over the bridge.",
    "reactivation_amount": "Monthly recurring revenue of accounts that came back, over the bridge.",
    "expansion_amount": "Rise of monthly recurring revenue at accounts that stayed, over the bridge.",
    "contraction_amount": "Fall of monthly recurring revenue at accounts that stayed, over the bridge.",
    "churn_amount": "Monthly recurring revenue of accounts that left, for whatever cause, over the bridge.",
    "currency_effect_amount": "What rates of exchange did to monthly recurring revenue, over the bridge.",
    "closing_amount": "Monthly recurring revenue when the bridge ends.",
}
BRIDGE_MEASURES = (
    *(Measure(column=name, unit="money", definition=text) for name, text in _BRIDGE_WORDS.items()),
    Measure(
        column="residual_amount",
        unit="money",
        definition="What the lines of the bridge leave between opening and closing, summed over its months.",
    ),
    Measure(column="arr_opening_amount", unit="money", definition="Annual recurring revenue when the bridge begins."),
    Measure(column="arr_closing_amount", unit="money", definition="Annual recurring revenue when the bridge ends."),
    Measure(column="count_months", unit="months", source_column="month", definition="Months that the bridge covers."),
)
RETENTION_MEASURES = (
    Measure(column="window_months", unit="months", definition="Months over which retention is taken."),
    Measure(column="grr_pct", unit="share_pct", definition="Gross revenue retention over the window."),
    Measure(column="nrr_pct", unit="share_pct", definition="Net revenue retention over the window."),
    Measure(column="earned_growth_pct", unit="share_pct", definition="Earned growth over the window."),
    Measure(column="count_accounts", unit="count", definition="Accounts that were customers when the window began."),
    Measure(column="count_lost", unit="count", definition="Of those, the accounts that are no customers any more."),
    Measure(column="logo_churn_pct", unit="share_pct", definition="Share of accounts lost over the window."),
)
UNKNOWN_ACQUISITION = Measure(
    column="count_new_unknown_acquisition",
    unit="count",
    definition="New accounts that do not say whether they were earned or bought.",
)
LEDGER_MEASURES = (
    Measure(
        column="count_months",
        unit="months",
        source_column="month",
        definition="Months that the ledger covers, of those of the bridge.",
    ),
    Measure(
        column="count_unexplained_months",
        unit="count",
        source_column="amount",
        definition="Months in which billed revenue and ledger differ.",
    ),
)
LARGEST_UNEXPLAINED = Measure(
    column="largest_amount",
    unit="money",
    source_column="amount",
    definition="Ledger less billed revenue in the month in which they differ most.",
)
_LEAVER_WORDS = {
    "churned": "that left",
    "silent": "that left without ever having answered",
    "voiced": "that left and had answered before",
}
LEAVER_MEASURES = (
    Measure(column="count_months", unit="months", source_column="month", definition="Months of departures counted."),
    *(
        Measure(column=f"count_{name}", unit="count", definition=f"Accounts {text}.")
        for name, text in _LEAVER_WORDS.items()
    ),
    Measure(
        column="mrr_churned_amount",
        unit="money",
        definition="Monthly recurring revenue of the accounts that left.",
    ),
    *(
        Measure(
            column=f"mrr_churned_{name}_amount",
            unit="money",
            definition=f"Monthly recurring revenue of the accounts {_LEAVER_WORDS[name]}.",
        )
        for name in ("silent", "voiced")
    ),
)
ACCOUNT_MEASURES = (
    Measure(column="mrr_amount", unit="money", definition="Monthly recurring revenue of {label}."),
    Measure(column="months_to_renewal", unit="months", definition="Months until the renewal of {label}."),
    Measure(column="score", unit="score", definition="Current score of {label}."),
    Measure(column="count_open_cases", unit="count", definition="Support cases of {label} that are open."),
)
ATTENTION_MEASURES = (
    Measure(
        column="count_accounts",
        unit="count",
        source_column="account_id",
        definition="Active accounts in the state {label}.",
    ),
    Measure(
        column="mrr_amount", unit="money", definition="Monthly recurring revenue of the accounts in the state {label}."
    ),
)
MARGIN_MEASURES = (
    Measure(
        column="count_accounts",
        unit="count",
        source_column="margin_amount",
        definition="Active accounts whose margin after cost to serve is known.",
    ),
    Measure(
        column="count_unprofitable",
        unit="count",
        source_column="is_unprofitable",
        definition="Active accounts that cost more to serve than they bring.",
    ),
    Measure(column="mrr_amount", unit="money", definition="Monthly recurring revenue of the unprofitable accounts."),
    Measure(
        column="margin_amount",
        unit="money",
        definition="Margin of the unprofitable accounts over twelve months, summed.",
    ),
)


def revenue_figures(case_file: CaseFile) -> Iterator[Figure]:
    """Bridge, retention, the tie to the ledger, and who left."""
    measures = case_file.measures
    yield from figures_of_rows("bridge", first_row(measures.bridge), BRIDGE_MEASURES, tables.MRR_BRIDGE)
    retention = first_row(measures.retention)
    declared = list(RETENTION_MEASURES)
    if retention and retention[0].data["count_new_unknown_acquisition"]:
        declared.append(UNKNOWN_ACQUISITION)
    yield from figures_of_rows("revenue", retention, declared, tables.REVENUE_RETENTION)
    line = Measure(column="amount", unit="money", id="", definition="Line from billed revenue to the ledger: {label}.")
    yield from figures_of_rows("ledger", rows_measures.ledger_rows(case_file), [line], tables.LEDGER_BRIDGE)
    months = first_row(measures.ledger_months)
    differs = months and months[0].data["count_unexplained_months"]
    shown = (*LEDGER_MEASURES, *([LARGEST_UNEXPLAINED] if differs else ()))
    yield from figures_of_rows("ledger", months, shown, tables.LEDGER_BRIDGE)
    yield from figures_of_rows("leavers", first_row(measures.leavers), LEAVER_MEASURES, tables.CHURN_RATES)


def account_figures(case_file: CaseFile) -> Iterator[Figure]:
    """The states of all active accounts, those that ask for attention, and the margin where costs are known."""
    table = tables.ACCOUNT_360
    states = rows_measures.attention_rows(case_file)
    yield from figures_of_rows("attention", states, ATTENTION_MEASURES, table)
    listed = rows_measures.account_rows(case_file)
    yield from figures_of_rows("account", listed, ACCOUNT_MEASURES, table)
    yield from _account_totals(case_file)
    yield from figures_of_rows("margin", first_row(case_file.measures.margins), MARGIN_MEASURES, table)


def _account_totals(case_file: CaseFile) -> Iterator[Figure]:
    """All active accounts, those on the list, and those that the list leaves out."""
    states, listed = rows_measures.attention_rows(case_file), rows_measures.account_rows(case_file)
    accounts, amount = (f"{tables.ACCOUNT_360}.{column}" for column in ("account_id", "mrr_amount"))
    if states:
        count, mrr = sum(int(row.data["count_accounts"]) for row in states), rows_measures.active_mrr(case_file)
        yield make_figure("attention.total.count_accounts", count, "count", "Active accounts.", accounts)
        text = "Monthly recurring revenue of the active accounts."
        yield make_figure("attention.total.mrr_amount", mrr, "money", text, amount)
    if listed:
        count, mrr = rows_measures.unlisted_accounts(case_file)
        yield make_figure("account.listed.count", len(listed), "count", "Accounts on the list.", accounts)
        text = "Accounts that ask for attention and are not on the list."
        yield make_figure("account.unlisted.count", count, "count", text, accounts)
        text = "Monthly recurring revenue of the accounts that ask for attention and are not on the list."
        yield make_figure("account.unlisted.mrr_amount", mrr, "money", text, amount)
