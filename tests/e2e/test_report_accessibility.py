"""The page for people who do not point and look: axe-core, the keyboard, links to definitions."""

from __future__ import annotations

import pytest

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

GATE = {"moderate", "serious", "critical"}


def open_page(browser, path, *, width=1280, scheme="light", fragment=""):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(path.as_uri() + fragment)
    return page


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("conditional", 1280, "light"),
        # Each takes up to ten seconds: more than what tells them apart is worth in every run.
        pytest.param("failed", 390, "dark", marks=pytest.mark.validate),
        pytest.param("conditional", 390, "light", marks=pytest.mark.validate),
        pytest.param("conditional", 1280, "dark", marks=pytest.mark.validate),
        pytest.param("conditional", 390, "dark", marks=pytest.mark.validate),
        pytest.param("sparse", 390, "dark", marks=pytest.mark.validate),
    ],
)
def test_axe_finds_nothing_of_weight(browser, files, name, width, scheme):
    page = open_page(browser, files[name], width=width, scheme=scheme)
    # What is folded counts too: axe does not look into closed parts. Of the list of all figures, whose rows are alike
    # and two thirds of the page, it sees the first.
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    page.evaluate("document.querySelectorAll('#figure-table tbody tr:nth-child(n+50)').forEach(row => row.remove())")
    found = axe.Axe().run(page).response["violations"]
    page.close()
    assert [(item["id"], item["nodes"][0]["html"]) for item in found if item["impact"] in GATE] == []


def test_the_first_stop_skips_to_the_report(browser, files):
    page = open_page(browser, files["conditional"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    page.close()


def test_the_tab_key_stops_at_numbers_of_the_text_and_passes_those_of_tables(browser, files):
    page = open_page(browser, files["conditional"])
    links = page.locator("a.f")
    in_tables = page.locator("table a.f")
    assert in_tables.count() > 300
    assert in_tables.evaluate_all("all => all.every(link => link.tabIndex === -1)")
    assert page.locator("header a.f, dl a.f, p a.f").evaluate_all("all => all.every(link => link.tabIndex === 0)")
    assert links.count() - in_tables.count() < 400
    # Every table that prints figures has a stop that leads to their definitions.
    assert page.evaluate(
        "[...document.querySelectorAll('main table')].filter(table => table.querySelector('a.f'))"
        ".every(table => table.querySelector('caption a.defs') !== null)"
    )
    page.close()


def test_every_link_leads_to_a_place_on_the_page(browser, files):
    page = open_page(browser, files["conditional"])
    dead = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(link => link.getAttribute('href').slice(1))"
        ".filter(id => document.getElementById(id) === null)"
    )
    assert dead == []
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("opened_by", ["click", "key"])
def test_a_number_is_one_step_from_its_definition_and_back(browser, files, opened_by, width):
    page = open_page(browser, files["conditional"], width=width)
    number = page.locator('.cards a[data-figure="headline.npv"]').first
    number.scroll_into_view_if_needed()
    before = page.evaluate("window.scrollY")
    if opened_by == "click":
        number.click()
    else:
        number.focus()
        page.keyboard.press("Enter")
    row = page.locator("tr:target")
    assert row.get_attribute("id") == "f-headline.npv"
    assert row.evaluate("r => { const b = r.getBoundingClientRect(); return b.top >= 0 && b.bottom <= innerHeight }")
    text = row.inner_text()
    assert "Net present value" in text and "roi.business_case.npv" in text
    page.go_back()
    assert page.evaluate("window.scrollY") == before
    page.close()


def test_a_link_into_a_folded_part_opens_it(browser, files):
    page = open_page(browser, files["conditional"], fragment="#lag-table")
    assert page.locator("details:has(#lag-table)").evaluate("part => part.open")
    assert page.locator("#lag-table").is_visible()
    page.close()


@pytest.mark.parametrize("name", ["conditional", "failed"])
def test_landmarks_and_folds_say_what_they_hold(browser, files, name):
    page = open_page(browser, files[name])
    for landmark in ("body > header", "nav[aria-label]", "main#main", "body > footer"):
        assert page.locator(landmark).count() == 1
    # A summary is a button: nothing inside of it may be one as well.
    assert page.locator("summary a, summary [tabindex]").count() == 0
    assert page.locator("summary").evaluate_all("all => all.every(line => line.textContent.trim().length > 8)")
    targets = page.locator("nav a").evaluate_all("all => all.map(link => link.getAttribute('href').slice(1))")
    shown = page.locator("main > section").evaluate_all("all => all.map(part => part.getAttribute('aria-labelledby'))")
    assert targets == shown
    page.close()


def test_levels_are_told_by_words_and_not_by_colour(browser, files):
    page = open_page(browser, files["null"])
    words = page.locator(".badge").evaluate_all("all => all.map(badge => badge.textContent)")
    assert "REVIEW" in words and set(words) <= {"PASS", "REVIEW", "FAIL"}
    page.close()
