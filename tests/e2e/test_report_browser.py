"""The page in a real browser: opened from disk, no request, no console message, no sideways scrolling."""

from __future__ import annotations

import shutil

import pytest

from roi_models.report.figures import build_figures
from roi_models.report.page import render_report
from tests.unit.sample_case import ALL_CASES

CHROMIUM = shutil.which("chromium")
playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine's PATH")

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
  for (const el of document.querySelectorAll('main *')) {
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


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as engine:
        # Chromium refuses to run as root inside its own sandbox, which is how containers run it.
        running = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    paths = {}
    for name, build in ALL_CASES.items():
        case_file = build()
        paths[name] = folder / f"{name}.html"
        paths[name].write_text(render_report(case_file, build_figures(case_file)), encoding="utf-8")
    return paths


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
