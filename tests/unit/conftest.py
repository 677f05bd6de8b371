"""What unit tests share: charts of equal data are drawn once, because drawing is nearly all that a page costs."""

from __future__ import annotations

import pickle
from types import ModuleType

import pytest

from roi_models.report import drawings, page


@pytest.fixture(scope="session", autouse=True)
def _charts_drawn_once():
    """Pages remember each chart by what it is drawn from; a test that draws by itself draws anew."""
    drawn, draw = {}, page.drawings

    def once(chart):
        def remembered(*given):
            key = (chart.__name__, pickle.dumps(given))
            if key not in drawn:
                drawn[key] = chart(*given)
            return drawn[key]

        return remembered

    modules = [module for module in vars(drawings).values() if isinstance(module, ModuleType)]
    charts = [(module, name) for module in modules for name in vars(module) if name.endswith("_chart")]

    def draw_what_is_new(case_file):
        with pytest.MonkeyPatch.context() as patch:
            for module, name in charts:
                patch.setattr(module, name, once(getattr(module, name)))
            return draw(case_file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "drawings", draw_what_is_new)
        yield
