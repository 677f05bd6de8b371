"""The demo's data generating process: seeded customers whose true reasons for leaving are known.

Belongs here: pure drawing — `simulate` for one history, `true_retention_gain` for what an uplift really does.
Does not belong here: writing files (`orchestration/demo`), estimating (every other module of `roi_models`).

Where the description of the process leaves a choice, it was made so that the stated marginals come out
(`realised_marginals`), and stands here:

- The customers of `simulate` are a closed cohort: all are active in the first month, nobody joins (`simulate_company`
  has more). Their tenure is uniform
  on 0 to 95 months, so renewals (every twelfth month of tenure) are spread over the calendar. None has yet
  decided to leave when the first month begins.
- Voluntary leaving has two halves with half of the hazard each: leaving at once, on this month's
  satisfaction, and deciding now to leave in two months, on the satisfaction of now but the tenure and renewal
  of the departure month. From the decision until the departure answers fall by 1.6 points. A departure has a
  random day in its month.
- Every account is surveyed in one month of the quarter, all its contacts in that month; answers follow within
  weeks, and a few are recorded a week after they were given.
- The arm of the closed loop is drawn once per account. A treated account with a detractor's answer (0–6) gets
  the boost in the month after that answer; a repeated call restores the boost and does not stack.
- Revenue changes take hold in the next month's bill. Amounts are drawn in the account's own currency.
- `mnar` adds .25 per point of the answer, and −1.5 once decided to leave, to the response logit. `reverse`
  makes all leavers decide early and fall by 2 points. `exit_surveys` lets half of a leaver's contacts answer
  after leaving.
"""

from __future__ import annotations

import numpy as np

from roi_models.simulate.company import gamed, joined, later_cohorts, newcomers, with_returns
from roi_models.simulate.frames import Simulation, build_simulation
from roi_models.simulate.marginals import realised_marginals, retention_features
from roi_models.simulate.money import RATE_UNIT, dollar_cents
from roi_models.simulate.parameters import (
    ROLES,
    SEGMENTS,
    SWITCHES,
    Parameters,
    check_switches,
    effective_parameters,
)
from roi_models.simulate.population import draw_population
from roi_models.simulate.setting import Setting
from roi_models.simulate.streams import Streams
from roi_models.simulate.truth import RetentionGain, month_calendar, true_retention_gain

__all__ = [
    "RATE_UNIT",
    "ROLES",
    "SEGMENTS",
    "SWITCHES",
    "Parameters",
    "RetentionGain",
    "Simulation",
    "check_switches",
    "dollar_cents",
    "realised_marginals",
    "retention_features",
    "simulate",
    "simulate_company",
    "true_retention_gain",
]


def simulate(
    *,
    seed: int,
    accounts: int = 3_000,
    months: int = 36,
    switches: frozenset[str] = frozenset(),
    start_month: str = "2022-01",
    parameters: Parameters | None = None,
) -> Simulation:
    """Draw one history of `accounts` customers over `months` months from `start_month` (`YYYY-MM`).

    The same arguments give the same frames. Switches and `parameters` change what is made of the random
    numbers, never the numbers: see `streams.py`. Raises ValueError, one sentence, for an unknown or
    contradictory switch, and for fewer than one account or month.
    """
    switches = frozenset(switches)
    effective = effective_parameters(switches, parameters)
    if accounts < 1 or months < 1:
        raise ValueError(
            f"A simulation needs an account and a month at least: got {accounts} accounts, {months} months."
        )
    streams = Streams(seed=seed)
    setting = Setting(
        streams=streams,
        parameters=effective,
        population=draw_population(streams, effective, accounts),
        month_starts=month_calendar(start_month, months),
        uplift=np.zeros((months, 1)),
    )
    return build_simulation(setting, switches=switches)


def simulate_company(
    *,
    seed: int,
    accounts: int = 3_000,
    months: int = 36,
    switches: frozenset[str] = frozenset(),
    start_month: str = "2022-01",
) -> Simulation:
    """The history of `simulate`, with those who join later and those who return (`company.py`) appended to it."""
    company = simulate(seed=seed, accounts=accounts, months=months, switches=switches, start_month=start_month)
    for cohort_seed, month, size, is_gamed in later_cohorts(seed, accounts, months):
        later = simulate(
            seed=cohort_seed,
            accounts=size,
            months=months - month,
            switches=switches,
            start_month=str(company.month_starts[month].astype("datetime64[M]")),
            parameters=newcomers(Parameters()),
        )
        company = joined(company, gamed(later) if is_gamed else later, month=month)
    return with_returns(company)
