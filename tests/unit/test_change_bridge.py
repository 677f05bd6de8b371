"""From the last headline to this one: each step against a run that differs in that alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_business_case import TERMS, known_retention, sample_accounts
from sample_case import conditional_case, failed_case

from roi_models.case.business_case import build_case
from roi_models.case.change_bridge import Changes, LastRun, change_bridge, changed_assumptions
from roi_models.case.world import make_world
from roi_models.report.changes import changes_document, render_changes

NPS = (0.0, 10.0)
FEW = replace(TERMS, n_draws=100)


def case_of(terms=FEW, beta=-0.22, count=240):
    accounts, answers = sample_accounts(count)
    case = build_case(known_retention(beta), accounts, answers, terms, scale=NPS)
    return case, make_world(known_retention(beta), accounts, answers, terms, scale=NPS)


def last_of(case, beta=-0.22) -> LastRun:
    fit = known_retention(beta).fit
    return LastRun(
        run_id="2024-11-aaaa",
        verdict="PASS",
        claim="conditional",
        npv=case.base.npv,
        assumptions=case.assumptions,
        response=replace(case.response, kept_draws=np.empty((0,))),
        coef=dict(zip(fit.terms, fit.coef, strict=True)),
        score_centre=7.0,
        reliability=1.0,
    )


def steps(last, case, world, beta=-0.22):
    table = change_bridge(last, case, known_retention(beta), world)
    assert table["step"].iloc[0] == "last" and table["step"].iloc[-1] == "now"
    assert table["amount"].iloc[:-1].sum() == pytest.approx(case.base.npv, abs=0.011)
    return table.set_index("step")


def test_a_run_as_before_changes_nothing():
    case, world = case_of()
    table = steps(last_of(case), case, world)
    assert table.loc[["assumptions", "data", "model"], "amount"].tolist() == [0, 0, 0]
    assert changed_assumptions(FEW, FEW).empty


def test_each_step_holds_what_alone_changed():
    before, _ = case_of()
    dearer = replace(FEW, annual_cost=120_000.0, ranges={}, discount_rate=0.12)
    case, world = case_of(dearer, beta=-0.26, count=180)
    table = steps(last_of(before), case, world, beta=-0.26)
    assert table.loc["assumptions", "npv_after"] == case_of(dearer)[0].base.npv
    assert table.loc["data", "npv_after"] == case_of(dearer, count=180)[0].base.npv
    assert table.loc["model", "npv_after"] == case.base.npv
    assert (table.loc[["assumptions", "data", "model"], "amount"] != 0).all()


def test_another_centre_of_the_score_is_the_same_model():
    """−0.22 from 7 or from 5: the intercept moves along."""
    case, world = case_of()
    last = last_of(case)
    moved = last.coef | {"intercept": last.coef["intercept"] + 0.22 * 2}
    table = steps(replace(last, coef=moved, score_centre=5.0), case, world)
    assert table.loc["data", "amount"] == pytest.approx(0, abs=0.02)


def test_a_model_of_other_terms_and_a_programme_of_another_shape():
    case, world = case_of()
    last = last_of(case)
    other = steps(replace(last, coef=last.coef | {"is_renewal": 0.4}), case, world)
    assert "model" not in other.index and "other terms" in other.loc["data", "label"]
    slower, slow_world = case_of(replace(FEW, ramp_months=12))
    table = steps(last, slower, slow_world)
    assert table.loc["assumptions", "amount"] == 0 and table.loc["data", "amount"] < 0


def test_what_finance_changed_is_listed():
    now = replace(FEW, margin=0.7, ranges={"margin": (0.6, 0.75)}, horizon_months=24, segments=("SMB",))
    table = changed_assumptions(FEW, now).set_index("input")
    assert table.loc["margin"].tolist()[1:] == ["0.75 (0.68 to 0.8)", "0.7 (0.6 to 0.75)"]
    assert table.loc["horizon_months"].tolist()[1:] == ["36", "24"]
    assert table.loc["segments"].tolist()[1:] == ["all", "SMB"]
    assert "annual_cost" in table.index, "its range is gone"


def found() -> Changes:
    before, _ = case_of()
    case, world = case_of(replace(FEW, annual_cost=100_000.0))
    return Changes(
        last_run_id="2024-11-aaaa",
        last_verdict="PASS",
        last_claim="none",
        bridge=change_bridge(last_of(before), case, known_retention(-0.22), world),
        assumptions=changed_assumptions(before.assumptions, case.assumptions),
    )


def test_the_page_of_changes_says_them_and_a_failed_run_states_no_return():
    changes = found()
    page = render_changes(conditional_case(), changes)
    assert "2024-11-aaaa" in page and "Running cost a year" in page and "Customers, revenue and answers" in page
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")
    failed = render_changes(failed_case(), changes)
    assert "states no return" in failed and "From the last net present value" not in failed
    assert "no earlier run" in render_changes(conditional_case(), None)
    assert changes_document(conditional_case(), None)["last"] is None
    assert len(changes_document(conditional_case(), changes)["bridge"]) == 5
