"""The ways in which the page states retention, side by side: one word, and each counts something else.

Belongs here: which figures are set beside one another, and what each of them counts.
Does not belong here: the figures themselves (`catalogue_*.py`, studies).
"""

from __future__ import annotations

from dataclasses import dataclass

from roi_models.report.figures import FigureBook

_PROMISED, _REALISED = "promises.promises.gross_revenue_retention_pct.", ".realised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """A figure of retention: where the page states it (`anchor`, `place`), and what it `counts`."""

    figure_id: str
    anchor: str
    place: str
    counts: str


_STATED = (
    Retention(
        figure_id="revenue.grr_pct",
        anchor="revenue",
        place="Gross retention above",
        counts="who was a customer when the window began, at what was paid then or at its end, whichever is less; "
        "what was lost and won back in between does not show",
    ),
    Retention(
        figure_id="growth.growth_retention.grr.observed",
        anchor="study-growth",
        place="Movements of revenue, observed",
        counts="every customer of each month, those won later too: the shares kept of the last months whose bills are "
        "all in, multiplied; nothing won back counts",
    ),
    Retention(
        figure_id="growth.growth_retention.grr.modelled",
        anchor="study-growth",
        place="Movements of revenue, expected",
        counts="today’s customers over the year ahead, by the model; nothing won back counts",
    ),
    Retention(
        figure_id="headline.retention_base_pct",
        anchor="case",
        place="The case, without the programme",
        counts="today’s customers over the whole horizon, by departures alone: neither contraction nor expansion",
    ),
)
_PROMISE = "as observed by movements of revenue, over the months of the promise whose bills are all in"


def retentions(figures: FigureBook) -> tuple[Retention, ...]:
    """Every gross retention that the page states, in its order; none unless there are two to tell apart."""
    promised = [
        Retention(figure_id=figure.id, anchor="study-promises", place="Promises, what came about", counts=_PROMISE)
        for figure in figures
        if figure.id.startswith(_PROMISED) and figure.id.endswith(_REALISED)
    ]
    found = [stated for stated in (*_STATED, *promised) if figures.has_value(stated.figure_id)]
    return tuple(found) if len(found) > 1 else ()
