"""Options and closing lines of all tests: how many simulations, and the figures of the gates.

Belongs here: what pytest must know before it looks into a folder. Does not belong here: fixtures of one folder.
"""

from __future__ import annotations

import pytest

GATE = "gate"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--simulations",
        type=int,
        default=500,
        help="simulations of each coverage gate (500); fewer are judged by the 99.9 %% binomial band",
    )


@pytest.fixture
def gate(record_property):
    """Call with a sentence that holds a figure: it is printed at the end, on a line that begins with "gate:"."""

    def state(sentence: str) -> None:
        record_property(GATE, sentence)

    return state


def pytest_terminal_summary(terminalreporter) -> None:
    # Of all reports, because a gate that failed is the figure one most wants to see.
    reports = [report for found in terminalreporter.stats.values() for report in found if hasattr(report, "when")]
    lines = [
        f"gate: {sentence}"
        for report in sorted(reports, key=lambda report: report.nodeid)
        if report.when == "call"
        for name, sentence in report.user_properties
        if name == GATE
    ]
    if lines:
        terminalreporter.section("gates")
        for line in lines:
            terminalreporter.write_line(line)
