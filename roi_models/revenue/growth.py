"""Net revenue retention put together from its movements: departures, contraction and expansion, each with the score.

Belongs here: the study: what is composed, what is refused, its tables and sentences.
Does not belong here: estimating the movements (`movement.py`), the path of revenue (`revenue_paths.py`), queries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from roi_models.hazards.design import NotEstimableError
from roi_models.hazards.hazard import Z95
from roi_models.revenue.growth_tables import MOVEMENT_TYPES, RETENTION_TYPES, growth_study
from roi_models.revenue.kept_revenue import kept_revenue
from roi_models.revenue.movement import MonthlyHazard, fit_monthly_hazard, fit_size
from roi_models.revenue.revenue_paths import CONTRACTION, DEPARTURES, EXPANSION, MONTHS, Composed, GrowthModel, compose
from roi_models.study import Study

# Above it a revenue-weighted rate tells the story of that one account.
MAX_ACCOUNT_SHARE = 0.5
_NAMES = {DEPARTURES: "Departures", CONTRACTION: "Contraction", EXPANSION: "Expansion"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthFrames:
    """What the study reads: hazard and movement cells, control levels, active accounts, and the bridge by month.

    `bridge`: opening_amount, expansion_amount, contraction_amount, churn_amount, one row for each of the last twelve
    months whose closing revenue is known (fewer where history is shorter).
    """

    hazard_cells: pd.DataFrame
    movement_cells: pd.DataFrame
    control_levels: pd.DataFrame
    accounts: pd.DataFrame
    bridge: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthFit:
    """Departures and movements of revenue on the score, fitted once for all who read them.

    `frames`: what was read, accounts in order. `scale`: lowest and highest score. `problem` says why there is no
    `model`.
    """

    frames: GrowthFrames
    lag: int
    scale: tuple[float, float]
    model: GrowthModel | None = None
    problem: str = ""

    @property
    def lift(self) -> np.ndarray:
        """One answer point more for each account, or up to the scale's end; none for the silent."""
        score = self.frames.accounts["score"].astype(float).to_numpy()
        return np.nan_to_num(np.clip(score + 1, *self.scale) - score)


def fit_growth(
    frames: GrowthFrames,
    *,
    outcome: str,
    lag: int,
    background_hazard: float,
    scale: tuple[float, float],
    renewal_interval_months: int,
) -> GrowthFit:
    """Fit departures, contraction and expansion; `outcome`, `lag`, `background_hazard` as the headline has them.

    There is no model, and a sentence instead, where departures, or the revenue of the active accounts, cannot carry a
    rate.
    """
    ordered = frames.accounts.sort_values("account_id", kind="stable").reset_index(drop=True)
    fit = GrowthFit(frames=replace(frames, accounts=ordered), lag=lag, scale=scale)
    try:
        _require_revenue(frames.accounts)
        departures = fit_monthly_hazard(frames.hazard_cells, frames.control_levels, outcome=outcome, lag=lag)
        if departures is None or departures.problem is not None:
            raise NotEstimableError(departures.problem if departures else "No account left in these data.")
        hazards = {DEPARTURES: departures, **_movements(frames, lag)}
        sizes = {
            name: fit_size(frames.movement_cells, outcome=name, lag=lag, scale=scale)
            for name in _movements_there(frames, lag)
        }
    except NotEstimableError as reason:
        return replace(fit, problem=str(reason))
    model = GrowthModel(
        hazards=hazards,
        sizes=sizes,
        background_hazard=background_hazard,
        renewal_interval_months=renewal_interval_months,
    )
    return replace(fit, model=model)


def study_growth(fit: GrowthFit, *, metric: str) -> Study:
    """NRR and GRR over the coming year and what one answer point more goes with, or a sentence why not."""
    if fit.model is None:
        return growth_study(f"Net revenue retention is not put together from its movements. {fit.problem}")
    accounts, frames = fit.frames.accounts, fit.frames
    retention = _retention_rows(fit.model, accounts, fit.lift, frames.bridge)
    movements = _movement_rows(fit.model, accounts, fit.lift, frames.movement_cells, fit.lag)
    return growth_study(*_sentences(retention, movements, metric), retention=retention, movements=movements)


def observed_retention(bridge: pd.DataFrame) -> tuple[float, float]:
    """NRR and GRR (1 = all kept) of twelve months of the bridge, month by month; NaN where there are fewer.

    Rates of exchange, new and returned accounts are left out of what is kept, as they are in the model.
    """
    if len(bridge) < MONTHS or (bridge["opening_amount"].astype(float) <= 0).any():
        return float("nan"), float("nan")
    return kept_revenue(bridge)


def _require_revenue(accounts: pd.DataFrame) -> None:
    mrr = accounts["mrr_amount"].astype(float)
    if accounts.empty or mrr.sum() <= 0:
        raise NotEstimableError("No active account has recurring revenue.")
    share = float(mrr.max() / mrr.sum())
    if share > MAX_ACCOUNT_SHARE:
        raise NotEstimableError(
            f"One account holds {100 * share:.0f}% of the recurring revenue, so a revenue-weighted rate would be its "
            "story alone."
        )


def _movements_there(frames: GrowthFrames, lag: int) -> tuple[str, ...]:
    cells = frames.movement_cells
    counts = {CONTRACTION: "count_contracted", EXPANSION: "count_expanded"}
    return tuple(name for name, count in counts.items() if cells.loc[cells["lag"] == lag, count].sum() > 0)


def _movements(frames: GrowthFrames, lag: int) -> dict[str, MonthlyHazard]:
    cells = frames.movement_cells.rename(columns={"count_stayed": "count_at_risk"})
    fits = {
        name: fit_monthly_hazard(cells, frames.control_levels, outcome=name, lag=lag)
        for name in _movements_there(frames, lag)
    }
    return {name: fit for name, fit in fits.items() if fit is not None}


def _interval(composed: Composed, model: GrowthModel) -> tuple[float, float, float]:
    """Value and 95% limits in per cent."""
    margin = Z95 * composed.std_error(model)
    return 100 * composed.value, 100 * (composed.value - margin), 100 * (composed.value + margin)


def _retention_rows(
    model: GrowthModel, accounts: pd.DataFrame, lift: np.ndarray, bridge: pd.DataFrame
) -> list[dict[str, object]]:
    rows = []
    known = observed_retention(bridge)
    names = ("nrr", "Net revenue retention"), ("grr", "Gross revenue retention (nothing won back)")
    for (measure, label), is_gross, observed in zip(names, (False, True), known, strict=True):
        base = compose(model, accounts, lift=lift, is_gross=is_gross)
        lifted = compose(model, accounts, lift=lift, lifted=set(model.hazards), is_gross=is_gross)
        modelled, low, high = _interval(base, model)
        change = _interval(lifted.plus(base, -1.0), model) if lift.any() else (float("nan"),) * 3
        values = (measure, label, modelled, low, high, 100 * observed, *change)
        rows.append(dict(zip(RETENTION_TYPES, values, strict=True)))
    return rows


def _movement_rows(
    model: GrowthModel, accounts: pd.DataFrame, lift: np.ndarray, cells: pd.DataFrame, lag: int
) -> list[dict[str, object]]:
    """One row per movement, in the order of the page; what never happened has counts and a sentence."""
    base = compose(model, accounts, lift=lift)
    stayed = int(cells.loc[cells["lag"] == lag, "count_stayed"].sum())
    rows = []
    for name, label in _NAMES.items():
        row = {column: float("nan") for column in MOVEMENT_TYPES} | {"movement": name, "label": label, "problem": ""}
        hazard = model.hazards.get(name)
        if hazard is None:
            row |= {"count_account_months": stayed, "count_events": 0, "problem": f"No {name} was ever seen."}
            rows.append(row)
            continue
        if hazard.problem is None:
            coef, error = hazard.slope, hazard.slope_error
            limits = {"ci_low": float(np.exp(coef - Z95 * error)), "ci_high": float(np.exp(coef + Z95 * error))}
            row |= {"coef": coef, "std_error": error, "hazard_ratio": float(np.exp(coef)), **limits}
        if hazard.problem is None and lift.any():
            alone = compose(model, accounts, lift=lift, lifted={name}).plus(base, -1.0)
            row |= dict(zip(("nrr_change", "nrr_change_low", "nrr_change_high"), _interval(alone, model), strict=True))
        size = model.sizes.get(name)
        row |= {
            "monthly_share": 100 * hazard.count_events / hazard.count_account_months,
            "size": 100.0 if size is None else 100 * size.mean,
            "size_slope": 0.0 if size is None else 100 * float(size.coef[1]),
            "count_account_months": hazard.count_account_months,
            "count_events": hazard.count_events,
            "problem": hazard.problem or "",
        }
        rows.append(row)
    return rows


def _sentences(retention: list[dict[str, object]], movements: list[dict[str, object]], metric: str) -> tuple[str, ...]:
    nrr, grr = retention
    level = (
        f"Of today's recurring revenue {nrr['modelled']:.1f}% is expected to be there in 12 months (95% interval "
        f"{nrr['modelled_low']:.1f} to {nrr['modelled_high']:.1f}), and {grr['modelled']:.1f}% without expansion"
    )
    level += (
        "."
        if np.isnan(nrr["observed"])
        else f"; in the last 12 known months it was {nrr['observed']:.1f}% and {grr['observed']:.1f}%."
    )
    if np.isnan(nrr["change"]):
        return level, f"No active account has a current {metric} score, so nothing could be lifted."
    change = (
        f"Where every scored account stood one {metric} answer point higher, net revenue retention over 12 months "
        f"would be {abs(nrr['change']):.2f} percentage points {'higher' if nrr['change'] >= 0 else 'lower'} (95% "
        f"interval {nrr['change_low']:.2f} to {nrr['change_high']:.2f}), if the association were causal. "
    )
    if nrr["change_low"] <= 0 <= nrr["change_high"]:
        change += "The interval holds zero: these data do not show that it follows the score."
    else:
        change += _dominance(movements)
    flat = [row for row in movements if row["movement"] != DEPARTURES and row["problem"]]
    if flat:
        names = " and ".join(str(row["label"]).lower() for row in flat)
        change += f" Too little is known of {names} to tie it to the score: its average rate is used."
    return level, change


def _dominance(movements: list[dict[str, object]]) -> str:
    """Which movement makes most of the change, by size; they need not all point the same way."""
    known = [row for row in movements if not np.isnan(row["nrr_change"])]
    largest = max(known, key=lambda row: abs(row["nrr_change"]))
    share = abs(largest["nrr_change"]) / sum(abs(row["nrr_change"]) for row in known)
    if share <= 0.5:
        parts = ", ".join(f"{str(row['label']).lower()} {row['nrr_change']:+.2f}" for row in known)
        return f"No single movement makes most of it; each alone, in percentage points: {parts}."
    return f"Most of it is {str(largest['label']).lower()}: {largest['nrr_change']:+.2f} percentage points alone."
