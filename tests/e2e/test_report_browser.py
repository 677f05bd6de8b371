"""The page in a real browser: opened from disk, no request, no console message, no sideways scrolling."""

from __future__ import annotations

import pytest

from roi_models.report.figures import build_figures
from tests.e2e.page_checks import require_alone_and_fitting
from tests.unit.sample_case import ALL_CASES


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["conditional", "failed"])
def test_the_page_stands_alone_and_fits(browser, files, name, width, scheme):
    require_alone_and_fitting(browser, files[name], width=width, scheme=scheme)


def test_tables_scroll_in_their_own_box_and_charts_are_drawn(browser, files):
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto(files["conditional"].as_uri())
    boxes = page.locator(".scroll")
    assert boxes.count() > 5
    scrolled = boxes.evaluate_all("all => all.filter(e => e.scrollWidth > e.clientWidth).every(e => e.tabIndex === 0)")
    assert scrolled
    for box in page.locator("figure svg").all():
        size = box.bounding_box()
        assert size["width"] > 250 and size["height"] > 100
    page.close()


@pytest.mark.parametrize("name", sorted(ALL_CASES))
def test_what_the_page_shows_is_what_the_book_holds(browser, files, name):
    page = browser.new_page()
    page.goto(files[name].as_uri())
    shown = page.locator("[data-figure]").evaluate_all("all => [...new Set(all.map(e => e.dataset.figure))]")
    assert set(shown) == {figure.id for figure in build_figures(ALL_CASES[name]())}
    page.close()
