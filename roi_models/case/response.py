"""Revenue as a function of the uplift: computed by g-formula at some uplifts, read in between along straight lines.

Belongs here: the table that engine, workbook and page share, and reading it.
Does not belong here: filling it (`respond.py`), what revenue is worth (`flows.py`).

Every what-if needs the revenue kept at an uplift for which nobody has run the models. A table of it, published with
the case, lets a spreadsheet and a page answer with the same figure as the engine, to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roi_models.case.assumptions import MONTHS_PER_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Revenue by uplift, money per month before any margin.

    `uplifts`: ascending, 0 among them, the assumptions' low, base and high among them; there the revenue is exact.
    `kept` (segments × uplifts × months): Σ MRR·[S(t | x + uplift) − S(t | x)]. `expanded` (same shape): what customers
    who are there buy more because of the uplift; nil where it is not counted. `kept_draws` (replicates × segments ×
    uplifts × months of the horizon): `kept` for draws of the model's coefficients. `months` of `kept` may reach beyond
    the horizon.
    """

    segments: tuple[str, ...]
    uplifts: np.ndarray
    kept: np.ndarray
    expanded: np.ndarray
    kept_draws: np.ndarray

    @property
    def reach(self) -> tuple[float, float]:
        """Lowest and highest uplift that the table knows."""
        return float(self.uplifts[0]), float(self.uplifts[-1])

    def chosen(self, segments: tuple[str, ...]) -> np.ndarray:
        """Which segments take part (bool), all when none is named."""
        return np.array([not segments or segment in segments for segment in self.segments])


def read_at(table: np.ndarray, knots: np.ndarray, uplift: float | np.ndarray) -> np.ndarray:
    """`table` (… × knots × periods) at `uplift` (a number, or one per draw: then … × draws × periods).

    A straight line between neighbouring knots; beyond the ends, the end.
    """
    left, right, weight = between(knots, uplift)
    return table[..., left, :] * (1 - weight) + table[..., right, :] * weight


def between(knots: np.ndarray, uplift: float | np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions of the neighbouring knots, and the weight of the right one (with a further axis for periods)."""
    wanted = np.clip(np.asarray(uplift, dtype=float), knots[0], knots[-1])
    left = np.clip(np.searchsorted(knots, wanted, side="right") - 1, 0, max(len(knots) - 2, 0))
    right = np.minimum(left + 1, len(knots) - 1)
    width = np.where(right > left, knots[right] - knots[left], 1.0)
    return left, right, ((wanted - knots[left]) / width)[..., None]


def by_year(by_month: np.ndarray) -> np.ndarray:
    """Monthly amounts (… × months) summed per year (… × years)."""
    years = by_month.shape[-1] // MONTHS_PER_YEAR
    return by_month.reshape(*by_month.shape[:-1], years, MONTHS_PER_YEAR).sum(axis=-1)
