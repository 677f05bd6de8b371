"""What a simulation looks like from outside: its headline rates, and the frames a validity test models.

Belongs here: summaries and joins of one `Simulation`.
Does not belong here: drawing, or any model.
"""

from __future__ import annotations

import pandas as pd

from roi_models.simulate.frames import Simulation
from roi_models.simulate.survey import DETRACTOR_MAX, PROMOTER_MIN
from roi_models.simulate.wallet import OUR_BRAND, war_shares

_YEAR = 12


def realised_marginals(simulation: Simulation) -> dict[str, float]:
    """Rates that came out, each a share or ratio but for the NPS, which are in points from −100 to 100.

    Keys: response_rate, nps, nps_executive, nps_champion, nps_user, churn_year1, churn_voluntary_year1, grr,
    nrr, war_share, measured_share. GRR and NRR compare the 13th month's bill with the first's, churned
    accounts counting as 0, summed over accounts in their own currencies. Needs more than 12 months.
    """
    answers = simulation.answers[simulation.answers["survey"] == "relationship"]
    answers = answers.merge(simulation.contacts[["contact", "role"]], on="contact")
    panel = simulation.account_months
    first_year = panel[panel["month"] < _YEAR]
    count_accounts = len(simulation.accounts)
    start = simulation.accounts.set_index("account")["mrr_start_cents"]
    later = panel[panel["month"] == _YEAR].set_index("account")["mrr_cents"].reindex(start.index, fill_value=0)
    ratings = simulation.brand_ratings
    ours = ratings[ratings["brand"] == OUR_BRAND]
    count_brands = ratings.groupby("rating")["brand"].size().to_numpy()
    by_role = {role: _nps(rows["score"]) for role, rows in answers.groupby("role")}
    voluntary = first_year["voluntary"].sum() / count_accounts
    return {
        "response_rate": len(answers) / len(simulation.invitations),
        "nps": _nps(answers["score"]),
        "nps_executive": by_role["executive"],
        "nps_champion": by_role["champion"],
        "nps_user": by_role["user"],
        "churn_year1": voluntary + first_year["involuntary"].sum() / count_accounts,
        "churn_voluntary_year1": voluntary,
        "grr": later.clip(upper=start).sum() / start.sum(),
        "nrr": later.sum() / start.sum(),
        "war_share": float(war_shares(ours["mid_rank"].to_numpy(), count_brands).mean()),
        "measured_share": float(ours["spend_share"].mean()),
    }


def _nps(scores: pd.Series) -> float:
    """Net promoter score in points."""
    return 100 * float((scores >= PROMOTER_MIN).mean() - (scores <= DETRACTOR_MAX).mean())


def retention_features(simulation: Simulation) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What a validity test needs to build its own as-of scores.

    Returns the account-months at risk — account, month, period_start, voluntary, involuntary, segment, price,
    tenure, renewal, mrr_cents — and the answers, exit surveys included — account, contact, answered_at,
    recorded_at, score. Nothing latent is among them.
    """
    panel = simulation.account_months
    fixed = simulation.accounts[["segment", "price"]].iloc[panel["account"]].reset_index(drop=True)
    columns = ["account", "month", "voluntary", "involuntary", "tenure", "renewal", "mrr_cents"]
    features = pd.concat([panel[columns], fixed], axis=1)
    features.insert(2, "period_start", simulation.month_starts[panel["month"]].astype("datetime64[s]"))
    answers = simulation.answers[["account", "contact", "answered_at", "recorded_at", "score"]]
    return features, answers.copy()
