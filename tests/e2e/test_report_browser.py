"""The page in a real browser: opened from disk, no request, no console message, no sideways scrolling."""

from __future__ import annotations

import pytest

from roi_models.report.figures import build_figures
from tests.unit.sample_case import ALL_CASES

# WCAG contrast of every text element against the nearest opaque background.
CONTRAST = """() => {
  const rgb = (text) => {
    const n = text.match(/[\\d.]+/g).map(Number);
    return {c: n.slice(0, 3), a: n[3] ?? 1};
  };
  const linear = (v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const lum = (c) => {
    const [r, g, b] = c.map(v => linear(v / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const back = (el) => {
    for (let e = el; e; e = e.parentElement) {
      const b = rgb(getComputedStyle(e).backgroundColor);
      if (b.a === 1) return b.c;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const el of document.querySelectorAll('body *')) {
    const own = [...el.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || el.closest('details:not([open])')) continue;
    const style = getComputedStyle(el);
    const isSvg = el instanceof SVGElement;
    if (isSvg && el.tagName !== 'text') continue;
    const text = rgb(isSvg ? style.fill : style.color).c;
    const [a, b] = [lum(text), lum(back(el))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) bad.push(`${el.tagName} ${ratio.toFixed(2)} ${el.textContent.slice(0, 40)}`);
  }
  return bad;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["conditional", "failed"])
def test_the_page_stands_alone_and_fits(browser, files, name, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    messages, requests = [], []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(files[name].as_uri())
    assert messages == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.evaluate(CONTRAST) == []
    page.close()


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
