"""Retention is stated in several ways: the page sets them side by side, and says what each counts."""

from __future__ import annotations

from roi_models.report.page import render_report
from roi_models.report.retentions import retentions
from roi_models.results import Figure
from tests.unit.sample_case import conditional_case, failed_case_with_flows
from tests.unit.sample_figures import figures_of

REALISED = "promises.promises.gross_revenue_retention_pct.2024-01.2024-12.realised"


def with_figure(book, figure_id, value):
    figure = Figure(id=figure_id, value=value, unit="share_pct", definition="", source="", low=None, high=None)
    return type(book)(book.by_id | {figure_id: figure})


def test_every_statement_of_retention_stands_beside_the_others():
    book = figures_of(conditional_case())
    stated = [one.figure_id for one in retentions(book)]
    assert {"revenue.grr_pct", "headline.retention_base_pct"} <= set(stated)
    assert REALISED in {one.figure_id for one in retentions(with_figure(book, REALISED, 92.3))}
    assert REALISED not in {one.figure_id for one in retentions(with_figure(book, REALISED, None))}


def test_each_is_on_the_page_with_a_link_to_where_it_stands():
    page = render_report(conditional_case(), figures_of(conditional_case()))
    table = page.split('id="retentions-table"')[1].split("</table>")[0]
    for one in retentions(figures_of(conditional_case())):
        assert f'href="#{one.anchor}"' in table and f'data-figure="{one.figure_id}"' in table
        assert f'id="{one.anchor}"' in page


def test_one_alone_needs_no_telling_apart():
    case_file = failed_case_with_flows()
    assert retentions(figures_of(case_file)) == ()
    assert "retentions-table" not in render_report(case_file, figures_of(case_file))
