"""Which brands an account uses, how it ranks them, and how it splits its spending among them.

Belongs here: the yearly brand survey.
Does not belong here: estimating anything from it (`roi_models/wallet_share.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from roi_models.simulate.parameters import Parameters
from roi_models.simulate.process import History
from roi_models.simulate.setting import Setting

MAX_BRANDS = 4
OUR_BRAND = 0
_ANSWER_SECOND = 15 * 3_600


def war_shares(mid_ranks: np.ndarray, count_brands: np.ndarray | int) -> np.ndarray:
    """Wallet Allocation Rule (Keiningham et al.): share = (1 − rank/(n+1))·(2/n), ties by mid-rank."""
    return (1 - mid_ranks / (count_brands + 1)) * 2 / count_brands


def draw_brand_ratings(setting: Setting, history: History) -> pd.DataFrame:
    """Brand ratings, one row per respondent and brand used.

    Columns: rating (number of the response), account, contact, month, responded_at (UTC), brand (0 is us, 1…3
    competitors), utility (half points), mid_rank (1 = best), spend_share (0…1; the brands of a response sum
    to 1, but for a sole supplier, whose remainder goes to nobody who was rated).

    Each account is asked once a year in a month of its own; one contact answers. Our utility is the account's
    satisfaction, each competitor's is drawn once per account; both are stated in half points, hence ties.
    Our share of spending is exactly the process's; competitors divide the rest in proportion to their rule's
    share.
    """
    p, streams, n = setting.parameters, setting.streams, len(setting.population.segment)
    shares = np.cumsum(p.brand_count_shares)[:-1]
    count_brands = 1 + np.searchsorted(shares, streams.generator("brand_count").random(n), side="right")
    noise = streams.generator("brand_utility").standard_normal((n, MAX_BRANDS - 1))
    wave = streams.generator("brand_wave").integers(0, 12, n)
    frames = []
    for month, record in enumerate(history.months):
        respondents = _respondents(setting, history, month, wave)
        account = respondents["account"].to_numpy()
        satisfaction = record["satisfaction"][np.searchsorted(record["account"], account)]
        competitors = p.competitor_utility_mean + noise[account]
        ratings = _rate(p, satisfaction, competitors, count_brands[account])
        frames.append(ratings.join(respondents, on="respondent").drop(columns="respondent"))
    table = pd.concat(frames, ignore_index=True)
    table.insert(0, "rating", (table["brand"] == OUR_BRAND).cumsum() - 1)
    return table


def _respondents(setting: Setting, history: History, month: int, wave: np.ndarray) -> pd.DataFrame:
    """Who answers the yearly survey in this month, one row each: account, contact, month, responded_at."""
    streams, population, n = setting.streams, setting.population, len(wave)
    active = history.months[month]["account"]
    answers = streams.generator("brand_response", month).random(n) < setting.parameters.rank_survey_share
    account = active[answers[active] & (wave[active] == month % 12)]
    day, person = streams.generator("brand_time", month).random((2, n))[:, account]
    start, end = setting.month_starts[month : month + 2]
    date = start + (day * (end - start).astype(np.int64)).astype(np.int64)
    contact = population.first_contact[account] + (person * population.count_contacts[account]).astype(np.int64)
    table = pd.DataFrame(
        {
            "account": account,
            "contact": contact,
            "month": month,
            "responded_at": date.astype("datetime64[s]") + _ANSWER_SECOND,
        }
    )
    return table[date < history.event_date[account]].reset_index(drop=True)


def _rate(
    parameters: Parameters, satisfaction: np.ndarray, competitors: np.ndarray, count_brands: np.ndarray
) -> pd.DataFrame:
    """Rank each respondent's brands and divide the wallet; one row per respondent and brand, ours first."""
    p = parameters
    utility = np.rint(2 * np.column_stack([satisfaction, competitors])) / 2
    is_used = np.arange(MAX_BRANDS) < count_brands[:, None]
    ranks = rankdata(np.where(is_used, -utility, np.inf), axis=1) if len(utility) else utility
    war = np.where(is_used, war_shares(ranks, count_brands[:, None]), 0.0)
    intercept = np.where(count_brands == 1, p.share_sole_intercept, p.share_intercept + p.share_on_war * war[:, 0])
    ours = 1 / (1 + np.exp(-(intercept + p.share_on_satisfaction * satisfaction)))
    others = war[:, 1:].sum(axis=1)
    rest = np.divide(1 - ours, others, out=np.zeros_like(ours), where=others > 0)
    share = np.column_stack([ours, war[:, 1:] * rest[:, None]])
    respondent, brand = np.nonzero(is_used)
    return pd.DataFrame(
        {
            "respondent": respondent,
            "brand": brand,
            "utility": utility[respondent, brand],
            "mid_rank": ranks[respondent, brand],
            "spend_share": share[respondent, brand],
        }
    )
