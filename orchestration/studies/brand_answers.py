"""The studies of answers about brands: what moves share of wallet, and what customers find us worth.

Belongs here: the queries and declarations of these two studies. Does not belong here: statistics
(`roi_models/wallets`), ranks and the rule's shares (`fct_wallet_share`).
"""

from __future__ import annotations

import pandas as pd

from orchestration.run import Run
from orchestration.studies.study_asset import StudySpec
from roi_models.study import Study
from roi_models.wallets import customer_value, share_study

# One row per respondent who names us. A respondent who calls several brands ours states one share: their sum, as in
# agg_wallet_by_account. The account's score is the primary metric's as known before the month of the answer began.
ANSWERS = """
    with answers as (
        select
            response_id, account_id, period_start_date as wave,
            cast(date_trunc('month', responded_at) as date) as month,
            sum(case when is_us then spend_share end) as share,
            sum(case when is_us then war_share end) as war_share,
            max(count_brands) as count_brands,
            avg(case when is_us then perceived_value end) as own_value,
            avg(case when not is_us then perceived_value end) as competitor_value
        from marts.fct_wallet_share
        where is_matched and is_known
        group by response_id, account_id, wave, month
        having bool_or(is_us)
    )
    select answers.* exclude (month), states.score
    from answers
    cross join control.run_parameters as parameters
    left join marts.fct_feedback_states as states
        on
            answers.account_id = states.account_id
            and answers.month = states.month
            and parameters.primary_metric = states.metric_id
    order by answers.account_id, answers.wave, answers.response_id
"""

# The same rows as agg_customer_value_added counts: also those of unknown accounts, who stand for themselves.
VALUES = """
    select
        coalesce('account ' || account_id, 'response ' || response_id) as cluster,
        coalesce(strftime(period_start_date, '%Y'), '') as year,
        is_us,
        cast(sum(perceived_value) as double) as value_sum,
        count(*) as count_ratings
    from intermediate.int_wallet__ratings
    where is_known and perceived_value is not null
    group by cluster, year, is_us
    order by cluster, year, is_us
"""


def _share(run: Run) -> Study:
    return share_study.share_study(read_answers(run), metric=run.metrics.primary.label)


def _customer_value(run: Run) -> Study:
    return customer_value.customer_value_study(run.warehouse.read(VALUES), minimum_ratings=run.metrics.minimum_answers)


def read_answers(run: Run) -> pd.DataFrame:
    """Answers about brands in the columns of `roi_models.wallets.brand_answers.ANSWER_COLUMNS`."""
    return run.warehouse.read(ANSWERS)


SHARE = StudySpec(
    name="share_of_wallet",
    description="Whether the Wallet Allocation Rule holds, and what measured share goes with: fractional logit.",
    marts=("fct_wallet_share", "fct_feedback_states"),
    tables=share_study.TABLES,
    conduct=_share,
)
CUSTOMER_VALUE = StudySpec(
    name="customer_value_added",
    description="Perceived value of us over the competitors', with its interval.",
    marts=("fct_wallet_share",),
    tables=customer_value.TABLES,
    conduct=_customer_value,
)
