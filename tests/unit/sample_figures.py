"""The book of figures of a sample case, built once for all tests that only read it."""

from __future__ import annotations

import pickle

from roi_models.report.figures import FigureBook, build_figures
from roi_models.results import CaseFile

_BUILT: dict[bytes, FigureBook] = {}


def figures_of(case_file: CaseFile) -> FigureBook:
    """The figures of an equal case file, if one was asked for before."""
    key = pickle.dumps(case_file)
    if key not in _BUILT:
        _BUILT[key] = build_figures(case_file)
    return _BUILT[key]
