"""The numbers of the demo's data generating process, and the switches that change them.

Belongs here: every constant that the process draws with, and what each switch does to them.
Does not belong here: drawing (`population.py`, `process.py` and the modules beside them), file shapes
(`orchestration/demo`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

SWITCHES = ("null", "between_only", "exit_surveys", "mnar", "reverse")
_SLOPE_SWITCHES = ("null", "between_only", "reverse")

SEGMENTS = ("ENT", "MID", "SMB")
ROLES = ("executive", "champion", "user")

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Parameters of the process; the defaults are the demo's.

    Triples are in the order of `SEGMENTS` (ENT, MID, SMB) or of `ROLES` (executive, champion, user). Hazards
    are per month, `log_mrr_*` are of the monthly recurring revenue in major units of the account's currency.
    """

    # Who the customers are.
    segment_shares: Triple = (0.15, 0.30, 0.55)
    log_mrr_means: Triple = (9.6, 8.2, 6.6)
    log_mrr_sds: Triple = (0.6, 0.5, 0.6)
    contacts_minimum: tuple[int, int, int] = (7, 4, 2)
    contacts_extra_mean: float = 0.5
    role_shares: Triple = (0.20, 0.25, 0.55)
    emea_share: float = 0.30
    amer_share: float = 0.50
    euro_share_of_emea: float = 0.50
    euro_rate: float = 1.08
    euro_rate_monthly_sd: float = 0.008
    # Tenure on the first month is uniform on 0…tenure_start_max, which spreads renewals over the calendar.
    tenure_start_max: int = 95

    # Latent satisfaction L = between + within + boost.
    between_sd: float = 0.9
    between_on_price: float = -0.21
    within_autocorrelation: float = 0.95
    within_sd: float = 0.9

    # Relationship survey, each contact once a quarter.
    answer_mean: float = 7.90
    answer_contact_sd: float = 0.7
    answer_role: Triple = (-0.30, 0.15, 0.0)
    answer_noise_sd: float = 0.9
    response_intercept: float = -0.95
    response_on_satisfaction: float = 0.30
    response_role: Triple = (-0.5, 0.5, 0.0)
    response_contact_sd: float = 0.6
    response_on_answer: float = 0.0
    response_of_decided_leavers: float = 0.0
    answer_lag_days_mean: float = 3.0
    recorded_late_share: float = 0.02

    # Support tickets and their touchpoint questions.
    ticket_rates: Triple = (2.2, 1.0, 0.35)
    ticket_on_satisfaction: float = -0.25
    effort_on_satisfaction: float = -0.3
    csat_mean: float = 4.1
    csat_on_satisfaction: float = 0.35
    csat_on_effort: float = -0.45
    csat_noise_sd: float = 0.6
    ces_mean: float = 5.3
    ces_on_satisfaction: float = 0.25
    ces_on_effort: float = -0.8
    ces_noise_sd: float = 0.8
    ticket_response_share: float = 0.22

    # Brands used and share of wallet.
    brand_count_shares: tuple[float, float, float, float] = (0.25, 0.35, 0.27, 0.13)
    competitor_utility_mean: float = -0.35
    rank_survey_share: float = 0.35
    share_intercept: float = -1.1
    share_on_war: float = 3.0
    share_sole_intercept: float = 2.2
    share_on_satisfaction: float = 0.25

    # Leaving.
    voluntary_hazard: float = 0.0079
    hazard_on_within: float = -0.40
    hazard_on_between: float = -0.40
    hazard_segment: Triple = (-0.6, -0.1, 0.35)
    hazard_on_tenure: float = -0.35
    tenure_cap_months: int = 60
    hazard_renewal: float = 1.6
    hazard_on_price: float = 0.25
    involuntary_hazard: float = 0.0012
    early_decision_share: float = 0.5
    early_decision_months: int = 2
    early_decision_drop: float = 1.6
    exit_survey_share: float = 0.0
    exit_answer_mean: float = 2.5
    exit_answer_sd: float = 1.5

    # Money.
    expansion_hazard: float = 0.045
    expansion_on_satisfaction: float = 0.25
    expansion_factor: float = 1.15
    contraction_hazard: float = 0.010
    contraction_on_satisfaction: float = -0.30
    contraction_factor: float = 0.85
    renewal_uplift_factor: float = 1.03

    # Closed loop on detractors.
    treated_share: float = 0.5
    boost: float = 0.5
    boost_decay: float = 0.95


def effective_parameters(switches: frozenset[str] = frozenset(), parameters: Parameters | None = None) -> Parameters:
    """Apply switches to the parameters.

    `null`: satisfaction moves nobody to leave (β = 0), and nobody's scores fall before leaving.
    `between_only`: only lasting differences between accounts matter, so no programme can retain anyone.
    `reverse`: β = 0, but every leaver has decided early and scores 2 points lower in the last three months.
    `exit_surveys`: leavers are surveyed after they left, and score low: the leak.
    `mnar`: whether someone answers depends on the answer, and decided leavers mostly fall silent.

    Raises ValueError, one sentence, for an unknown switch or for two that contradict one another.
    """
    check_switches(switches)
    result = parameters or Parameters()
    if "null" in switches or "reverse" in switches:
        result = replace(result, hazard_on_within=0.0, hazard_on_between=0.0, early_decision_drop=0.0)
    if "between_only" in switches:
        result = replace(result, hazard_on_within=0.0)
    if "reverse" in switches:
        result = replace(result, early_decision_share=1.0, early_decision_drop=2.0)
    if "exit_surveys" in switches:
        result = replace(result, exit_survey_share=0.5)
    if "mnar" in switches:
        result = replace(result, response_on_answer=0.25, response_of_decided_leavers=-1.5)
    return result


def check_switches(switches: frozenset[str]) -> None:
    """Raise ValueError, one sentence, for an unknown switch or for switches that contradict one another."""
    unknown = sorted(set(switches) - set(SWITCHES))
    if unknown:
        raise ValueError(
            f"Unknown simulation switch {', '.join(map(repr, unknown))}: choose among {', '.join(SWITCHES)}."
        )
    slopes = [name for name in _SLOPE_SWITCHES if name in switches]
    if len(slopes) > 1:
        raise ValueError(
            f"The simulation switches {' and '.join(slopes)} each set what satisfaction does to leaving: "
            "choose one of them."
        )
