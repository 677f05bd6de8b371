"""The page: every number traced, nothing executable, no request, accessible bones, no return on FAIL."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from roi_models.report.charts import cash_flow_chart, lag_profile_chart, npv_chart, survival_chart
from roi_models.report.figures import UnknownFigureError, build_figures
from roi_models.report.page import render_report
from roi_models.report.sentences import UntracedNumberError
from tests.unit.sample_case import ALL_CASES, HOSTILE_NAME, conditional_case, failed_case_with_flows
from tests.unit.sample_figures import figures_of

VOID = {"meta", "link", "br", "img", "input", "hr", "path", "use", "rect"}


class Page(HTMLParser):
    """Collects what the tests ask of a page: text with its surroundings, attributes, headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.stack: list[tuple[str, dict[str, str | None]]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.untraced: list[str] = []
        self.traced: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.stack[-1][0] == tag, f"</{tag}> closes {self.stack[-1]}"
        self.stack.pop()

    def handle_data(self, data):
        for tag, attributes in reversed(self.stack):
            if "data-figure" in attributes:
                self.traced.setdefault(attributes["data-figure"], []).append(data)
                return
            if "data-exempt" in attributes or tag in ("time", "style", "script", "title", "code"):
                return
        if re.search(r"\d", data):
            self.untraced.append(data.strip())


@pytest.fixture(scope="module")
def pages():
    built = {}
    for name, build in ALL_CASES.items():
        case_file = build()
        built[name] = render_report(case_file, figures_of(case_file))
    return built


@pytest.mark.parametrize("name", sorted(ALL_CASES))
def test_every_number_on_the_page_is_a_figure(pages, name):
    page = Page(pages[name])
    assert page.untraced == []
    assert page.stack == []
    book = figures_of(ALL_CASES[name]())
    assert {figure.id for figure in book} == set(page.traced)


@pytest.mark.parametrize("name", sorted(ALL_CASES))
def test_the_page_is_self_contained_and_inert(pages, name):
    page = Page(pages[name])
    policy = next(attrs for tag, attrs in page.elements if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"].startswith("default-src 'none'")
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", pages[name], re.DOTALL)
    assert len(scripts) == [tag for tag, _ in page.elements].count("script")
    # The data of the sliders, which no browser runs, and the script that the policy names; neither without a case.
    assert [attributes for attributes, _ in scripts] == (
        [] if "failed" in name else [' type="application/json" id="whatif-data"', ""]
    )
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for _, text in scripts[1:]]
    assert re.findall(r"script-src ([^;]*)", policy["content"]) == [f"'sha256-{one}'" for one in hashes]
    for _, attributes in page.elements:
        assert not [key for key in attributes if key.startswith("on")]
        for key in ("src", "href", "xlink:href"):
            assert (attributes.get(key) or "#").startswith(("#", "data:"))
    assert not re.search(r"url\((?!#)", pages[name])


@pytest.mark.parametrize("name", sorted(ALL_CASES))
def test_headings_tables_charts_and_ids_are_accessible(pages, name):
    elements = Page(pages[name]).elements
    levels = [int(tag[1]) for tag, _ in elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert next(attrs for tag, attrs in elements if tag == "html")["lang"] == "en"
    ids = [attrs["id"] for _, attrs in elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    tags = [tag for tag, _ in elements]
    assert tags.count("table") == tags.count("caption")
    assert all(attrs.get("scope") for tag, attrs in elements if tag == "th")
    for tag, attributes in elements:
        if tag == "svg":
            assert attributes["role"] == "img"
            assert set(attributes["aria-labelledby"].split()) <= set(ids)
        if attributes.get("class") == "scroll":
            assert attributes["tabindex"] == "0"


@pytest.mark.parametrize("name", ["failed", "failed_with_flows"])
def test_a_failed_page_says_so_first_and_states_no_return(pages, name):
    body = pages[name].split("<body>")[1]
    text = re.sub(r"<code.*?</code>|<[^>]+>", " ", body, flags=re.DOTALL)
    assert text.index("Not evidence") < text.index("FAIL") < text.index("Data quality")
    assert not re.search(r"\b(?:roi|npv)\b|return on investment|net present value|payback", text, re.IGNORECASE)


def test_extrapolation_is_called_so_and_refusals_are_sentences(pages):
    assert "Extrapolated, not observed" in pages["conditional"]
    assert 'id="beyond-' in pages["conditional"] and "no data speak to it" in pages["conditional"]
    assert "Extrapolated, not observed" not in pages["sparse"] and 'id="beyond-' not in pages["sparse"]
    text = re.sub(r"<[^>]+>", "", pages["sparse"])
    assert "Only 12 account(s) at the landmark: at least 20 are needed." in text
    assert "retention is not carried beyond the months observed" in text
    assert "How long they stay" not in pages["failed"]


@pytest.mark.parametrize("name", sorted(ALL_CASES))
def test_every_number_links_to_its_row_with_definition_and_source(pages, name):
    elements = Page(pages[name]).elements
    book = figures_of(ALL_CASES[name]())
    assert [attrs["id"] for tag, attrs in elements if tag == "tr" and attrs.get("id", "").startswith("f-")] == [
        f"f-{figure.id}" for figure in book
    ]
    numbers = [attrs for tag, attrs in elements if tag == "a" and attrs.get("class") == "f"]
    assert all(attrs["href"] == f"#f-{attrs['data-figure']}" for attrs in numbers)
    # Definitions stand once, in the list: not in a title that only a mouse finds.
    assert not [attrs for _, attrs in elements if "title" in attrs]
    listed = unescape(pages[name][pages[name].index('id="figure-table"') :])
    assert all(figure.definition in listed and f"<code>{figure.source}</code>" in listed for figure in book)


def test_the_page_goes_from_the_case_to_what_it_rests_on(pages):
    order = [
        *("case", "checks", "detail", "retention", "stake", "next", "scores", "programme"),
        *("revenue", "wallet", "quality", "assumptions", "method", "figures"),
    ]
    assert re.findall(r'^<h2 id="([^"]+)"', pages["conditional"], re.MULTILINE) == order
    without_case = [name for name in order if name not in ("case", "detail")]
    assert re.findall(r'^<h2 id="([^"]+)"', pages["failed"], re.MULTILINE) == without_case


def test_what_did_not_pass_comes_first_and_open_and_is_advised_on(pages):
    page = pages["null"]
    card = page[page.index('id="checks"') : page.index('id="placebo"')]
    assert card.index("Churn events per parameter") < card.index("Involuntary churn on the score")
    assert "861" in re.sub(r"<details.*?</details>", "", card, flags=re.DOTALL)
    assert "The score does not predict involuntary churn" in card
    assert "The score does not predict" not in re.sub(r"<details.*?</details>", "", card, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", "", page[page.index('id="next"') : page.index('id="holdout"')])
    assert "Wait until 6 more months are in" in text
    assert "Wait until" not in pages["conditional"][pages["conditional"].index('id="next"') :].split("holdout")[0]


def test_nothing_is_deleted_by_folding(pages):
    folded = re.findall(r"<details.*?</details>", pages["conditional"], re.DOTALL)
    for table in (
        "lag-table",
        "by-score-table",
        "calibration-table",
        "term-table",
        "survival-table",
        "waterfall-table",
    ):
        assert any(f'id="{table}"' in part for part in folded)
    assert not any("<details" in part[8:] for part in folded)


def test_a_claim_of_none_is_said_beside_the_figures(pages):
    assert "No return is claimed" in pages["null"]
    assert "not as a reason to spend" in pages["null"]
    assert "not as a reason to spend" not in pages["conditional"]


def test_names_and_raw_values_are_escaped(pages):
    assert HOSTILE_NAME not in pages["conditional"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons" in pages["conditional"]


def test_absences_are_told_and_missing_results_have_words(pages):
    for words in (
        "no brand ratings supplied",
        "not in the horizon",
        "no placebo test",
        "No row broke",
    ):
        assert words in pages["sparse"]
    # Where the score keeps nobody, no uplift pays.
    assert "none found" in pages["null"] and "none found" not in pages["conditional"]


def test_the_page_is_the_same_for_the_same_case_file(pages):
    case_file = conditional_case()
    assert render_report(case_file, build_figures(case_file)) == pages["conditional"]


def test_figures_of_another_case_file_are_refused():
    with pytest.raises((UnknownFigureError, UntracedNumberError)):
        render_report(conditional_case(), build_figures(failed_case_with_flows()))


def test_charts_use_theme_colours_only_and_survive_odd_data():
    case = conditional_case()
    curves = case.survival.curves
    one_group = curves[curves["group"] == "silent"].assign(ci_low=None, ci_high=None)
    same = case.case.draws.assign(npv=5.0)
    drawn = [
        survival_chart(curves),
        survival_chart(one_group.astype({"ci_low": float, "ci_high": float})),
        survival_chart(curves.assign(group="<b>" + curves["group"])),
        lag_profile_chart(case.retention.lag_profile.iloc[:1], 3),
        cash_flow_chart(case.case.years, "USD"),
        npv_chart(same, "USD"),
        npv_chart(case.case.draws.assign(npv=-1.0), "USD"),
    ]
    for svg in drawn:
        assert not re.search(r"#[0-9a-fA-F]{6}\b", svg)
        assert "<b>" not in svg and "<style" not in svg and "DejaVu" not in svg
        assert svg.startswith("<svg") and svg.endswith("</svg>")


def test_a_long_absent_list_and_evidenced_claim_render():
    case_file = conditional_case()
    verdict = replace(case_file.verdict, claim=type(case_file.verdict.claim).EVIDENCED)
    absent = tuple(f"thing {number} was absent" for number in range(3))
    changed = replace(case_file, verdict=verdict, context=replace(case_file.context, absent=absent))
    page = render_report(changed, build_figures(changed))
    assert "with evidence for the uplift" in page
    assert Page(page).untraced == []
