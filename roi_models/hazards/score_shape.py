"""Is one straight slope enough? The hazard model with a bent, a grouped and a tenure-dependent effect of the score.

Belongs here: fitting each alternative beside the straight line, and testing it against the line.
Does not belong here: the line itself (`hazard.py`), coding (`design.py`), words and layout (`shape_study.py`).

Each alternative adds columns to the headline's design, on the same cells. Likelihood ratios take account-months as
independent given the model; the Wald test of the same columns with account-clustered errors stands beside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from roi_models.hazards.design import MIN_EVENTS, NotEstimableError, design_matrix, learn_encoding
from roi_models.hazards.hazard import Z95, ClusteredFit, collapse, fit_clustered, select_cells, thin_evidence
from roi_models.regression.clustered_ols import is_full_rank
from roi_models.results import DesignEncoding

CURVE, KNOT, GROUPS_BEYOND, GROUPS, TENURE_TREND, TENURE_STEPS = (
    "curve", "knot", "groups_beyond", "groups", "tenure_trend", "tenure_steps",
)  # fmt: skip
LINE = "line"
TEST_COLUMNS = [
    "alternative",
    "aic_difference",
    "likelihood_ratio",
    "degrees",
    "p_value",
    "p_value_clustered",
    "problem",
]
SLOPE_COLUMNS = ["part", "coef", "std_error", "hazard_ratio", "ci_low", "ci_high"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuts:
    """Where a score's meaning changes: low up to `low_max`, high from `high_min`; a declared knot, or None."""

    low_max: float
    high_min: float
    knot: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreShape:
    """`tests`: a row per alternative, `aic_difference` being its AIC less the line's. `slopes`: log hazard ratios.

    Parts of `slopes`: `line`; `below_knot`, `above_knot` per point; `middle`, `high` against low scores; `first_step`,
    `last_step` per point at the youngest and oldest tenure. An alternative that cannot be fitted has a `problem`.
    """

    tests: pd.DataFrame
    slopes: pd.DataFrame


def score_shape(cells: pd.DataFrame, control_levels: pd.DataFrame, *, outcome: str, lag: int, cuts: Cuts) -> ScoreShape:
    """Hold every alternative against the line; raises NotEstimableError where the line itself has no estimate."""
    line = _line(cells, control_levels, outcome=outcome, lag=lag)
    tests, slopes = [], [_slope(LINE, line.fitted, {line.position: 1.0})]
    trials = [_curve, _groups_beyond, _groups, _tenure_trend, _tenure_steps]
    if cuts.knot is not None:
        trials.insert(1, _knot)
    for trial in trials:
        test, found = trial(line, cuts)
        tests.append(test)
        slopes += found
    return ScoreShape(
        tests=pd.DataFrame(tests, columns=TEST_COLUMNS), slopes=pd.DataFrame(slopes, columns=SLOPE_COLUMNS)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """The headline's model and what it was fitted on. `score` is NaN, `centred` 0, where an account is silent."""

    rows: pd.DataFrame
    frame: pd.DataFrame
    encoding: DesignEncoding
    design: np.ndarray
    fitted: ClusteredFit

    @property
    def position(self) -> int:
        return self.encoding.terms.index("score")

    @property
    def score(self) -> np.ndarray:
        return self.frame["score"].to_numpy(float)

    @property
    def centred(self) -> np.ndarray:
        return self.design[:, self.position]

    def fit(self, design: np.ndarray, added: list[str]) -> ClusteredFit:
        """The fit of a design that ends with the added columns."""
        terms = (*self.encoding.terms, *added)[-design.shape[1] :]
        if not is_full_rank(design * np.sqrt(self.frame["at_risk"].to_numpy())[:, None]):
            raise NotEstimableError("The scores do not vary enough to tell this shape from a straight line.")
        return fit_clustered(design, self.frame, self.rows, terms=terms)


def _line(cells: pd.DataFrame, control_levels: pd.DataFrame, *, outcome: str, lag: int) -> _Line:
    rows = select_cells(cells, outcome=outcome, lag=lag)
    frame = collapse(rows)
    encoding = learn_encoding(frame, control_levels, outcome=outcome)
    thin = thin_evidence(rows["events"].sum(), encoding.terms)
    if thin is not None:
        raise NotEstimableError(thin)
    design = design_matrix(encoding, frame)
    fitted = fit_clustered(design, frame, rows, terms=encoding.terms)
    return _Line(rows=rows, frame=frame, encoding=encoding, design=design, fitted=fitted)


Found = tuple[dict[str, object], list[dict[str, object]]]


def _curve(line: _Line, _: Cuts) -> Found:
    test, _fitted = _added(line, CURVE, {"score²": line.centred**2})
    return test, []


def _knot(line: _Line, cuts: Cuts) -> Found:
    """A hinge at the declared knot: the added coefficient is the slope above less the slope below."""
    above = np.nan_to_num(np.maximum(line.score - cuts.knot, 0.0))
    sides = [line.score <= cuts.knot, line.score > cuts.knot]
    test, fitted = _added(line, KNOT, {"score above the knot": above}, groups=sides)
    if fitted is None:
        return test, []
    last = line.design.shape[1]
    return test, [
        _slope("below_knot", fitted, {line.position: 1.0}),
        _slope("above_knot", fitted, {line.position: 1.0, last: 1.0}),
    ]


def _classes(line: _Line, cuts: Cuts) -> list[np.ndarray]:
    """Low, middle and high scores; a bin belongs where its mean lies."""
    low, high = line.score <= cuts.low_max, line.score >= cuts.high_min
    return [low, ~low & ~high & ~np.isnan(line.score), high]


def _groups_beyond(line: _Line, cuts: Cuts) -> Found:
    classes = _classes(line, cuts)
    columns = {name: part.astype(float) for name, part in zip(("middle", "high"), classes[1:], strict=True)}
    return _added(line, GROUPS_BEYOND, columns, groups=classes)[0], []


def _groups(line: _Line, cuts: Cuts) -> Found:
    """Groups in place of the line: not nested in it, so AIC alone compares them."""
    classes = _classes(line, cuts)
    without = np.delete(line.design, line.position, axis=1)
    design = np.column_stack([without, *(part.astype(float) for part in classes[1:])])
    try:
        _require_events(line, classes)
        fitted = line.fit(design, ["middle", "high"])
    except NotEstimableError as reason:
        return _test(GROUPS, problem=str(reason)), []
    # Two dummies for one slope.
    difference = 2 * (line.fitted.loglik - fitted.loglik) + 2
    last = design.shape[1]
    slopes = [_slope("middle", fitted, {last - 2: 1.0}), _slope("high", fitted, {last - 1: 1.0})]
    return _test(GROUPS, aic_difference=difference), slopes


def _tenure_trend(line: _Line, _: Cuts) -> Found:
    """Score × log(1 + first month of the tenure step), centred where the events are: the check of proportionality."""
    if "tenure_step" not in line.frame or line.frame["tenure_step"].nunique() < 2:
        return _test(TENURE_TREND, problem="All account-months are of one tenure step."), []
    length = np.log1p(line.frame["tenure_step"].str.removeprefix("t").astype(float).to_numpy())
    centre = float(np.average(length, weights=line.frame["events"]))
    test, fitted = _added(line, TENURE_TREND, {"score × tenure": line.centred * (length - centre)})
    if fitted is None:
        return test, []
    ends, last = (length.min() - centre, length.max() - centre), line.design.shape[1]
    slopes = [
        _slope(part, fitted, {line.position: 1.0, last: float(end)})
        for part, end in zip(("first_step", "last_step"), ends, strict=True)
    ]
    return test, slopes


def _tenure_steps(line: _Line, _: Cuts) -> Found:
    terms = [term for term in line.encoding.terms if term.startswith("tenure_")]
    if not terms:
        return _test(TENURE_STEPS, problem="All account-months are of one tenure step."), []
    dummies = {term: line.design[:, line.encoding.terms.index(term)] for term in terms}
    columns = {f"score × {term}": line.centred * dummy for term, dummy in dummies.items()}
    is_scored = ~np.isnan(line.score)
    groups = [is_scored & (dummy > 0) for dummy in dummies.values()]
    return _added(line, TENURE_STEPS, columns, groups=groups)[0], []


def _added(
    line: _Line, alternative: str, columns: dict[str, np.ndarray], groups: list[np.ndarray] | None = None
) -> tuple[dict[str, object], ClusteredFit | None]:
    """The line with these columns more, tested against the line; each of `groups` must hold enough events."""
    try:
        _require_events(line, groups or [])
        fitted = line.fit(np.column_stack([line.design, *columns.values()]), list(columns))
    except NotEstimableError as reason:
        return _test(alternative, problem=str(reason)), None
    degrees, places = len(columns), slice(line.design.shape[1], None)
    ratio = max(2 * (fitted.loglik - line.fitted.loglik), 0.0)
    coef, covariance = fitted.coef[places], fitted.covariance[places, places]
    wald = float(coef @ np.linalg.pinv(covariance) @ coef)
    return (
        _test(
            alternative,
            aic_difference=2 * degrees - ratio,
            likelihood_ratio=ratio,
            degrees=degrees,
            p_value=float(chi2.sf(ratio, degrees)),
            p_value_clustered=float(chi2.sf(wald, degrees)),
        ),
        fitted,
    )


def _require_events(line: _Line, groups: list[np.ndarray]) -> None:
    events = line.frame["events"].to_numpy()
    fewest = min((int(events[group].sum()) for group in groups), default=MIN_EVENTS)
    if fewest < MIN_EVENTS:
        raise NotEstimableError(f"One of its parts holds {fewest} events: at least {MIN_EVENTS} are needed.")


def _test(alternative: str, **values: object) -> dict[str, object]:
    blank = {column: float("nan") for column in TEST_COLUMNS}
    return blank | {"alternative": alternative, "degrees": 0, "problem": ""} | values


def _slope(part: str, fitted: ClusteredFit, weights: dict[int, float]) -> dict[str, object]:
    """A weighted sum of coefficients with its clustered error."""
    places, factors = list(weights), np.array(list(weights.values()))
    coef = float(fitted.coef[places] @ factors)
    error = float(np.sqrt(factors @ fitted.covariance[np.ix_(places, places)] @ factors))
    ratio, low, high = (float(np.exp(coef + shift * error)) for shift in (0.0, -Z95, Z95))
    return dict(zip(SLOPE_COLUMNS, (part, coef, error, ratio, low, high), strict=True))
