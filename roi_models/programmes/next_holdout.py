"""The next hold-out: how many accounts it needs, and what one year of cases could show, from the base rates seen.

Belongs here: base rates, the effect worth finding, the table of designs and the sentence on it.
Does not belong here: formulas (`power.py`).

The effect sought is set in advance and is not the one last seen: an effect that was large enough to be noticed is on
average overstated, and a trial planned on it is too small.
"""

from __future__ import annotations

import math

import pandas as pd

from roi_models.programmes import power
from roi_models.programmes.programme_results import HOLDOUT_COLUMNS, Windows, as_table

POWER, ALPHA = 0.8, 0.05
HELD_OUT_SHARES = (0.5, 0.2)
# Of departures, the share to be prevented; of the score, in standard deviations of accounts (small, after Cohen).
SOUGHT_FALL = 0.2
SOUGHT_DEVIATIONS = 0.2
MINIMUM_ACCOUNTS, MINIMUM_EVENTS = 20, 5
# A trial that takes longer outlives the programme that it judges.
LONGEST_MONTHS = 36
# Arms are drawn by account and each account counts once: no rows of one unit to resemble each other.
DESIGN_EFFECT = power.design_effect(1, 0.0)


def next_holdouts(cases: pd.DataFrame, *, accounts_per_year: int, windows: Windows) -> pd.DataFrame:
    """One row per outcome and share held out; an outcome without base rates has one row that says why."""
    untreated = cases[~cases["is_treated"].astype(bool)]
    # Treated accounts stand in only where nobody was held out: their rates already have the programme in them.
    base = untreated if len(untreated) >= MINIMUM_ACCOUNTS else cases
    rows = [*_score_rows(base, accounts_per_year, windows), *_departure_rows(base, accounts_per_year, windows)]
    return as_table(rows, HOLDOUT_COLUMNS)


def holdout_sentence(designs: pd.DataFrame) -> str:
    """What to do next, by the even split: the score first, for it needs the fewest accounts."""
    even = designs[designs["held_out_pct"] == 100 * HELD_OUT_SHARES[0]].set_index("outcome")
    parts = []
    for name in ("score_after", "is_departed"):
        if name not in even.index:
            parts.append(designs.set_index("outcome").loc[name, "sentence"])
        else:
            parts.append(even.loc[name, "sentence"])
    return " ".join(parts)


def _score_rows(base: pd.DataFrame, accounts_per_year: int, windows: Windows) -> list[dict]:
    followed = base[base["count_months_after"] >= windows.score_months]
    heard = followed["score_after"].dropna().astype(float)
    named = {
        "outcome": "score_after",
        "label": "Score afterwards",
        "unit": "points",
        "window_months": windows.score_months,
    }
    if len(heard) < MINIMUM_ACCOUNTS or heard.std() == 0:
        sentence = f"Scores after a case are known of {len(heard)} accounts: too few to plan a hold-out on the score."
        return [named | {"sentence": sentence}]
    share_heard, spread = len(heard) / len(followed), float(heard.std())
    change = SOUGHT_DEVIATIONS * spread
    rows = []
    for held_out in HELD_OUT_SHARES:
        design = {"treated_share": 1 - held_out, "alpha": ALPHA, "inflation": DESIGN_EFFECT / share_heard}
        needed = power.units_for_mean(spread, change, power=POWER, **design)
        within = (
            power.detectable_mean(spread, accounts_per_year, power=POWER, **design) if accounts_per_year > 1 else None
        )
        rows.append(
            named
            | _plan(
                held_out,
                needed,
                accounts_per_year=accounts_per_year,
                change=change,
                within=within,
                unit_words="points in the score",
                scale=1,
            )
            | {"base_value": float(heard.mean()), "base_sd": spread, "heard_pct": 100 * share_heard}
        )
    return rows


def _departure_rows(base: pd.DataFrame, accounts_per_year: int, windows: Windows) -> list[dict]:
    followed = base[base["count_months_after"] >= windows.departure_months]
    left = followed["is_departed"].astype(float)
    named = {
        "outcome": "is_departed",
        "label": "Left",
        "unit": "share",
        "window_months": windows.departure_months,
    }
    if len(left) < MINIMUM_ACCOUNTS or min(left.sum(), (1 - left).sum()) < MINIMUM_EVENTS:
        sentence = (
            f"Of {len(left)} accounts followed for {windows.departure_months} months {left.sum():.0f} left:"
            " too few to plan a hold-out on departures."
        )
        return [named | {"sentence": sentence}]
    rate = float(left.mean())
    change = -SOUGHT_FALL * rate
    rows = []
    for held_out in HELD_OUT_SHARES:
        design = {"treated_share": 1 - held_out, "alpha": ALPHA, "inflation": DESIGN_EFFECT}
        needed = power.units_for_share(rate, change, power=POWER, **design)
        within = (
            power.detectable_share(rate, accounts_per_year, power=POWER, **design) if accounts_per_year > 1 else None
        )
        rows.append(
            named
            | _plan(
                held_out,
                needed,
                accounts_per_year=accounts_per_year,
                change=change,
                within=within,
                unit_words="percentage points in departures",
                scale=100,
            )
            | {"base_value": rate, "base_sd": math.sqrt(rate * (1 - rate)), "heard_pct": 100.0}
        )
    return rows


def _plan(
    held_out: float,
    needed: float,
    *,
    accounts_per_year: int,
    change: float,
    within: float | None,
    unit_words: str,
    scale: int,
) -> dict:
    units = math.ceil(needed)
    months = 12 * units / accounts_per_year if accounts_per_year else None
    sought = f"{abs(scale * change):.2f} {unit_words}"
    sentence = f"To see a difference of {sought} with {POWER:.0%} power, {units:,} accounts with a case are needed"
    if months is not None:
        sentence += f", {months:.0f} months of cases at the present {accounts_per_year:,} accounts a year"
        if months > LONGEST_MONTHS:
            sentence += f" and so not feasible within {LONGEST_MONTHS} months"
    if within is not None:
        sentence += f"; a year of cases would show {abs(scale * within):.2f} {unit_words.partition(' in ')[0]} or more"
    return {
        "held_out_pct": 100 * held_out,
        "effect_sought": change,
        "design_effect": DESIGN_EFFECT,
        "alpha": ALPHA,
        "power": POWER,
        "accounts_needed": units,
        "accounts_per_year": accounts_per_year,
        "months_needed": months,
        "detectable_effect": None if within is None else math.copysign(within, change),
        "sentence": f"{sentence}.",
    }
