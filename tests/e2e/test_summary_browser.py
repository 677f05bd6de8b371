"""The summary in a real browser: one sheet of A4 and no more, no request, no console message, readable on a phone."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from roi_models.report.summary import render_summary
from roi_models.verdicts.judgement import Level
from tests.e2e.page_checks import require_alone_and_fitting
from tests.e2e.sample_pages import Pages
from tests.unit.sample_case import ALL_CASES, conditional_case, context


def crowded_case():
    """More to say than any run had: long sentences, eight checks against it, long names."""
    plain = conditional_case()
    words = "so that the interval of the slope is wider than it would be if every account had answered each quarter"
    checks = tuple(
        replace(
            plain.verdict.checks[0],
            id=name,
            level=Level.REVIEW,
            sentence=f"Of the accounts that were asked some never answered, {words}, and {words}, as {name} says.",
            recommendation=f"Ask those who did not answer by telephone first, {words} ({name}).",
        )
        for name in ("one", "two", "three", "four", "five", "six", "seven", "eight")
    )
    telling = ("effect_found", "placebo", "lead", "stability")
    passed = tuple(replace(check, id=name, level=Level.PASS) for name, check in zip(telling, checks, strict=False))
    return replace(
        plain,
        verdict=replace(plain.verdict, checks=(*passed, *checks)),
        context=context(company="Vereinigte Kundenzufriedenheitsforschungsgesellschaft mit beschränkter Haftung " * 2),
        notes={"programme": "Closed-loop follow-up of customers who are unhappy with their onboarding " * 2},
    )


CASES = {**ALL_CASES, "crowded": crowded_case}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Pages(tmp_path_factory.mktemp("summaries"), CASES, render_summary)


def boxes(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height in points of each page of a PDF."""
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
    found = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    assert len(found) == pages
    return [(round(float(width)), round(float(height))) for width, height in found]


@pytest.mark.parametrize(("name", "scheme"), [*((name, "light") for name in sorted(CASES)), ("conditional", "dark")])
def test_prints_on_exactly_one_sheet_of_a4(browser, files, name, scheme):
    page = browser.new_page(color_scheme=scheme)
    page.goto(files[name].as_uri())
    assert boxes(page.pdf(prefer_css_page_size=True)) == [(595, 842)]
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["conditional", "failed", "crowded"])
def test_stands_alone_and_fits(browser, files, name, width, scheme):
    require_alone_and_fitting(browser, files[name], width=width, scheme=scheme)


def test_nothing_is_cut_off_in_print(browser, files):
    page = browser.new_page(viewport={"width": 718, "height": 1000})
    page.emulate_media(media="print")
    for name in CASES:
        page.goto(files[name].as_uri())
        cut = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
        assert page.locator("main, section, .cards > div, li, p").evaluate_all(cut) == []
    page.close()
