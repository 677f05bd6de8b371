"""Random streams that stay put: one independent generator for every purpose and month.

Belongs here: the names of the purposes and how a generator is seeded.
Does not belong here: any draw (the modules beside this one draw).

Every draw fills an array over the whole population, never over those who are still customers or who answered
(tickets: one such array after another, as many as the busiest account needs). So two runs with the same seed
that differ by a switch or an uplift share all their randomness (common random numbers), and a longer run
begins with the months of a shorter one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Append only: a purpose's place in this list is part of its seed.
PURPOSES = (
    "segment",
    "price",
    "tenure",
    "mrr",
    "region",
    "contact_count",
    "role",
    "between",
    "within",
    "contact_answer",
    "contact_response",
    "arm",
    "survey_wave",
    "answer_noise",
    "response",
    "survey_day",
    "answer_lag",
    "answer_time",
    "recorded_late",
    "ticket_count",
    "ticket_contact",
    "ticket_time",
    "ticket_effort",
    "ticket_csat",
    "ticket_ces",
    "ticket_response",
    "leave_at_once",
    "leave_decided",
    "leave_involuntary",
    "event_day",
    "revenue_change",
    "exit_survey",
    "brand_count",
    "brand_utility",
    "brand_wave",
    "brand_response",
    "brand_time",
    "fx_rate",
    "follow_up_time",
)
_NUMBER = {name: number for number, name in enumerate(PURPOSES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Generators for one seed. `seed` is any non-negative integer."""

    seed: int

    def generator(self, purpose: str, month: int = 0) -> np.random.Generator:
        """Generator for a purpose (one of `PURPOSES`) and a month; months before the first are negative.

        Equal to the child that `SeedSequence(seed).spawn` would give at that place, without spawning the
        others.
        """
        key = (_NUMBER[purpose], month + 1_000)
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key)))
