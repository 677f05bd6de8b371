"""One page for the board: traced, self-contained, bounded; it promises nothing that the verdict does not allow."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import mistune
import pytest
from markdown_it import MarkdownIt

from roi_models.report.format import NO_BREAK
from roi_models.report.markdown import escape_markdown
from roi_models.report.page import render_report
from roi_models.report.sentences import UntracedNumberError
from roi_models.report.summary import render_summary, render_summary_markdown, support
from roi_models.verdicts.judgement import Check, Claim, Level
from tests.unit.sample_case import ALL_CASES, conditional_case, context, failed_case_with_flows, null_case
from tests.unit.sample_figures import figures_of
from tests.unit.test_report_page import Page

HOSTILE = [
    "<script>alert(1)</script>",
    "a | b | c",
    "*bold* __strong__ ~~gone~~ `code`",
    "[click](http://evil.example) ![x](http://evil.example/x.png)",
    "http://evil.example and www.evil.example",
    "<http://evil.example> &lt;script&gt; &#60;",
    "# heading",
    "- item",
    "1. item",
    "--- ",
    "two\nlines\n\n# and a heading",
    "\\*no escape of an escape\\",
    "A & B",
]


def rendered(case_file):
    figures = figures_of(case_file)
    return render_summary(case_file, figures), render_summary_markdown(case_file, figures)


@pytest.fixture(scope="module")
def summaries():
    return {name: rendered(build()) for name, build in ALL_CASES.items()}


def with_objections(count, level=Level.REVIEW):
    """A case with so many checks that speak against it, each with an advice of its own."""
    plain = conditional_case()
    against = tuple(
        Check(
            id=f"probe_{number}",
            label="A probe",
            value=float(number),
            threshold="REVIEW above 0",
            level=level if number else Level.FAIL if level is Level.FAIL else Level.REVIEW,
            sentence=f"Probe {chr(65 + number)} holds {number + 11} accounts.",
            recommendation=f"Mend {chr(65 + number)}.",
        )
        for number in range(count)
    )
    verdict = replace(plain.verdict, checks=(*plain.verdict.checks, *against), level=level)
    return replace(plain, verdict=verdict)


@pytest.mark.parametrize("name", sorted(ALL_CASES))
def test_every_number_is_a_figure_that_the_book_holds(summaries, name):
    page = Page(summaries[name][0])
    assert page.untraced == [] and page.stack == []
    assert page.traced and set(page.traced) <= {figure.id for figure in figures_of(ALL_CASES[name]())}


@pytest.mark.parametrize("name", sorted(ALL_CASES))
def test_the_mail_states_the_numbers_of_the_page_and_no_other(summaries, name):
    page, markdown = summaries[name]
    # In the page alone: what its ranges are, and which place it has.
    shown = re.sub(r'<p class="small">Money.*?</p>|<(style|footer|title)>.*?</\1>', "", page, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", "", shown).replace("&#39;", "'")
    lines = markdown.rpartition("Report, workbook")[0].replace("\\", "")
    numbers = [sorted(re.findall(r"\d[\d,.]*\d|\d", found)) for found in (text.replace(NO_BREAK, " "), lines)]
    assert numbers[0] == numbers[1] != []


@pytest.mark.parametrize("name", sorted(ALL_CASES))
def test_the_page_is_self_contained_inert_and_equal_for_equal_case_files(summaries, name):
    page, markdown = summaries[name]
    elements = Page(page).elements
    policy = next(attrs for _, attrs in elements if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"].startswith("default-src 'none'") and "script" not in policy["content"]
    assert "script" not in {tag for tag, _ in elements}
    links = [attrs[key] for _, attrs in elements for key in ("src", "href") if key in attrs]
    assert {link.partition("#")[0] for link in links} == {"data:,", "report.html"}
    rows = render_report(ALL_CASES[name](), figures_of(ALL_CASES[name]()))
    assert all(f'id="{link.partition("#")[2]}"' in rows for link in links if "#" in link)
    assert not re.search(r"url\(|@import", page)
    assert rendered(ALL_CASES[name]()) == (page, markdown)


@pytest.mark.parametrize("name", sorted(ALL_CASES))
def test_headings_and_ids_are_in_order(summaries, name):
    elements = Page(summaries[name][0]).elements
    assert next(tag for tag, _ in elements if re.fullmatch(r"h\d", tag)) == "h1"
    ids = [attrs["id"] for _, attrs in elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["aria-labelledby"] for tag, attrs in elements if tag == "section"} == set(ids)


@pytest.mark.parametrize(("ratio", "is_told"), [(1.2, True), (0.8, True), (1.5, False), (0.7, False)])
def test_a_year_missed_by_far_is_no_support_though_it_passed(ratio, is_told):
    plain = conditional_case()
    foretold = Check(
        id="rolling_origin", label="Foretold", value=ratio, threshold="", level=Level.PASS, sentence="It was foretold."
    )
    verdict = replace(plain.verdict, checks=(foretold, *plain.verdict.checks))
    assert (foretold in support(replace(plain, verdict=verdict))) == is_told


@pytest.mark.parametrize("name", ["failed", "failed_with_flows"])
def test_a_failed_verdict_is_the_first_line_and_leaves_no_return(summaries, name):
    page, markdown = summaries[name]
    assert markdown.splitlines()[0] == "# Not evidence: a check failed"
    text = re.sub(r"<[^>]+>", " ", page.split("<main>")[1])
    assert text.index("Not evidence: a check failed") < text.index("FAIL") < text.index("What to do next")
    for shown in (text, markdown):
        assert "Decide nothing on these data." in shown and "Checks that failed" in shown
        assert not re.search(r"\b(?:roi|npv)\b|return|net present value|payback|pays\b", shown, re.IGNORECASE)


def test_without_a_claim_the_case_is_examined_and_not_promised(summaries):
    for shown in summaries["null"]:
        assert "Examined, not promised" in shown and "Do not spend money for this return." in shown
        assert "Key figures" not in shown and "Why to believe it" not in shown
    assert "headline.npv" in Page(summaries["null"][0]).traced


def test_a_conditional_claim_says_what_is_assumed_and_where_it_breaks_even(summaries):
    book = figures_of(conditional_case())
    for shown in summaries["conditional"]:
        assert "Key figures" in shown and "Examined" not in shown
        assert "is in reach" in shown and "so that the uplift is measured" in shown
    assert f"at {book['headline.break_even_uplift'].value:.2f} the programme breaks even" in summaries["conditional"][1]


def test_an_evidenced_claim_does_not_call_the_uplift_assumed():
    plain = conditional_case()
    for shown in rendered(replace(plain, verdict=replace(plain.verdict, claim=Claim.EVIDENCED))):
        assert "The uplift was measured." in shown and "is in reach" not in shown


def test_the_worst_objections_come_first_and_five_are_shown():
    case_file = with_objections(8)
    checks = list(case_file.verdict.checks)
    checks[-1] = replace(checks[-1], level=Level.FAIL)
    case_file = replace(case_file, verdict=replace(case_file.verdict, checks=tuple(checks), level=Level.FAIL))
    page, markdown = rendered(case_file)
    letters = re.findall(r"Probe ([A-Z]) holds", markdown)
    assert letters == ["H", "A", "B", "C", "D"]
    assert "- and 3 more, in the report" in markdown
    assert Page(page).traced["summary.more_objections"] == ["3"]
    assert re.findall(r"- Mend ([A-Z])\.", markdown) == ["H", "A", "B"]


@pytest.mark.parametrize(("count", "more"), [(0, None), (5, None), (6, 1)])
def test_more_is_said_only_where_there_are_more(count, more):
    case_file = with_objections(count)
    book = figures_of(case_file)
    assert ("summary.more_objections" in book) == (more is not None)
    assert ("more, in the report" in rendered(case_file)[1]) == (more is not None)
    if more:
        assert book["summary.more_objections"].value == more


def test_an_advice_that_several_checks_give_is_given_once():
    case_file = with_objections(3)
    checks = tuple(replace(check, recommendation="Wait.") for check in case_file.verdict.checks)
    assert rendered(replace(case_file, verdict=replace(case_file.verdict, checks=checks)))[1].count("- Wait.") == 1


@pytest.mark.parametrize("name", HOSTILE)
def test_names_out_of_data_are_text_in_the_mail(name):
    case_file = replace(conditional_case(), context=context(company=name), notes={"programme": name})
    plain = replace(conditional_case(), context=context(company="plain"), notes={"programme": "plain"})
    readers = (MarkdownIt("commonmark").render, mistune.create_markdown(plugins=["table", "url", "strikethrough"]))
    shown = " ".join(html.escape(name, quote=False).split())
    for read in readers:
        found, expected = (read(rendered(case)[1]) for case in (case_file, plain))
        assert re.findall(r"<(\w+)", found) == re.findall(r"<(\w+)", expected), found
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", found))
        assert shown in text.replace("&quot;", '"')


@pytest.mark.parametrize("name", HOSTILE)
def test_names_out_of_data_are_text_on_the_page(name):
    case_file = replace(conditional_case(), context=context(company=name), notes={"programme": name})
    plain = replace(conditional_case(), context=context(company="plain"), notes={"programme": "plain"})
    tags = [[tag for tag, _ in Page(rendered(case)[0]).elements] for case in (case_file, plain)]
    assert tags[0] == tags[1]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("USD 1,234 (12.3% to 20.0%)", "USD 1,234 (12.3% to 20.0%)"),
        ("a_b|c*d", "a\\_b\\|c\\*d"),
        ("R&D &amp; more", "R&D \\&amp; more"),
        ("12 of them.", "12 of them."),
        ("12. of them", "12\\. of them"),
        ("−5% or -5%", "−5% or -5%"),
        ("- x", "\\- x"),
        (None, "–"),
    ],
)
def test_only_what_means_something_in_markdown_is_escaped(text, escaped):
    assert escape_markdown(text) == escaped


def test_a_sentence_of_another_case_file_is_refused():
    for render in (render_summary, render_summary_markdown):
        with pytest.raises(UntracedNumberError):
            render(conditional_case(), figures_of(failed_case_with_flows()))


def test_a_null_case_states_the_sentence_of_its_verdict(summaries):
    assert all(null_case().verdict.sentence in shown for shown in summaries["null"])


def test_what_the_correction_for_noise_is_worth_is_told():
    plain = conditional_case()
    corrected = replace(plain, case=replace(plain.case, observed_npv=123_456.0))
    page, markdown = rendered(corrected)
    assert "noise of single answers" in markdown and "USD 123,456" in markdown.replace(NO_BREAK, " ")
    assert "noise of single answers" in page and "noise of single answers" not in "".join(rendered(plain))
