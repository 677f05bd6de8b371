"""The sliders in a real browser: what they show is what the engine answers, to the cent, whatever is moved."""

from __future__ import annotations

import random

import numpy as np
import pytest

from roi_models.case.finance import to_cents
from roi_models.case.what_if import shipped, what_if
from roi_models.report.figures import build_figures
from roi_models.report.format import format_value, round_for_unit
from tests.e2e.sample_pages import Pages
from tests.e2e.what_if_cases import FILES, monthly_case
from tests.unit.sample_business_case import business_case
from tests.unit.sample_case import HOSTILE_NAME, conditional_case, sparse_case

SHOWN = """() => Object.fromEntries([...document.querySelectorAll('[data-result]')].map(
  (place) => [place.dataset.result, place.dataset.value === '' ? null : Number(place.dataset.value)]))"""
TEXTS = """() => Object.fromEntries([...document.querySelectorAll('[data-result]')].map(
  (place) => [place.dataset.result, place.textContent]))"""
SLIDERS = (
    "() => Object.fromEntries([...document.querySelectorAll('#whatif input')].map((one) => [one.name, one.value]))"
)
MOVE = """(values) => {
  for (const [name, value] of Object.entries(values)) {
    const slider = document.getElementById(`whatif-${name}`);
    slider.value = {least: slider.min, most: slider.max}[value] ?? value;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
  }
}"""
SETTINGS = (
    {"uplift": 6.3},
    {"uplift": "least"},
    {"uplift": "most", "margin": "most"},
    {"margin": 0.62, "discount_rate": 0.125},
    {"discount_rate": "least"},
    {"discount_rate": "most", "realisation": 0.4},
    {"initial_cost": "least", "annual_cost": "least"},
    {"initial_cost": "most", "annual_cost": "most"},
    {"contact_reduction": "most", "benefit_risk_adjustment": 0.5, "uplift": 2.1},
    {"contact_reduction": "least", "margin": "least", "annual_cost": 100_000},
)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Pages(tmp_path_factory.mktemp("pages"), FILES)


@pytest.fixture
def opened(browser, files):
    """Opens a case's page; after the test nothing may have been asked for or complained of."""
    pages, messages, requests = [], [], []

    def open_page(name, **options):
        page = browser.new_page(**options)
        pages.append(page)
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(files[name].as_uri())
        return page

    yield open_page
    assert messages == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    for page in pages:
        page.close()


def engine_says(case, values):
    found = what_if(case, {name: float(value) for name, value in values.items()})
    result = found.result
    return {
        "npv": result.npv,
        "roi": result.roi_pct,
        "payback": result.payback_months,
        "pvBenefits": result.pv_benefits,
        "pvCosts": result.pv_costs,
        "p5": found.npv_p5,
        "p50": found.npv_p50,
        "p95": found.npv_p95,
        "probability": found.prob_npv_positive,
    }


def as_the_page_writes(result):
    """The results as figures of the same size would be printed."""
    units = {"roi": "share_pct", "payback": "months", "probability": "probability"}
    missing = {"roi": "undefined", "payback": "not in the horizon"}
    return {
        name: missing[name] if value is None else format_value(round_for_unit(value, unit), unit, currency="USD")
        for name, value in result.items()
        for unit in (units.get(name, "money"),)
    }


@pytest.mark.parametrize("name", sorted(FILES))
def test_sliders_agree_with_the_engine_to_the_cent(opened, name):
    page, case = opened(name), shipped(FILES[name]().case)
    sliders = page.evaluate(SLIDERS)
    assert set(sliders) >= {"uplift", "margin", "discount_rate", "initial_cost", "annual_cost", "realisation"}
    seen = [page.evaluate(SHOWN)]
    assert seen[0] == engine_says(case, sliders)
    for setting in SETTINGS:
        page.locator("#whatif-reset").click()
        page.evaluate(MOVE, {key: value for key, value in setting.items() if key in sliders})
        seen.append(page.evaluate(SHOWN))
        assert seen[-1] == engine_says(case, page.evaluate(SLIDERS)), setting
        assert page.evaluate(TEXTS) == as_the_page_writes(seen[-1])
    chance = random.Random(5)
    for _ in range(10):
        limits = page.locator("#whatif input").evaluate_all("all => all.map(e => [e.name, e.min, e.max])")
        page.evaluate(MOVE, {key: chance.uniform(float(low), float(high)) for key, low, high in limits})
        seen.append(page.evaluate(SHOWN))
        assert seen[-1] == engine_says(case, page.evaluate(SLIDERS))
        assert page.evaluate(TEXTS) == as_the_page_writes(seen[-1])
    assert len({result["npv"] for result in seen}) > len(SETTINGS)
    # Both ends of what can become of a case were met.
    assert None in {result["roi"] for result in seen}
    assert None in {result["payback"] for result in seen}


@pytest.mark.parametrize("name", ["as it is", "never paid back"])
def test_sliders_start_at_the_headline(opened, name):
    page = opened(name)
    case_file = conditional_case() if name == "as it is" else sparse_case()
    figures = build_figures(case_file)
    shown = page.evaluate(SHOWN)
    for result, figure, part in (
        ("npv", "npv", "value"),
        ("roi", "roi_pct", "value"),
        ("payback", "payback_months", "value"),
        ("probability", "prob_npv_positive", "value"),
        ("p5", "npv", "low"),
        ("p95", "npv", "high"),
        ("p50", "npv_p50", "value"),
        ("pvBenefits", "pv_benefits", "value"),
        ("pvCosts", "pv_costs", "value"),
    ):
        stated = getattr(figures[f"headline.{figure}"], part)
        assert shown[result] == (None if stated is None else pytest.approx(stated, abs=1e-6)), result
    for result, figure in (("npv", "npv"), ("roi", "roi_pct"), ("payback", "payback_months")):
        beside = page.locator(f"[data-result={result}] + dd [data-figure='headline.{figure}']").text_content()
        assert page.locator(f"[data-result={result}]").text_content() == beside
    beside = page.locator("[data-result=probability] + dd [data-figure]").text_content()
    assert page.locator("[data-result=probability]").text_content() == beside


def test_the_page_rounds_half_to_even_as_the_engine_does(opened):
    page, chance = opened("as it is"), random.Random(11)
    halves = [
        sign * (whole + cents / 1000) for sign in (1, -1) for whole in (0, 1, 2, 12_345) for cents in range(0, 31)
    ]
    sizes = [chance.uniform(-1, 1) * 10 ** chance.uniform(-9, 17) for _ in range(2_000)]
    amounts = [*halves, *sizes, 0.0, 1e-7, 5e-3, 1e16, 9_007_199_254_740_993.0, 0.1 + 0.2, 1_000_000_000.005]
    got = page.evaluate("(all) => all.map((one) => rounded(one, 2))", amounts)
    assert [float(one) for one in got] == [to_cents(one) for one in amounts]


def test_sliders_are_worked_with_the_keyboard_alone(opened):
    page, case = opened("as it is"), business_case()
    page.locator("#whatif-margin").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    assert page.locator("#whatif-margin").input_value() == "0.77"
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    assert page.locator("#whatif-discount_rate").input_value() == "0.2"
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert page.locator("#whatif-initial_cost").get_attribute("aria-valuetext") == "USD\u00a00"
    moved = {"margin": 0.77, "discount_rate": 0.2, "initial_cost": 0.0}
    assert page.evaluate(SHOWN) == engine_says(case, moved)
    page.locator("#whatif-reset").focus()
    page.keyboard.press("Enter")
    assert page.evaluate(SHOWN) == engine_says(case, {})
    assert page.evaluate(SLIDERS)["margin"] == "0.75"


def test_what_is_found_is_said_in_a_sentence(opened):
    page = opened("as it is")
    said = page.locator(".whatif-sentence")
    assert said.get_attribute("aria-live") == "polite"
    assert "the programme pays for itself: USD\u00a0" in said.text_content()
    page.evaluate(MOVE, {"uplift": "least", "contact_reduction": "least"})
    assert "does not pay for itself" in said.text_content()
    assert "not paid back within the horizon" in said.text_content()
    page.evaluate(MOVE, {"initial_cost": "least", "annual_cost": "least"})
    assert "just breaks even" in said.text_content()


def test_a_gain_less_likely_than_was_asked_for_is_not_called_one(opened):
    case = business_case()
    asked = case.assumptions.min_prob_npv_positive
    page = opened("as it is")
    seen = set()
    for uplift in np.arange(0.1, 4.0, 0.1):
        page.evaluate(MOVE, {"uplift": float(uplift)})
        shown, said = page.evaluate(SHOWN), page.locator(".whatif-sentence").text_content()
        is_doubtful = shown["npv"] > 0 and shown["probability"] < asked
        assert ("no return could be claimed" in said) == is_doubtful
        assert ("pays for itself" in said and "not pay" not in said) == (shown["npv"] > 0 and not is_doubtful)
        seen.add((shown["npv"] > 0, is_doubtful))
    assert seen == {(False, False), (True, True), (True, False)}


def test_every_slider_has_a_name_and_says_its_value(opened):
    page = opened("as it is")
    for slider in page.locator("#whatif input[type=range]").all():
        label = page.locator(f"label[for='{slider.get_attribute('id')}']").text_content()
        assert len(label) > 10
        text = slider.get_attribute("aria-valuetext")
        assert text == page.locator(f"output[for='{slider.get_attribute('id')}']").text_content() != ""


def test_without_script_there_is_a_sentence_and_no_dead_slider(browser, files):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(files["as it is"].as_uri())
    assert page.locator("#whatif").is_hidden()
    assert "business_case.xlsx" in page.locator(".whatif").inner_text()
    context.close()


def test_on_paper_there_are_no_sliders(opened):
    page = opened("as it is")
    assert page.locator("#what-if").is_visible()
    page.emulate_media(media="print")
    assert page.locator(".whatif").is_hidden()


def test_a_script_in_the_data_does_nothing(opened):
    page = opened("as it is")
    assert page.locator("script").count() == 2
    # The name is on the page, as text, and another script than ours would be refused.
    assert HOSTILE_NAME in page.locator("main").inner_text()
    policy = page.locator("meta[http-equiv]").get_attribute("content")
    assert "script-src 'sha256-" in policy and "'unsafe" not in policy.split("script-src")[1]


def test_a_foreign_script_is_refused(browser, files, tmp_path):
    text = files["as it is"].read_text(encoding="utf-8")
    hostile = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
    path = tmp_path / "hostile.html"
    path.write_text(text.replace("<main", hostile + "<main", 1), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.title() != "taken"
    # Ours still runs.
    assert page.evaluate(SHOWN)["npv"] == business_case().base.npv
    page.close()


def test_the_page_that_ships_a_part_says_so(opened):
    assert "The page holds 2000 simulated outcomes" in opened("ranged").locator("#whatif").inner_text()
    part = len(shipped(monthly_case()).response.kept_draws)
    assert 0 < part < len(monthly_case().response.kept_draws)
    assert f"simulated outcomes with {part} draws" in opened("monthly").locator("#whatif").inner_text()
    assert "The page holds" not in opened("as it is").locator("#whatif").inner_text()


@pytest.mark.parametrize("name", ["as it is", "monthly"])
def test_data_of_the_sliders_keep_the_page_light(files, name):
    text = files[name].read_text(encoding="utf-8")
    data = text.split('id="whatif-data">')[1].split("</script>")[0]
    assert len(data) < 700_000
