"""Pages of sample cases on disk, for a browser to open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from roi_models.report.figures import FigureBook, build_figures
from roi_models.report.page import render_report
from roi_models.results import CaseFile


class Pages(dict[str, Path]):
    """The file with the page of each case, by the case's name; a page is rendered when it is first asked for."""

    def __init__(
        self,
        folder: Path,
        cases: Mapping[str, Callable[[], CaseFile]],
        render: Callable[[CaseFile, FigureBook], str] = render_report,
    ):
        super().__init__()
        self._folder, self._cases, self._render = folder, cases, render

    def __missing__(self, name: str) -> Path:
        case_file = self._cases[name]()
        self[name] = self._folder / f"{name}.html"
        self[name].write_text(self._render(case_file, build_figures(case_file)), encoding="utf-8")
        return self[name]
