"""Whether customers who score higher buy more, and the growth path that a business case may then count.

Belongs here: the evidence for the expansion line, and its size with an error.
Does not belong here: fitting movements (`movement.py`), the study of net revenue retention (`growth.py`), what
expansion is worth (`roi_models/case`).
"""

from __future__ import annotations

from dataclasses import dataclass

from roi_models.hazards.hazard import Z95
from roi_models.revenue.growth import GrowthFit
from roi_models.revenue.revenue_paths import CONTRACTION, EXPANSION, GrowthModel, compose


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpansionEvidence:
    """What one answer point more goes with in expansion and contraction over twelve months, in percentage points of
    revenue, with its 95% interval; `problem` says why there is none. `model` holds the movements."""

    model: GrowthModel | None = None
    change_pp: float = float("nan")
    low_pp: float = float("nan")
    high_pp: float = float("nan")
    problem: str | None = None

    @property
    def is_evidenced(self) -> bool:
        """Whether the interval lies wholly on the favourable side."""
        return self.problem is None and self.low_pp > 0

    @property
    def relative_error(self) -> float:
        """Standard error of the change as a share of it."""
        return (self.high_pp - self.low_pp) / (2 * Z95 * self.change_pp)

    @property
    def why_not(self) -> str:
        """The sentence for a case that does not count expansion."""
        if self.problem is not None:
            return self.problem
        low, high = _signed(self.low_pp), _signed(self.high_pp)
        return (
            f"One answer point more goes with {_signed(self.change_pp)} percentage points of revenue from expansion "
            f"and contraction over 12 months (95% interval {low} to {high}), which is not shown to be "
            "a gain."
        )


def _signed(value: float) -> str:
    """A number with its sign, a minus as it is printed."""
    return f"{value:+.2f}".replace("-", "\u2212")


NOT_ASKED = ExpansionEvidence(problem="It was not estimated.")


def expansion_evidence(fit: GrowthFit) -> ExpansionEvidence:
    """Whether expansion and contraction together follow the score."""
    model, accounts, lift = fit.model, fit.frames.accounts, fit.lift
    if model is None:
        return ExpansionEvidence(problem=f"Expansion could not be estimated. {fit.problem}")
    moves = {CONTRACTION, EXPANSION} & set(model.sizes)
    if not moves or not lift.any() or all(model.hazards[name].problem is not None for name in moves):
        return ExpansionEvidence(problem="Too little is known of expansion and contraction to tie them to the score.")
    change = compose(model, accounts, lift=lift, lifted=moves).plus(compose(model, accounts, lift=lift), -1.0)
    margin = Z95 * change.std_error(model)
    return ExpansionEvidence(
        model=model,
        change_pp=100 * change.value,
        low_pp=100 * (change.value - margin),
        high_pp=100 * (change.value + margin),
    )
