"""Contracts, invoice lines, departures, costs, rates, and the general ledger that the invoices tie to.

Belongs here: one function per file. The ledger's rule: every invoice line is converted to dollars at the rate
of the month its period starts in, each line rounded half to even to the cent, then summed by month and
segment.
Does not belong here: what is billed each month (`roi_models/simulate`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.demo.planted import PLANTED
from orchestration.demo.roster import Roster
from orchestration.demo.texts import CosmeticDraws, cents_text, csv_bytes, iso_date, slashed_date
from roi_models.simulate import RATE_UNIT, Simulation, dollar_cents

_YEAR = 12
_LINE_KEYS = ["part", "month", "account"]
# Line type, share of account-months that have one, least and most of it as a share of the month's bill.
_EXTRA_LINES = (("One-off", 0.02, 0.05, 0.40), ("Credit", 0.01, 0.01, 0.20), ("Refund", 0.003, 0.10, 0.50))
_PLANTED_CENTS = {"duplicate_invoice_line": 12_345, "refund_with_wrong_sign": 15_000}
_CHURN_TYPES = {"voluntary": "Voluntary", "involuntary": "Involuntary", "contraction": "Downgrade"}
_REASONS = {
    "voluntary": np.array(["Price", "Support", "Missing features", "Switched to competitor"]),
    "involuntary": np.array(["Insolvency", "Payment failure", "Acquired"]),
    "contraction": np.array(["Fewer seats", "Cheaper plan"]),
}
# Cost line, cents a month, cents more in the first month.
_COST_LINES = (
    ("Survey platform", 250_000, 9_000_000),
    ("Closed-loop team", 600_000, 0),
    ("Analytics", 150_000, 6_000_000),
)


def contracts_file(simulation: Simulation, roster: Roster) -> bytes:
    """billing_contracts.csv: yearly terms; the first is the one in force when history begins, or that comes up then.

    Who joins or returns begins a term that day.
    """
    panel, accounts = simulation.account_months, simulation.accounts
    terms = panel[~panel.duplicated(["account", "is_returned"]) | panel["renewal"]]
    # The term before one that begins with history: its renewal date falls into the first month.
    ending = terms[(terms["month"] == 0) & terms["renewal"] & (terms["tenure"] >= _YEAR)]
    terms = pd.concat([ending.assign(month=-_YEAR, tenure=ending["tenure"] - _YEAR), terms], ignore_index=True)
    account = terms["account"].to_numpy()
    month0 = simulation.month_starts[0].astype("datetime64[M]")
    is_returned = terms["is_returned"].to_numpy(dtype=bool)
    start = month0 + np.where(is_returned, terms["month"], terms["month"] - terms["tenure"] % _YEAR)
    renewal = (start + _YEAR).astype("datetime64[D]")
    left_on = accounts["event_date"].to_numpy()[account].astype("datetime64[D]")
    left_on = np.where(is_returned, np.datetime64("NaT", "D"), left_on)
    is_cancelled = left_on < renewal
    is_running = renewal > simulation.month_starts[-1] - np.timedelta64(1, "D")
    end = np.where(is_cancelled, left_on, renewal - np.timedelta64(1, "D"))
    updated = np.where(is_cancelled, left_on, start.astype("datetime64[D]"))
    numbers = np.char.add("-", (terms["tenure"].to_numpy() // _YEAR + 1).astype(str))
    numbers = np.where(is_returned, "-R", numbers)
    return csv_bytes(
        pd.DataFrame(
            {
                "contract_no": np.char.add(np.char.add("C-", np.char.zfill((account + 1).astype(str), 6)), numbers),
                "account_code": roster.account_ids[account],
                "product": "Platform",
                "term_start": iso_date(start),
                "term_end": iso_date(end),
                "renewal_date": np.where(is_cancelled, "", iso_date(renewal)),
                "mrr_minor": terms["mrr_cents"],
                "currency": accounts["currency_code"].to_numpy()[account],
                "status": np.where(is_cancelled, "Cancelled", np.where(is_running, "Active", "Expired")),
                "updated_on": iso_date(updated),
            }
        )
    )


def invoice_lines(simulation: Simulation) -> pd.DataFrame:
    """True invoice lines, none planted: account, month, line_type, cents (signed, account's currency)."""
    panel, generator = simulation.account_months, CosmeticDraws(simulation, "invoices", "account_months")
    sizes = simulation.part_sizes("account_months")
    # Lines are numbered group by group: those of the first keep their numbers whoever joins.
    panel = panel.assign(part=np.repeat(np.arange(len(sizes)), sizes))
    lines = [panel[_LINE_KEYS].assign(line_type="Charge", cents=panel["mrr_cents"])]
    for line_type, share, least, most in _EXTRA_LINES:
        draws = generator.random((2, len(panel)))
        rows = panel[draws[0] < share]
        size = least + (most - least) * draws[1][draws[0] < share]
        cents = np.maximum(np.rint(rows["mrr_cents"].to_numpy() * size).astype(np.int64), 1)
        sign = 1 if line_type == "One-off" else -1
        lines.append(rows[_LINE_KEYS].assign(line_type=line_type, cents=sign * cents))
    table = pd.concat(lines, ignore_index=True)
    return table.sort_values(["part", "month", "account"], kind="stable", ignore_index=True).drop(columns="part")


def invoices_file(simulation: Simulation, roster: Roster) -> bytes:
    """billing_invoices.csv: invoice lines in minor units, days first in dates, planted lines last."""
    lines = invoice_lines(simulation)
    numbers = np.char.zfill(np.arange(1, len(lines) + 1).astype(str), 7)
    table = _invoice_table(simulation, roster, lines, np.char.add("LN-", numbers))
    names = ("duplicate_invoice_line", "duplicate_invoice_line", "refund_with_wrong_sign")
    planted = _planted_lines(roster, names)
    keys = np.array([PLANTED[name].keys[0] for name in names])
    return csv_bytes(pd.concat([table, _invoice_table(simulation, roster, planted, keys)]))


def _planted_lines(roster: Roster, names: tuple[str, ...]) -> pd.DataFrame:
    """Planted lines of an account that stays, in the first month."""
    return pd.DataFrame(
        {
            "account": roster.staying_account,
            "month": 0,
            "line_type": ["Refund" if name == "refund_with_wrong_sign" else "One-off" for name in names],
            "cents": [_PLANTED_CENTS[name] for name in names],
        }
    )


def _invoice_table(simulation: Simulation, roster: Roster, lines: pd.DataFrame, line_ids: np.ndarray) -> pd.DataFrame:
    """Invoice lines in the shape of the file."""
    account, month = lines["account"].to_numpy(), lines["month"].to_numpy()
    starts = simulation.month_starts[month]
    ends = simulation.month_starts[month + 1] - np.timedelta64(1, "D")
    stamp = np.char.replace(np.datetime_as_string(starts, unit="M"), "-", "")
    return pd.DataFrame(
        {
            "line_id": line_ids,
            "invoice_no": np.char.add(np.char.add(stamp, "-"), np.char.zfill((account + 1).astype(str), 6)),
            "account_code": roster.account_ids[account],
            "product": np.where(lines["line_type"] == "One-off", "Services", "Platform"),
            "line_type": lines["line_type"].to_numpy(),
            "period_start": slashed_date(starts),
            "period_end": slashed_date(ends),
            "amount_minor": lines["cents"].to_numpy(),
            "currency": simulation.accounts["currency_code"].to_numpy()[account],
        }
    )


def ledger_file(simulation: Simulation, roster: Roster) -> bytes:
    """general_ledger.csv: dollars by month and segment, to the cent what the true invoice lines add up to."""
    lines = pd.concat([invoice_lines(simulation), _planted_lines(roster, ("duplicate_invoice_line",))])
    rates = simulation.fx_rates.pivot(index="month", columns="currency_code", values="rate")
    currency = simulation.accounts["currency_code"].to_numpy()[lines["account"]]
    rate = np.where(currency == "EUR", rates["EUR"].to_numpy()[lines["month"]], RATE_UNIT)
    lines = lines.assign(
        dollars=dollar_cents(lines["cents"].to_numpy(), rate),
        segment=simulation.accounts["segment"].to_numpy()[lines["account"]],
    )
    totals = lines.groupby(["month", "segment"], as_index=False)["dollars"].sum()
    names = {"ENT": "Enterprise", "MID": "Mid-Market", "SMB": "SMB"}
    return csv_bytes(
        pd.DataFrame(
            {
                "period": iso_date(simulation.month_starts[totals["month"]]),
                "gl_account": "4000 Revenue",
                "segment": totals["segment"].map(names),
                "amount": cents_text(totals["dollars"].to_numpy()),
                "currency": "USD",
            }
        )
    )


def churn_file(simulation: Simulation, roster: Roster) -> bytes:
    """churn.csv: departures and downgrades, days first in dates, the impossible date last."""
    events, generator = simulation.churn_events, CosmeticDraws(simulation, "churn", "churn_events")
    draws = generator.random(len(events))
    reasons = [
        _REASONS[kind][int(draw * len(_REASONS[kind]))] for kind, draw in zip(events["kind"], draws, strict=True)
    ]
    numbers = np.char.zfill(np.arange(1, len(events) + 1).astype(str), 6)
    table = pd.DataFrame(
        {
            "event_id": np.char.add("CHN-", numbers),
            "account_code": roster.account_ids[events["account"]],
            "effective_date": slashed_date(events["event_date"]),
            "type": events["kind"].map(_CHURN_TYPES),
            "reason": reasons,
        }
    )
    defect = PLANTED["impossible_date"]
    impossible = (
        defect.keys[0],
        roster.account_ids[roster.staying_account],
        defect.raw_value,
        "Voluntary",
        "Price",
    )
    return csv_bytes(pd.concat([table, pd.DataFrame([impossible], columns=table.columns)]))


def costs_file(simulation: Simulation, _roster: Roster) -> bytes:
    """programme_costs.csv: what the feedback programme costs, by month and line, in dollars."""
    months = simulation.month_starts[:-1]
    rows = [
        (str(start), line, monthly + (extra if place == 0 else 0))
        for place, start in enumerate(months)
        for line, monthly, extra in _COST_LINES
    ]
    table = pd.DataFrame(rows, columns=["month", "cost_line", "cents"])
    amounts = cents_text(table["cents"].to_numpy())
    return csv_bytes(table.drop(columns="cents").assign(amount=amounts, currency="USD"))


# Contracts run for a year.
MONTHS_BEFORE_HISTORY = 12


def rates_file(simulation: Simulation, _roster: Roster) -> bytes:
    """fx_rates.csv: dollars per unit of a currency, fixed for the month.

    Contracts began up to a year before the history, so the first month's rates stand for that year too.
    """
    rates = simulation.fx_rates
    first = rates[rates["month"] == 0]
    earlier = [first.assign(month=-months) for months in range(MONTHS_BEFORE_HISTORY, 0, -1)]
    rates = pd.concat([*earlier, rates], ignore_index=True)
    month_starts = simulation.month_starts[0].astype("datetime64[M]") + rates["month"].to_numpy()
    return csv_bytes(
        pd.DataFrame(
            {
                "month": iso_date(month_starts.astype("datetime64[ns]")),
                "currency": rates["currency_code"],
                "rate_to_usd": [f"{rate // RATE_UNIT}.{rate % RATE_UNIT:04d}" for rate in rates["rate"]],
            }
        )
    )
