"""Revenue of active accounts carried forward through departures, contractions and expansions.

Belongs here: net and gross revenue retention (NRR, GRR) as a function of all coefficients, with its gradient.
Does not belong here: estimating movements (`movement.py`), future covariates (`projection.py`), words (`growth.py`).

Account i is expected to pay, after T months, MRR_i · Π_t exp(−h_it) · (1 + p_it·s_i − q_it·c_i): h the hazard of
leaving, p and q the chances that an account which stayed grows or shrinks in the month, s and c by how much. Given the
covariates months are taken as independent. GRR leaves p out: what was lost is not won back.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.case.projection import Projection, project
from roi_models.revenue.movement import MonthlyHazard, MovementSize, joint_error

DEPARTURES, CONTRACTION, EXPANSION = "departures", "contraction", "expansion"
MONTHS = 12
# Accounts of one pass: a year of their hazards stays within tens of megabytes.
_CHUNK = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthModel:
    """Hazards by movement (those that occur), sizes of contraction and expansion, and departures of no score."""

    hazards: dict[str, MonthlyHazard]
    sizes: dict[str, MovementSize]
    background_hazard: float
    renewal_interval_months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A retention (1 = all of today's revenue) and its gradient by hazard and by size."""

    value: float
    by_hazard: dict[str, np.ndarray]
    by_size: dict[str, np.ndarray]

    def plus(self, other: Composed, factor: float = 1.0) -> Composed:
        """This and `factor` times the other, with their gradients."""
        return Composed(
            value=self.value + factor * other.value,
            by_hazard={name: push + factor * other.by_hazard[name] for name, push in self.by_hazard.items()},
            by_size={name: push + factor * other.by_size[name] for name, push in self.by_size.items()},
        )

    def std_error(self, model: GrowthModel) -> float:
        """Delta method on the joint sandwich of all coefficients."""
        parts = [(model.hazards[name].influence, push) for name, push in self.by_hazard.items()]
        parts += [(model.sizes[name].influence, push) for name, push in self.by_size.items()]
        return joint_error(parts)


def compose(
    model: GrowthModel,
    accounts: pd.DataFrame,
    *,
    lift: np.ndarray,
    lifted: Set[str] = frozenset(),
    is_gross: bool = False,
) -> Composed:
    """Retention of revenue after `MONTHS` months, standardised over `accounts` with their revenue as weights.

    `accounts` as for `projection.project`, with mrr_amount; `lift`: points by which each score moves (0 where silent),
    for the movements in `lifted` alone.
    """
    weight = accounts["mrr_amount"].astype(float).to_numpy()
    weight = weight / weight.sum()
    total = _nothing(model)
    for start in range(0, len(accounts), _CHUNK):
        part = slice(start, start + _CHUNK)
        lifts = {name: lift[part] * (name in lifted) for name in model.hazards}
        total = total.plus(_chunk(model, accounts.iloc[part], weight[part], lifts, is_gross=is_gross))
    return total


def _nothing(model: GrowthModel) -> Composed:
    return Composed(
        value=0.0,
        by_hazard={name: np.zeros(len(hazard.coef)) for name, hazard in model.hazards.items()},
        by_size={name: np.zeros(len(size.coef)) for name, size in model.sizes.items()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rates:
    """Monthly hazards of one movement (months × accounts) and what they are made of."""

    hazard: np.ndarray
    projection: Projection
    shift: np.ndarray
    score_position: int

    def push(self, factor: np.ndarray) -> np.ndarray:
        """Σ over months and accounts of `factor` · ∂η/∂β."""
        by_account, steps = factor.sum(axis=0), self.projection.step_design
        by_step = np.bincount(self.projection.step_code.ravel(), weights=factor.ravel(), minlength=len(steps))
        gradient = self.projection.static.T @ by_account + steps.T @ by_step
        gradient[self.score_position] += by_account @ self.shift
        return gradient


def _rates(hazard: MonthlyHazard, accounts: pd.DataFrame, shift: np.ndarray, interval: int) -> _Rates:
    layout = _layout(hazard, accounts, interval)
    level = layout.static @ hazard.coef + hazard.slope * shift
    return _Rates(
        hazard=np.exp(level + (layout.step_design @ hazard.coef)[layout.step_code]),
        projection=layout,
        # A constant hazard has no score to be moved.
        shift=shift if hazard.problem is None else np.zeros_like(shift),
        score_position=layout.score_position,
    )


def _layout(hazard: MonthlyHazard, accounts: pd.DataFrame, interval: int) -> Projection:
    if hazard.problem is None:
        return project(hazard.encoding, accounts, months=MONTHS, renewal_interval_months=interval)
    return Projection(
        static=np.ones((len(accounts), 1)),
        step_design=np.zeros((1, 1)),
        step_code=np.zeros((MONTHS, len(accounts)), dtype=int),
        score_position=0,
    )


def _chunk(
    model: GrowthModel,
    accounts: pd.DataFrame,
    weight: np.ndarray,
    lifts: dict[str, np.ndarray],
    *,
    is_gross: bool,
) -> Composed:
    """The accounts' part of the retention; `lifts` are the points by movement."""
    rates = {
        name: _rates(hazard, accounts, lifts[name], model.renewal_interval_months)
        for name, hazard in model.hazards.items()
    }
    score = accounts["score"].astype(float).to_numpy()
    columns = {name: size.columns(score + lifts[name]) for name, size in model.sizes.items()}
    signs = {CONTRACTION: -1.0, EXPANSION: 0.0 if is_gross else 1.0}
    moved = {name: signs[name] * (columns[name] @ size.coef) for name, size in model.sizes.items()}
    chance = {name: -np.expm1(-rates[name].hazard) for name in model.sizes}
    stays = 1.0 + sum((chance[name] * moved[name] for name in model.sizes), np.zeros((MONTHS, len(accounts))))
    leaving = rates[DEPARTURES].hazard
    kept = weight * np.exp((np.log(stays) - leaving - model.background_hazard).sum(axis=0))
    by_hazard = {DEPARTURES: rates[DEPARTURES].push(-leaving * kept)}
    by_size = {}
    for name in model.sizes:
        hazard = rates[name].hazard
        by_hazard[name] = rates[name].push(hazard * np.exp(-hazard) * moved[name] / stays * kept)
        by_size[name] = columns[name].T @ ((signs[name] * chance[name] / stays).sum(axis=0) * kept)
    return Composed(value=float(kept.sum()), by_hazard=by_hazard, by_size=by_size)
