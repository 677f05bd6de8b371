"""A headless Chromium and the sample pages on disk, for every browser test.

Belongs here: what more than one browser test needs. Does not belong here: expectations.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.sample_pages import Pages
from tests.unit.sample_case import ALL_CASES


# First: xdist reads the groups in a hook of the same name.
@pytest.hookimpl(tryfirst=True)
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
    return Pages(tmp_path_factory.mktemp("pages"), ALL_CASES)
