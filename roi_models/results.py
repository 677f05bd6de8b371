"""The shapes that models return and that reports read: frozen, keyword-only, no behaviour beyond looking up.

Belongs here: result dataclasses shared by more than one module of `roi_models`.
Does not belong here: estimation (each model's own module), rendering (`roi_models/report`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from roi_models.case.case_results import BusinessCase
from roi_models.durations.followed import FollowUp, empty_follow_up
from roi_models.measures import Measures, empty_measures
from roi_models.programmes.programme_results import ProgrammeEvidence, no_evidence
from roi_models.study import Study
from roi_models.verdicts.judgement import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignEncoding:
    """How covariates became columns of a hazard model, so that later rows are coded exactly alike.

    `terms` are the columns in order, "intercept" first. The score enters as score − `score_centre` (0 when
    silent). `tenure_terms`: tenure step → its dummy, "" for the reference. `level_terms`: "control=level" →
    its dummy, "" for the reference. `level_values`: "control=level" of a continuous control → its within-bin
    mean, centred. `notes` are sentences: which levels were merged or left out, and why.
    """

    terms: tuple[str, ...]
    score_centre: float
    tenure_terms: Mapping[str, str]
    level_terms: Mapping[str, str]
    level_values: Mapping[str, float]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardFit:
    """Grouped complementary log-log fit: log hazard ratios per unit of each term.

    `table` has one row per term: term, coef, hazard_ratio, std_error (account-clustered), std_error_model,
    ci_low, ci_high (95%, of the hazard ratio), z_score, p_value. `covariance` is the clustered one, no error below
    the model-based, `terms` × `terms`. `problem` is a sentence when the model is not estimable, and `table` is then
    empty.
    """

    outcome: str
    lag: int
    terms: tuple[str, ...]
    coef: np.ndarray
    covariance: np.ndarray
    covariance_model: np.ndarray
    table: pd.DataFrame
    loglik: float
    count_account_months: int
    count_events: int
    count_groups: int
    problem: str | None = None
    encoding: DesignEncoding | None = None

    @property
    def is_estimable(self) -> bool:
        """Whether the fit yields numbers that can be defended."""
        return self.problem is None


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentCorrection:
    """The score's slope corrected for the noise and age of answers; without numbers where `problem` says why.

    `reliability` (0…1): how much of a difference in score, at the headline lag, is a difference in the satisfaction of
    the month at risk. `slope`: log hazard ratio per answer point of that satisfaction; 95% intervals by bootstrap over
    account groups. `parts`: part (lasting, moving, person, noise), variance and share of one answer's variance,
    persistence (moving part, per month), score_variance. `coef_draws` (replicates × terms of the fit) and
    `reliability_draws`: the whole pipeline on each resampled set of groups.
    """

    problem: str | None = None
    reliability: float = 1.0
    reliability_low: float = 1.0
    reliability_high: float = 1.0
    slope: float = float("nan")
    slope_low: float = float("nan")
    slope_high: float = float("nan")
    parts: pd.DataFrame = field(default_factory=pd.DataFrame)
    coef_draws: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    reliability_draws: np.ndarray = field(default_factory=lambda: np.empty(0))

    @property
    def is_estimable(self) -> bool:
        """Whether there is a correction."""
        return self.problem is None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionEffect:
    """How the primary metric relates to monthly voluntary churn. Ratio < 1: higher score, fewer leave.

    `lag_profile`: one row per lag: lag, hazard_ratio, ci_low, ci_high, coef, std_error, count_events.
    `background_hazard`: monthly hazard of the departures that are not the outcome (involuntary churn beside
    voluntary); no score moves it, but it takes revenue away in either world.
    `calibration`: one row per predicted-risk group: bin, count_account_months, predicted_events, observed_events with
    its limits observed_low, observed_high. `by_score`: departures by band of scores (dose_response.py).
    `parts`: what lies behind the slope, one row per part (decomposition.py): level within accounts, between them, by
    role; empty where it was not asked for.
    `e_value`: how strongly (as a risk ratio) an unmeasured cause would have to go with both the score and churn to
    explain the headline ratio away; `e_value_limit`: the same for the interval's limit nearest to 1 (1 when the
    interval holds 1). `latent`: the slope corrected for the noise of answers, where it can be.
    """

    metric: str
    headline_lag: int
    fit: HazardFit
    placebo: HazardFit | None
    lag_profile: pd.DataFrame
    calibration: pd.DataFrame
    text: str
    background_hazard: float = 0.0
    e_value: float | None = None
    e_value_limit: float | None = None
    parts: pd.DataFrame = field(default_factory=pd.DataFrame)
    by_score: pd.DataFrame = field(default_factory=pd.DataFrame)
    latent: LatentCorrection = field(default_factory=lambda: LatentCorrection(problem="It was not asked for."))


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalByGroup:
    """Kaplan–Meier curves by the group an account was in at the landmark, and a Cox cross-check.

    `curves`: group, month, survival, ci_low, ci_high, count_at_risk (one row per group and month, from month
    0). `groups`: group, count_accounts, count_churned, survival_end.
    `cox_coef`/`cloglog_coef`: log hazard ratio per point of the landmark score, same rows, two estimators;
    None when not estimable, and `problem` says why.
    """

    landmark_month: str
    curves: pd.DataFrame
    groups: pd.DataFrame
    cox_coef: float | None
    cox_std_error: float | None
    cloglog_coef: float | None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletSummary:
    """Wallet Allocation Rule across responses, and measured share beside it where known (shares in 0…1).

    `caution` is a sentence where the rule is used outside the markets it was made for; the numbers stand
    beside it.
    """

    count_responses: int
    count_accounts: int
    war_share_mean: float | None
    measured_share_mean: float | None
    multi_brand_pct: float | None
    mean_set_size: float | None
    problem: str | None = None
    caution: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number that the page or the workbook states: what it is, in which unit, and where it comes from.

    `unit` is one of: count, share_pct, pct_points, ratio, money, months, years, points, probability, score,
    z_score, draws. `source` names a published table (and column), e.g. `roi.business_case_years.net`.
    """

    id: str
    value: float | int | str | None
    unit: str
    definition: str
    source: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What a report says about the run itself: none of it is computed by a model."""

    company: str
    run_id: str
    as_of: str
    currency: str
    churn_policy: str
    metric_label: str
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """Everything a report is rendered from.

    Frames (any may be empty): `row_accounting` (source, source_file, table_name, count_read, count_accepted,
    count_rejected, count_superseded, count_excluded, count_empty); `rejections` (table_name, rule,
    column_name, count_rows, example_raw_value, example_file, example_row); `flags` (flag, label, count_rows:
    orphans, answers after churn, …); `scores` (metric, metric_label, n, mean_score, nps_score, promoter_pct,
    passive_pct, detractor_pct, top2_box_pct, is_suppressed); `account_predictions` (account_predictions.py);
    `reconciliation` (item, amount); `assumptions` (name, label, unit, low, base, high, source). `measures`: what the
    warehouse measured. `follow_up`: what became of the landmark's accounts.
    `programme`: what the arms of the closed loop show. `studies`: what stands beside the headline, in the order of the
    page.
    """

    context: RunContext
    verdict: Verdict
    retention: RetentionEffect
    survival: SurvivalByGroup
    wallet: WalletSummary
    case: BusinessCase | None
    row_accounting: pd.DataFrame
    rejections: pd.DataFrame
    flags: pd.DataFrame
    scores: pd.DataFrame
    account_predictions: pd.DataFrame
    reconciliation: pd.DataFrame
    assumptions: pd.DataFrame
    measures: Measures = field(default_factory=empty_measures)
    follow_up: FollowUp = field(default_factory=empty_follow_up)
    programme: ProgrammeEvidence = field(default_factory=no_evidence)
    studies: tuple[Study, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
