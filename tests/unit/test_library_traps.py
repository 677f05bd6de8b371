"""Known traps of the libraries stay out of the code: what is wrong in them is not called."""

from __future__ import annotations

import re
from importlib.metadata import requires, version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODELS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "roi_models").rglob("*.py"))}
SQL = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "dbt_project").rglob("*.sql"))}


def users_of(pattern: str, sources: dict[str, str]) -> list[str]:
    return [name for name, text in sources.items() if re.search(pattern, text)]


@pytest.mark.parametrize(
    "pattern",
    [
        r"AalenJohansenFitter",  # moves ties at random
        r"baseline_(?:survival|hazard|cumulative_hazard)_|predict_survival_function",  # ignores entry
        r"cluster_col|robust\s*=\s*True",  # not R's with ties or entry
        r"CoxTimeVaryingFitter",  # has no robust errors
        r"proportional_hazard_test|check_assumptions",  # not R's
        r"\bPHReg\b",  # entry is off by a moment
        r"\bglum\b",  # errors on weighted cells
    ],
)
def test_what_is_wrong_in_a_library_is_not_called(pattern):
    assert users_of(pattern, MODELS) == []


def test_the_patterns_would_find_a_call():
    assert users_of(r"\bCoxPHFitter\b", MODELS) == ["cox_check.py"]
    assert users_of(r"weights_col", MODELS) == ["aft_shapes.py"]  # exact there; under Efron it would not be


def test_lifelines_column_names_end_at_its_border():
    assert users_of(r"(?:lower|upper) (?:0\.)?95", MODELS) == []


def test_the_databases_hash_is_no_random_generator():
    """DuckDB's hash() of two columns is correlated: it only sums up rows, and account groups come from md5."""
    assert users_of(r"(?<![\w.])hash\(", SQL) == ["engine.sql"]
    group = SQL["account_group.sql"]
    assert "md5(" in group and not re.search(r"(?<!\w)hash\(", group)


def test_pandas_stays_below_what_lifelines_allows():
    (allowed,) = [line for line in requires("lifelines") if line.startswith("pandas")]
    assert "<3" in allowed and int(version("pandas").split(".")[0]) < 3
    assert re.search(r'"pandas==2\.', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
