"""The two reference files kept in tests/reference: vectors computed elsewhere, and R's coefficients."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

REFERENCE = Path(__file__).resolve().parents[1] / "reference"


def vectors() -> dict:
    return json.loads((REFERENCE / "vectors.json").read_text(encoding="utf-8"))


def r_coefficients(dataset: str, model: str) -> pd.DataFrame:
    table = pd.read_csv(REFERENCE / "r_survival.csv")
    chosen = table[(table["dataset"] == dataset) & (table["model"] == model)].set_index("term")
    assert len(chosen), f"no rows for {dataset}, {model}"
    return chosen
