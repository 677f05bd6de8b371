"""A headless Chromium and the sample pages on disk, for every browser test.

Belongs here: what more than one browser test needs. Does not belong here: expectations.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from roi_models.report.figures import build_figures
from roi_models.report.page import render_report
from tests.unit.sample_case import ALL_CASES


def pytest_collection_modifyitems(items):
    """Keep the tests of a file in one worker, where its pages or workbooks are made once."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine's PATH")
    with playwright.sync_playwright() as engine:
        # Chromium refuses to run as root inside its own sandbox, which is how containers run it.
        running = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """The page of every sample case, by name."""
    folder = tmp_path_factory.mktemp("pages")
    paths = {}
    for name, build in ALL_CASES.items():
        case_file = build()
        paths[name] = folder / f"{name}.html"
        paths[name].write_text(render_report(case_file, build_figures(case_file)), encoding="utf-8")
    return paths
