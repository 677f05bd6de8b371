"""The months one after another: satisfaction drifts, accounts decide, leave, grow, shrink, and are called.

Belongs here: whatever feeds back from one month to the next, and the hazards of leaving.
Does not belong here: what only reads the result (tickets and exit surveys in `touchpoints.py`, brands in
`wallet.py`), frames (`frames.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from roi_models.simulate.setting import Setting
from roi_models.simulate.survey import DETRACTOR_MAX, Wave, survey_wave

NEVER = -1


@dataclass(slots=True, kw_only=True)
class History:
    """What happened; mutable while the process runs. Arrays over accounts; `months` holds one dict of arrays
    over active accounts per month.

    `event_month` and `decided_for` are `NEVER` where nothing happened. `hazard_voluntary` and
    `hazard_involuntary` are the cumulative hazards over the followed months, and stay 0 without
    `follow_from`.
    """

    event_month: np.ndarray
    is_voluntary: np.ndarray
    event_date: np.ndarray
    decided_for: np.ndarray
    mrr_cents: np.ndarray
    hazard_voluntary: np.ndarray
    hazard_involuntary: np.ndarray
    months: list[dict[str, np.ndarray]] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class _Moving:
    """Latent state that moves: the drifting part, the boost, and calls that take hold in coming months."""

    within: np.ndarray
    boost: np.ndarray
    called_next: np.ndarray
    called_after: np.ndarray


def run_process(setting: Setting) -> History:
    """Run all months, from accounts none of which has decided to leave when the first month begins."""
    p, population = setting.parameters, setting.population
    n = len(population.segment)
    history = History(
        event_month=np.full(n, NEVER),
        is_voluntary=np.zeros(n, dtype=bool),
        event_date=np.full(n, np.datetime64("9999-12-31", "D")),
        decided_for=np.full(n, NEVER),
        mrr_cents=population.mrr_cents.copy(),
        hazard_voluntary=np.zeros(n),
        hazard_involuntary=np.zeros(n),
    )
    within = p.within_sd * setting.streams.generator("within", -1).standard_normal(n)
    moving = _Moving(
        within=within,
        boost=np.zeros(n),
        called_next=np.zeros(n, dtype=bool),
        called_after=np.zeros(n, dtype=bool),
    )
    for month in range(setting.months):
        _drift(setting, moving, month)
        lift = moving.within + moving.boost + setting.uplift[month]
        _decide(setting, history, lift, month)
        _live(setting, history, moving, lift, month)
    return history


def _drift(setting: Setting, moving: _Moving, month: int) -> None:
    """Move on by one month: AR(1) with constant variance; the boost decays and calls take hold."""
    p = setting.parameters
    noise = setting.streams.generator("within", month).standard_normal(len(moving.within))
    rho = p.within_autocorrelation
    moving.within = rho * moving.within + p.within_sd * np.sqrt(1 - rho**2) * noise
    moving.boost = np.maximum(p.boost_decay * moving.boost, p.boost * moving.called_next)
    moving.called_next, moving.called_after = moving.called_after, np.zeros_like(moving.called_after)


def _hazard(setting: Setting, lift: np.ndarray, month: int) -> np.ndarray:
    """Hazard of leaving voluntarily in `month`, given the moving part of satisfaction at the decision."""
    p, population = setting.parameters, setting.population
    tenure = population.tenure_start + month
    return p.voluntary_hazard * np.exp(
        p.hazard_on_within * lift
        + p.hazard_on_between * population.between
        + np.array(p.hazard_segment)[population.segment]
        + p.hazard_on_tenure * np.clip(tenure, 0, p.tenure_cap_months) / p.tenure_cap_months
        + p.hazard_renewal * is_renewal(tenure)
        + p.hazard_on_price * population.price
    )


def is_renewal(tenure: np.ndarray) -> np.ndarray:
    """Whether a yearly contract comes up for renewal at this tenure, in whole months."""
    return (tenure > 0) & (tenure % 12 == 0)


def _decide(setting: Setting, history: History, lift: np.ndarray, month: int) -> None:
    """Let the early half of leavers decide now, with today's satisfaction, to leave in
    `early_decision_months`."""
    p = setting.parameters
    departure = month + p.early_decision_months
    hazard = p.early_decision_share * _hazard(setting, lift, departure)
    if setting.is_followed(month):
        history.hazard_voluntary += hazard * (departure < setting.months)
        return
    draw = setting.streams.generator("leave_decided", month).random(len(lift))
    undecided = (history.decided_for == NEVER) & (history.event_month == NEVER)
    history.decided_for[undecided & (draw < -np.expm1(-hazard))] = departure


def _live(setting: Setting, history: History, moving: _Moving, lift: np.ndarray, month: int) -> None:
    """One calendar month: bill, survey, leave, call detractors, change the revenue of those who stay."""
    p, population = setting.parameters, setting.population
    renewal = is_renewal(population.tenure_start + month)
    if month > 0 and not setting.is_followed(month):
        factor = np.where(renewal, p.renewal_uplift_factor, 1.0)
        history.mrr_cents = np.rint(history.mrr_cents * factor).astype(np.int64)
    active = history.event_month == NEVER
    decided = active & (history.decided_for >= month)
    satisfaction = population.between + lift
    wave = survey_wave(setting, month=month, satisfaction=satisfaction, has_decided=decided)
    history.waves.append(wave)
    if setting.is_followed(month):
        history.hazard_voluntary += (1 - p.early_decision_share) * _hazard(setting, lift, month)
        history.hazard_involuntary += p.involuntary_hazard
        return
    _leave(setting, history, lift, month, active)
    _call_detractors(setting, moving, wave, active, month)
    billed = history.mrr_cents.copy()
    movement = _change_revenue(setting, history, satisfaction, month)
    left = active & (history.event_month == month)
    rows = np.flatnonzero(active)
    history.months.append(
        {
            "account": rows,
            "mrr_cents": billed[rows],
            "tenure": (population.tenure_start + month)[rows],
            "renewal": renewal[rows],
            "voluntary": (left & history.is_voluntary)[rows],
            "involuntary": (left & ~history.is_voluntary)[rows],
            "has_decided": decided[rows],
            "movement": movement[rows],
            "satisfaction": satisfaction[rows],
        }
    )


def _leave(setting: Setting, history: History, lift: np.ndarray, month: int, active: np.ndarray) -> None:
    """Draw who leaves this month: who decided earlier, who decides at once, and the involuntary ones."""
    p, streams, n = setting.parameters, setting.streams, len(lift)
    hazard = (1 - p.early_decision_share) * _hazard(setting, lift, month)
    at_once = streams.generator("leave_at_once", month).random(n) < -np.expm1(-hazard)
    involuntary = streams.generator("leave_involuntary", month).random(n) < -np.expm1(-p.involuntary_hazard)
    day_draw = streams.generator("event_day", month).random(n)
    voluntary = active & (at_once | (history.decided_for == month))
    left = voluntary | (active & involuntary)
    days = (setting.month_starts[month + 1] - setting.month_starts[month]).astype(np.int64)
    dates = setting.month_starts[month] + (day_draw * days).astype(np.int64)
    history.event_month[left] = month
    history.is_voluntary[voluntary] = True
    history.event_date[left] = dates[left]


def _call_detractors(setting: Setting, moving: _Moving, wave: Wave, active: np.ndarray, month: int) -> None:
    """Note which treated accounts are called: the boost takes hold in the month after the answer."""
    angry = wave.is_answering & (wave.score <= DETRACTOR_MAX) & active[wave.account]
    angry &= setting.population.is_treated[wave.account]
    is_later = wave.answered_at >= setting.month_starts[month + 1].astype("datetime64[s]")
    moving.called_next[wave.account[angry & ~is_later]] = True
    moving.called_after[wave.account[angry & is_later]] = True


def _change_revenue(setting: Setting, history: History, satisfaction: np.ndarray, month: int) -> np.ndarray:
    """Expand (+1), contract (−1) or leave (0) the revenue billed from next month on; returns which."""
    p = setting.parameters
    draw = setting.streams.generator("revenue_change", month).random(len(satisfaction))
    stays = history.event_month == NEVER
    expands = stays & (draw < p.expansion_hazard * np.exp(p.expansion_on_satisfaction * satisfaction))
    shrinks = stays & (draw > 1 - p.contraction_hazard * np.exp(p.contraction_on_satisfaction * satisfaction))
    shrinks &= ~expands
    factor = np.where(expands, p.expansion_factor, np.where(shrinks, p.contraction_factor, 1.0))
    history.mrr_cents = np.rint(history.mrr_cents * factor).astype(np.int64)
    return expands.astype(np.int8) - shrinks.astype(np.int8)
