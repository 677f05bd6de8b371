"""Draws of the uncertain inputs: a Latin hypercube of ranks, so that a page can draw the very same.

Belongs here: ranks, and values from ranks. Does not belong here: what a draw is worth (`uncertainty.py`).

A rank (0 … N − 1) stands for the probability (rank + ½)/N, and every input has each rank once (McKay, Beckman and
Conover 1979): ranges come out smoother than from independent draws, and whole numbers are shipped without loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from roi_models.case.assumptions import Assumptions
from roi_models.case.inputs import INPUTS

# Ranks of the error in the expansion's size; it has no input of its own.
EXPANSION = "expansion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """`ranks`: input → a permutation of 0 … N − 1. `replicate` (N): the draw of the model's coefficients that goes with
    it. `expansion_factor` (N): by how much the draw multiplies the revenue from expansion. `count_ranks`: how many
    ranks there are; None where each has its draw, more than N where this is a part of a larger sample."""

    ranks: Mapping[str, np.ndarray]
    replicate: np.ndarray
    expansion_factor: np.ndarray
    count_ranks: int | None = None

    def __len__(self) -> int:
        return len(self.replicate)

    def probabilities(self, name: str) -> np.ndarray:
        """The input's ranks as probabilities."""
        return (self.ranks[name] + 0.5) / (self.count_ranks or len(self))

    def first(self, count: int, *, count_replicates: int) -> Sample:
        """The first `count` draws, with the first draws of the coefficients taking the turns of the others."""
        return replace(
            self,
            ranks={name: ranks[:count] for name, ranks in self.ranks.items()},
            replicate=self.replicate[:count] % count_replicates,
            expansion_factor=self.expansion_factor[:count],
            count_ranks=self.count_ranks or len(self),
        )

    def inputs(self, assumptions: Assumptions) -> dict[str, float | np.ndarray]:
        """Every input's value: one per draw where it has a range, else its base."""
        values: dict[str, float | np.ndarray] = {}
        for name in INPUTS:
            low, base, high = assumptions.range(name)
            values[name] = triangular_quantile(self.probabilities(name), low, base, high) if low < high else base
        return values


def draw_sample(count: int, *, count_replicates: int, seed: int, expansion_error: float = 0.0) -> Sample:
    """Ranks of all inputs, whether they have a range or not: giving one a range leaves the others' draws alone.

    `expansion_error`: standard error of the expansion's size as a share of it.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    ranks = {name: generator.permutation(count) for name in (*INPUTS, EXPANSION)}
    normal = ndtri((ranks[EXPANSION] + 0.5) / count)
    return Sample(
        ranks=ranks, replicate=np.arange(count) % count_replicates, expansion_factor=1 + expansion_error * normal
    )


def triangular_quantile(probability: np.ndarray, low: float, mode: float, high: float) -> np.ndarray:
    """Inverse distribution function of the triangular distribution; a point mass when low equals high."""
    if low == high:
        return np.full_like(probability, low, dtype=float)
    width = high - low
    rising = low + np.sqrt(probability * width * (mode - low))
    falling = high - np.sqrt((1 - probability) * width * (high - mode))
    return np.where(probability < (mode - low) / width, rising, falling)
