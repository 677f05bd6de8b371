"""What a run of the process is given: its randomness, numbers, customers and calendar.

Belongs here: the one frozen bundle that every drawing module takes.
Does not belong here: anything that changes while the process runs (`process.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roi_models.simulate.parameters import Parameters
from roi_models.simulate.population import Population
from roi_models.simulate.streams import Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a run of the process is given. `month_starts` has one day more than there are months.

    `uplift` (months, n) or (months, 1) is added to satisfaction. From month `follow_from` on nobody is drawn
    to leave, nobody is newly called, and the hazards are added up instead: potential outcomes for `truth.py`.
    """

    streams: Streams
    parameters: Parameters
    population: Population
    month_starts: np.ndarray
    uplift: np.ndarray
    follow_from: int | None = None

    def is_followed(self, month: int) -> bool:
        """Whether hazards are added up in this month instead of departures drawn."""
        return self.follow_from is not None and month >= self.follow_from

    @property
    def months(self) -> int:
        """Number of months."""
        return len(self.month_starts) - 1
