"""Studies in the reports: their rows become figures, their sentences are traced, their tables published."""

from dataclasses import replace

import pytest

from roi_models.report import build_figures, model_tables, render_report
from roi_models.study import Section
from tests.unit.sample_case import conditional_case
from tests.unit.sample_study import sample_study


@pytest.fixture
def case_file():
    return replace(conditional_case(), studies=(sample_study(),))


def test_shown_rows_become_figures_with_interval_scale_and_source(case_file):
    figure = build_figures(case_file)["sample.sample_drivers.speed.share"]
    assert (figure.value, figure.low, figure.high, figure.unit) == (61.0, 50.0, 70.0, "share_pct")
    assert figure.source == "roi.sample_drivers.share"
    assert figure.definition == "speed: share of the explained variance."


def test_rows_beyond_the_shown_ones_and_texts_are_no_figures(case_file):
    ids = {figure.id for figure in build_figures(case_file) if figure.id.startswith("sample.")}
    rows = {"sample.sample_drivers.speed", "sample.sample_drivers.price_b"}
    assert ids == {f"{row}.{column}" for row in rows for column in ("share", "shift")}


def test_numbers_of_sentences_are_traced_and_others_listed(case_file):
    figures = build_figures(case_file)
    page = render_report(case_file, figures)
    assert 'data-figure="sample.sample_drivers.speed.share"' in page
    assert figures["stated.study.sample.1.1"].value == 17


def test_every_frame_is_published_whole_beside_the_sentences(case_file):
    tables = model_tables(case_file)
    assert len(tables["roi.sample_drivers"]) == 3
    assert tables["roi.studies"][["study", "number"]].values.tolist() == [["sample", 1]]


@pytest.mark.parametrize("section", Section)
def test_the_page_tells_a_study_in_its_section_and_escapes_names(case_file, section):
    case_file = replace(case_file, studies=(sample_study(section),))
    page = render_report(case_file, build_figures(case_file))
    start = page.index(f'<section aria-labelledby="{section}"')
    assert 'id="study-sample"' in page[start : page.index("</section>", start)]
    assert "price &lt;b&gt;" in page
    assert "price <b>" not in page
    assert "never printed" not in page


def test_a_text_that_says_nothing_of_any_printed_row_is_left_out(case_file):
    page = render_report(case_file, build_figures(case_file))
    assert "Reading" in page and "Not computed because" not in page


def test_no_study_leaves_no_trace():
    case_file = replace(conditional_case(), studies=())
    assert 'id="study-' not in render_report(case_file, build_figures(case_file))
