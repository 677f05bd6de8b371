"""What every chart shares: the canvas, the colours, ticks, and making an SVG fit for a page.

Belongs here: theme colours, own ids, title and description; helpers that more than one chart needs.
Does not belong here: any particular chart (`charts.py`, `charts_measures.py`), captions (`templates/`).

Colours are drawn as sentinel values and swapped for CSS variables: one chart serves light and dark pages.
matplotlib is imported on first use: it is slow to load and only charts need it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from roi_models.report.format import MINUS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Sentinel colour → CSS variable. The values mean nothing; they only have to be distinct.
SERIES = ("#010203", "#010204", "#010205", "#010206", "#010207")
INK, MUTED, GRID, GOOD, BAD = "#010210", "#010211", "#010212", "#010213", "#010214"
_CSS_NAMES = {
    **{colour: f"--series-{index}" for index, colour in enumerate(SERIES, start=1)},
    **{INK: "--ink", MUTED: "--muted", GRID: "--rule", GOOD: "--good", BAD: "--bad"},
}
_WIDTH_INCHES, _HEIGHT_INCHES = 4.9, 3.0
# A chart of rows grows with them: what one row needs, and what axis and lowest canvas do.
_ROW_INCHES, _AXIS_INCHES, _LOWEST_INCHES = 0.4, 0.7, 2.2
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "voc-roi",
    "font.size": 10.5,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}


@contextmanager
def canvas(prefix: str, title: str, description: str, *, rows: int = 0) -> Iterator[tuple[Axes, list[str]]]:
    """An axes to draw on; after the block the list holds the finished SVG text. `rows` set the height."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Drawing

    out: list[str] = []
    with matplotlib.rc_context(_STYLE):
        height = max(_LOWEST_INCHES, _AXIS_INCHES + _ROW_INCHES * rows) if rows else _HEIGHT_INCHES
        drawing = Drawing(figsize=(_WIDTH_INCHES, height), layout="constrained")
        FigureCanvasSVG(drawing)
        yield drawing.subplots(), out
        buffer = io.StringIO()
        drawing.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
        out.append(_for_page(buffer.getvalue(), prefix, title, description))


def _for_page(svg: str, prefix: str, title: str, description: str) -> str:
    body = svg[svg.index("<svg") :].strip()
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.DOTALL)
    # Ids are global in an HTML page: each chart gets its own.
    body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', body)
    body = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", body)
    for colour, name in _CSS_NAMES.items():
        body = body.replace(colour, f"var({name})")
    # The page decides the typeface; matplotlib's style rule would reach every other chart of the page.
    body = re.sub(r"font-family: [^;\"]+;? ?", "", body)
    body = re.sub(r"<style[^>]*>.*?</style>\s*", "", body, flags=re.DOTALL)
    view_box = re.search(r'viewBox="([^"]+)"', body)
    names = f'<title id="{prefix}-title">{escape(title)}</title><desc id="{prefix}-desc">{escape(description)}</desc>'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'role="img" stroke-linejoin="round" data-exempt="axis" '
        f'aria-labelledby="{prefix}-title {prefix}-desc" viewBox="{view_box.group(1)}">{names}'
    )
    return head + body[body.index(">") + 1 :]


def short_money(value: float, *, signed: bool = False, digits: int = 4) -> str:
    """Money as charts write it, with so many digits at most: 1.5m, 20k, −3; `signed` writes a rise with its plus."""
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    for size, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        # What rounds to 1,000k is written as 1m.
        if float(f"{abs(value) / size:.{digits}g}") >= 1:
            return f"{sign}{abs(value) / size:,.{digits}g}{letter}"
    return f"{sign}{abs(value):,.0f}"


def money_ticks(axes: Axes, axis: str) -> None:
    """Short money on an axis."""
    from matplotlib.ticker import FuncFormatter

    getattr(axes, f"{axis}axis").set_major_formatter(FuncFormatter(lambda value, _: short_money(value)))


def spread_apart(positions: list[float], gap: float) -> list[float]:
    """The same positions pushed apart so that labels at them do not overlap; order is kept."""
    order = sorted(range(len(positions)), key=positions.__getitem__)
    placed = list(positions)
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + gap)
    # Pushing only upwards would drift away from the lines: take half of the drift back.
    drift = sum(new - old for new, old in zip(placed, positions, strict=True)) / max(len(positions), 1)
    return [value - drift for value in placed]
