"""The truth of a headline: both potential outcomes of the same customers, with and without an uplift.

Belongs here: re-running the process with common random numbers and comparing.
Does not belong here: estimates of the same quantity from data (`roi_models/case/business_case.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from roi_models.simulate.money import RATE_UNIT, euro_rates
from roi_models.simulate.parameters import Parameters, effective_parameters
from roi_models.simulate.population import draw_population
from roi_models.simulate.process import NEVER, History, run_process
from roi_models.simulate.setting import Setting
from roi_models.simulate.streams import Streams
from roi_models.simulate.survey import DETRACTOR_MAX, PROMOTER_MIN

_HEARD_MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionGain:
    """What an uplift of satisfaction does to the accounts active after the observed months, over the horizon.

    Retentions are weighted by the recurring revenue last billed, in dollars; `gain_pp` is their difference in
    percentage points, all causes of leaving; `gain_voluntary_pp` leaves involuntary churn out; `std_error_pp`
    is the standard error of `gain_pp` over accounts. `answer_shift_points` and `nps_shift` say how far the
    uplift moved the answers of those who answer without it, ceiling respected, over the horizon.
    """

    horizon_months: int
    uplift: float
    gain_pp: float
    std_error_pp: float
    gain_voluntary_pp: float
    retention_base: float
    retention_programme: float
    answer_shift_points: float
    nps_shift: float
    count_accounts: int


def true_retention_gain(
    *,
    seed: int,
    uplift: float,
    horizon_months: int,
    accounts: int = 3_000,
    months: int = 36,
    ramp_months: int = 0,
    only_heard: bool = False,
    switches: frozenset[str] = frozenset(),
    start_month: str = "2022-01",
    parameters: Parameters | None = None,
) -> RetentionGain:
    """Δ(H) of raising latent satisfaction by `uplift` points from month `months` on, by potential outcomes.

    The same `seed`, `accounts`, `months` and `switches` give the customers of `simulate`. After the observed
    months the hazards of both worlds are added up along the same latent paths instead of drawing departures,
    so the only noise left is between accounts. The closed loop rests in both worlds, so the uplift is all
    that differs; who had already decided to leave leaves. `ramp_months` R makes the uplift min(t/R, 1) in the
    horizon's month t = 1…H. With `only_heard`, accounts without an answer in the last twelve months get none.

    Raises ValueError as `simulate` does, and for a horizon below one month.
    """
    if horizon_months < 1 or accounts < 1 or months < 1:
        got = f"{accounts}, {months} and {horizon_months}"
        raise ValueError(f"A true gain needs an account, a month and one month of horizon at least: got {got}.")
    effective = effective_parameters(frozenset(switches), parameters)
    streams = Streams(seed=seed)
    setting = Setting(
        streams=streams,
        parameters=effective,
        population=draw_population(streams, effective, accounts),
        month_starts=month_calendar(start_month, months + horizon_months),
        uplift=np.zeros((months + horizon_months, 1)),
        follow_from=months,
    )
    base = run_process(setting)
    reach = _is_heard(base, months) if only_heard else np.ones(accounts, dtype=bool)
    path = uplift * np.clip((np.arange(setting.months) - months + 1) / max(ramp_months, 1), 0.0, 1.0)
    programme = run_process(replace(setting, uplift=path[:, None] * reach))
    return _compare(setting, base, programme, uplift=uplift, reach=reach)


def month_calendar(start_month: str, months: int) -> np.ndarray:
    """First days of `months` months from `start_month` and of the month after: datetime64[D], months + 1."""
    return (np.datetime64(start_month, "M") + np.arange(months + 1)).astype("datetime64[D]")


def _is_heard(history: History, months: int) -> np.ndarray:
    """Whether an account has answered in the last twelve observed months."""
    heard = np.zeros(len(history.event_month), dtype=bool)
    for wave in history.waves[max(months - _HEARD_MONTHS, 0) : months]:
        heard[wave.account[wave.is_answering]] = True
    return heard


def _survival(history: History, months: int, *, all_causes: bool) -> np.ndarray:
    """Probability of staying through the horizon; 0 for those who had already decided to leave."""
    hazard = history.hazard_voluntary + (history.hazard_involuntary if all_causes else 0.0)
    return np.where(history.decided_for >= months, 0.0, np.exp(-hazard))


def _compare(setting: Setting, base: History, programme: History, *, uplift: float, reach: np.ndarray) -> RetentionGain:
    """Weigh both worlds' survival by revenue, and measure how far the uplift moved the answers."""
    months, active = len(base.months), base.event_month == NEVER
    weight = _last_bill_dollars(setting, base)[active]
    weight = weight / weight.sum()
    stays = [_survival(world, months, all_causes=True)[active] for world in (base, programme)]
    voluntary = [_survival(world, months, all_causes=False)[active] for world in (base, programme)]
    retained = [float(weight @ stay) for stay in stays]
    gain = stays[1] - stays[0]
    mean_gain = float(weight @ gain)
    shift, nps_shift = _answer_shift(base, programme, months, active & reach)
    return RetentionGain(
        horizon_months=setting.months - months,
        uplift=uplift,
        gain_pp=100 * mean_gain,
        std_error_pp=100 * float(np.sqrt(np.sum((weight * (gain - mean_gain)) ** 2))),
        gain_voluntary_pp=100 * float(weight @ (voluntary[1] - voluntary[0])),
        retention_base=retained[0],
        retention_programme=retained[1],
        answer_shift_points=shift,
        nps_shift=nps_shift,
        count_accounts=int(active.sum()),
    )


def _last_bill_dollars(setting: Setting, history: History) -> np.ndarray:
    """Recurring revenue in the last observed month, in dollars at that month's rate; 0 for who had left."""
    last, months = history.months[-1], len(history.months)
    euro_rate = euro_rates(setting.streams, setting.parameters, months)[-1] / RATE_UNIT
    billed = np.zeros(len(history.event_month))
    billed[last["account"]] = last["mrr_cents"] / 100
    return billed * np.where(setting.population.is_euro, euro_rate, 1.0)


def _answer_shift(base: History, programme: History, months: int, counted: np.ndarray) -> tuple[float, float]:
    """Mean shift, in points, of answers and of the NPS: the same answers of the same contacts."""
    before, after = [], []
    for old, new in zip(base.waves[months:], programme.waves[months:], strict=True):
        rows = old.is_answering & counted[old.account]
        before.append(old.score[rows])
        after.append(new.score[rows])
    old_scores, new_scores = np.concatenate(before).astype(float), np.concatenate(after).astype(float)
    if not len(old_scores):
        return 0.0, 0.0
    net = [(scores >= PROMOTER_MIN).mean() - (scores <= DETRACTOR_MAX).mean() for scores in (old_scores, new_scores)]
    return float((new_scores - old_scores).mean()), 100 * float(net[1] - net[0])
