"""Every row of R's table: each model of it is fitted here, and a model that nobody fits fails.

Ours where the product fits such a model (cloglog, the sandwich of Cox), lifelines where the product calls it (Efron),
statsmodels for what only checks the reference itself: ties after Breslow, which the product does not use.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from lifelines import CoxPHFitter
from lifelines.datasets import load_leukemia, load_rossi, load_stanford_heart_transplants
from reference_files import REFERENCE, r_coefficients
from statsmodels.duration.hazard_regression import PHReg

from roi_models.durations.cox_check import COX_OPTIONS, cox_sandwich
from roi_models.hazards.cloglog import fit_cloglog

pytestmark = pytest.mark.gate
TABLE = pd.read_csv(REFERENCE / "r_survival.csv")
TOLERANCE = 1e-6
# Fitted to the last digits: coefficients and errors then differ from R's by its own stopping rule alone.
PRECISE = {"tol": 1e-14, "maxiter": 100}


def rossi() -> dict:
    data = load_rossi()
    return {"rows": data, "exit": data["week"], "event": data["arrest"], "entry": None, "cluster": None}


def heart() -> dict:
    data = load_stanford_heart_transplants()
    return {
        "rows": data,
        "exit": data["stop"],
        "event": data["event"],
        "entry": data["start"],
        "cluster": data["id"].to_numpy(),
    }


def leukemia() -> dict:
    data = load_leukemia()
    return {"rows": data, "exit": data["t"], "event": data["status"], "entry": None, "cluster": None}


DATA = {"rossi": rossi, "stanford_heart": heart, "leukemia": leukemia}


def efron(data: dict, terms: list[str], strata: list[str] | None = None) -> dict:
    frame = data["rows"][[*terms, *(strata or [])]].assign(_exit=data["exit"], _event=data["event"])
    entered = {}
    if data["entry"] is not None:
        frame, entered = frame.assign(_entry=data["entry"]), {"entry_col": "_entry"}
    fitted = CoxPHFitter().fit(frame, "_exit", "_event", strata=strata, **entered, fit_options=COX_OPTIONS)
    return {"coef": fitted.params_[terms], "se": fitted.standard_errors_[terms], "loglik": fitted.log_likelihood_}


def efron_clustered(data: dict, terms: list[str]) -> dict:
    """Our sandwich at lifelines' coefficients."""
    found = efron(data, terms)
    entry = np.zeros(len(data["rows"])) if data["entry"] is None else data["entry"].to_numpy()
    sandwich = cox_sandwich(
        data["rows"][terms].to_numpy(float),
        found["coef"].to_numpy(),
        entry=entry,
        exit_time=data["exit"].to_numpy(),
        event=data["event"].to_numpy(bool),
        cluster=data["cluster"],
    )
    return found | {"robse": np.sqrt(np.diag(sandwich))}


def breslow(data: dict, terms: list[str]) -> dict:
    # statsmodels has those at risk who entered at the very time; R has those who entered before it.
    entry = None if data["entry"] is None else data["entry"].to_numpy() + 1e-6
    model = PHReg(
        data["exit"].to_numpy(float), data["rows"][terms].astype(float), data["event"], entry=entry, ties="breslow"
    )
    fitted = model.fit(method="newton", **PRECISE, disp=False)
    return {"coef": fitted.params, "se": fitted.bse, "loglik": fitted.llf}


def person_weeks(data: dict, terms: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """One row per person and week in which anybody was arrested, with a dummy for each: (design, event)."""
    week, event = data["exit"].to_numpy(), data["event"].to_numpy(bool)
    weeks = np.unique(week[event])
    person, place = np.nonzero(week[:, None] >= weeks)
    design = np.hstack([data["rows"][terms].to_numpy(float)[person], np.eye(len(weeks))[place]])
    return design, ((weeks[place] == week[person]) & event[person]).astype(float)


def cloglog_by_week(data: dict, terms: list[str]) -> dict:
    design, event = person_weeks(data, terms)
    fitted = fit_cloglog(design, np.ones(len(event)), event)
    errors = np.sqrt(np.diag(fitted.covariance_model))
    return {"coef": fitted.coef[: len(terms)], "se": errors[: len(terms)], "loglik": fitted.loglik}


def poisson_by_week(data: dict, terms: list[str]) -> dict:
    design, event = person_weeks(data, terms)
    fitted = sm.GLM(event, design, family=sm.families.Poisson()).fit(**PRECISE)
    return {"coef": fitted.params[: len(terms)], "se": fitted.bse[: len(terms)], "loglik": fitted.llf}


FITS = {
    "efron": efron,
    "efron robust id": efron_clustered,
    "efron cluster(id)": efron_clustered,
    "efron strata(race)": lambda data, terms: efron(data, terms, strata=["race"]),
    "breslow": breslow,
    "glm cloglog person-week (week factor)": cloglog_by_week,
    "glm poisson person-week (=breslow)": poisson_by_week,
}


@pytest.mark.parametrize(("dataset", "model"), sorted(TABLE.groupby(["dataset", "model"]).groups))
def test_every_model_of_the_table_is_reproduced(dataset, model, gate):
    want = r_coefficients(dataset, model)
    terms = list(want.index)
    got = FITS[model](DATA[dataset](), terms)
    columns = ["coef", "se", *(["robse"] if want["robse"].notna().all() else [])]
    worst = max(np.abs(np.asarray(got[name]) - want[name].to_numpy()).max() for name in columns)
    gate(f"R, {dataset}, {model}: {', '.join(columns)} of {len(terms)} terms differ by at most {worst:.0e}")
    assert set(columns) <= set(got), "every error that R states is ours too"
    for name in columns:
        assert np.asarray(got[name]) == pytest.approx(want[name].to_numpy(), abs=TOLERANCE), name
    assert got["loglik"] == pytest.approx(want["loglik"].iloc[0], abs=TOLERANCE)
