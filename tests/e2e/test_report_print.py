"""The page on paper: light, whole, without what only a screen can use."""

from __future__ import annotations

import pytest

# A4 less the margins of the style sheet, at the browser's 96 pixels an inch.
PAPER_WIDTH = 688


@pytest.fixture
def paper(browser, files):
    opened = []

    def lay(name, scheme="light"):
        page = browser.new_page(viewport={"width": PAPER_WIDTH, "height": 1000}, color_scheme=scheme)
        opened.append(page)
        page.goto(files[name].as_uri())
        page.emulate_media(media="print")
        return page

    yield lay
    for page in opened:
        page.close()


@pytest.mark.parametrize("name", ["conditional", "failed", "sparse"])
def test_nothing_is_cut_off_at_the_right(paper, name):
    page = paper(name)
    wide = page.evaluate(
        "[...document.querySelectorAll('table, svg, p, dl, li')].filter(e => e.checkVisibility())"
        ".filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)"
        ".map(e => `${e.tagName} ${e.id} ${e.textContent.slice(0, 30)}`)"
    )
    assert wide == []


def test_paper_shows_text_charts_and_open_tables_only(paper):
    page = paper("conditional")
    for left_out in ("nav", ".skip", ".defs", "#figure-table"):
        assert not page.locator(left_out).first.is_visible()
    for shown in ("h1", "#case", "#checks", "figure svg", "#stake-account-table", "summary"):
        assert page.locator(shown).first.is_visible()
    assert page.get_by_text("the list is left out in print").is_visible()
    closing = page.locator("summary").first.evaluate("line => getComputedStyle(line, '::after').content")
    assert "not in print" in closing


def test_a_folded_part_that_was_opened_is_printed(paper):
    page = paper("conditional")
    assert not page.locator("#lag-table").is_visible()
    page.locator("details:has(#lag-table)").evaluate("part => { part.open = true }")
    assert page.locator("#lag-table").is_visible()


def test_a_dark_screen_prints_black_on_white(paper):
    light, dark = (
        paper("conditional", scheme).evaluate(
            "[...document.querySelectorAll('html, h1, p, th, td, .badge, .notice, a, svg text, svg path')]"
            ".map(e => { const s = getComputedStyle(e); return [s.color, s.backgroundColor, s.fill, s.stroke].join() })"
        )
        for scheme in ("light", "dark")
    )
    assert light == dark
    assert light[0].startswith("rgb(0, 0, 0),rgb(255, 255, 255)")


def test_it_becomes_a_pdf_of_sensible_length(paper):
    page = paper("conditional")
    content = page.pdf(format="A4")
    assert content.startswith(b"%PDF")
    assert 4 <= content.count(b"/Type /Page\n") <= 14
