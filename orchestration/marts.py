"""From marts to the frames that the models take.

Belongs here: queries that select and rename.
Does not belong here: counts about the data themselves (`data_quality.py`), statistics (`roi_models`), rules (dbt).
"""

from __future__ import annotations

import pandas as pd

from orchestration.run import Run

_CELL_KEY = "lag, account_group, score_state, score_bin, tenure_step, is_renewal, control_key"
_CELL_COUNTS = ("count_at_risk", "count_voluntary", "count_involuntary", "count_churned")
_CELL_SUMS = ", ".join(
    [f"cast(sum({name}) as bigint) as {name}" for name in _CELL_COUNTS]
    + [f"sum({name}) as {name}" for name in ("score_sum", "mrr_sum")]
)


def read_cells(run: Run) -> pd.DataFrame:
    """The hazard cells of all lags, summed over the quarters."""
    return run.warehouse.read(
        f"select {_CELL_KEY}, {_CELL_SUMS} from marts.agg_hazard_cells group by {_CELL_KEY} order by {_CELL_KEY}"
    )


def read_cells_by_year(run: Run) -> pd.DataFrame:
    """The hazard cells of the headline lag, year by year: for models that must not have seen the year they foretell."""
    return run.warehouse.read(
        f"select year(calendar_quarter) as calendar_year, {_CELL_KEY}, {_CELL_SUMS} from marts.agg_hazard_cells "
        "where lag = $1 group by all order by all",
        [run.metrics.headline_lag],
    )


def read_baseline_cells(run: Run) -> pd.DataFrame:
    """Cells of the level of the score beside the account's own baseline."""
    return run.warehouse.read("select * from marts.agg_baseline_cells order by all")


def read_role_cells(run: Run) -> pd.DataFrame:
    """Cells of the score of one role at a time."""
    return run.warehouse.read("select * from marts.agg_role_cells order by all")


def read_control_levels(run: Run) -> pd.DataFrame:
    """Levels of the controls with the means of their bins."""
    return run.warehouse.read("select * from marts.agg_control_levels order by all")


def read_landmark(run: Run) -> pd.DataFrame:
    """Accounts at the landmark (its month as YYYY-MM); `is_churned` is the same outcome that the hazard model has."""
    voluntary_only = churn_outcome(run) == "voluntary"
    return run.warehouse.read(
        "select * replace (strftime(landmark_month, '%Y-%m') as landmark_month, "
        "is_churned and (churn_kind = 'voluntary' or not $1) as is_churned) "
        "from marts.fct_landmark_survival order by account_id",
        [voluntary_only],
    )


def read_active_accounts(run: Run) -> pd.DataFrame:
    """Accounts that are active at as-of: the base over which the business case is standardised."""
    return run.warehouse.read("select * from marts.dim_accounts where is_active order by account_id")


def read_current_answers(run: Run) -> pd.DataFrame:
    """Each person's counting answer of the primary metric."""
    return run.warehouse.read(
        "select account_id, contact_key, oriented_score as score from marts.fct_survey_responses "
        "where is_current and metric_id = $1 order by all",
        [run.metrics.primary_metric],
    )


def read_answer_history(run: Run) -> pd.DataFrame:
    """Every answer to the primary metric that an account's score may be made of, with what the hazard model knows of
    its month. Months are counted (year · 12 + month); the covariates are null where the account was not at risk."""
    return run.warehouse.read(
        "select answers.account_id, spans.account_group, answers.contact_key, answers.contact_role, "
        "cast(12 * year(answers.known_at) + month(answers.known_at) as int) as answer_month, "
        "cast(12 * year(spans.first_month) + month(spans.first_month) as int) as first_month, "
        "cast(12 * year(spans.last_month) + month(spans.last_month) as int) as last_month, "
        "cast(answers.oriented_score as double) as score, months.tenure_step, months.is_renewal_month as is_renewal, "
        "months.control_key "
        "from marts.fct_survey_responses as answers "
        "inner join (select account_id, account_group, min(month) as first_month, max(month) as last_month "
        "from marts.fct_account_months group by account_id, account_group) as spans "
        "on answers.account_id = spans.account_id "
        "left join marts.fct_account_months as months on answers.account_id = months.account_id "
        "and cast(date_trunc('month', answers.known_at) as date) = months.month "
        "where answers.metric_id = $1 and answers.is_matched and answers.audience = 'customer' "
        "and answers.is_current_version order by all",
        [run.metrics.primary_metric],
    )


def read_brand_ratings(run: Run) -> pd.DataFrame:
    """Wallet shares of matched respondents."""
    return run.warehouse.read(
        "select * rename (count_brands as n_brands) from marts.fct_wallet_share where is_matched "
        "order by response_id, brand"
    )


def read_scores(run: Run) -> pd.DataFrame:
    """Scores of every metric over all answers of customers to its current version, as the report names them."""
    return run.warehouse.read(
        "select metric_id as metric, metric_label, count_answers as n, mean_score, nps_score, "
        "case when metric_kind = 'nps' then high_pct end as promoter_pct, "
        "case when metric_kind = 'nps' then 100 - high_pct - low_pct end as passive_pct, "
        "case when metric_kind = 'nps' then low_pct end as detractor_pct, "
        "case when metric_kind = 'csat' then high_pct end as top2_box_pct, is_suppressed "
        "from marts.agg_metric_scores where audience = 'customer' and is_current_version and period_kind = 'all' "
        "and slice_name = 'total' order by metric_id"
    )


def churn_outcome(run: Run) -> str:
    """Voluntary churn where the cause of every departure is known, else churn of any cause."""
    unknown = run.warehouse.read(
        "select sum(count_churned - count_voluntary - count_involuntary) as unknown "
        "from marts.agg_hazard_cells where lag = 1"
    )["unknown"].iloc[0]
    return "voluntary" if unknown == 0 else "all_causes"


def as_of_month(run: Run) -> str:
    """The as-of month, YYYY-MM."""
    frame = run.warehouse.read("select strftime(as_of_month, '%Y-%m') as as_of from intermediate.int_calendar__as_of")
    return frame["as_of"].iloc[0]
