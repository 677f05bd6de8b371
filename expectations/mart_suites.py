"""What must hold of what leaves the warehouse, one suite per mart: whether it can be computed on.

Does not belong here: keys, types, relations and arithmetic (dbt tests hold them).
Thresholds that were loosened carry the date, the old value and the reason.
"""

from __future__ import annotations

from expectations.expectation import Between, NoRows, RowCount, Suite


def _within(table: str, column: str, least: float | None = None, most: float | None = None) -> Suite:
    """A suite of a mart with one bounded column; what rows mean to one another dbt's tests hold.

    As a query, because Great Expectations looks up every column of a table before it compares one.
    """
    bounds = Between(column=column, least=least, most=most)
    outside = [f"{column} {sign} {bound:g}" for sign, bound in (("<", least), (">", most)) if bound is not None]
    query = f"select {column} from {{batch}} where {' or '.join(outside)}"
    return Suite(edge="marts", table=table, expectations=(NoRows(description=bounds.description, query=query),))


def _filled(table: str, column: str) -> Suite:
    """A suite of a mart with one column that must be filled in."""
    query = f"select count(*) as count_empty from {{batch}} where {column} is null having count(*) > 0"
    return Suite(edge="marts", table=table, expectations=(NoRows(description=f"{column} is filled in", query=query),))


MART_SUITES = (
    Suite(
        edge="marts",
        table="dim_accounts",
        expectations=(
            RowCount(at_least=1),
            Between(column="mrr_amount", least=0),
            NoRows(
                description="at least one account is active at as-of",
                query="select count(*) as count_active from {batch} having count(case when is_active then 1 end) = 0",
            ),
        ),
    ),
    Suite(
        edge="marts",
        table="fct_account_months",
        expectations=(
            RowCount(at_least=1),
            Between(column="mrr_amount", least=0),
            NoRows(
                description="in no month do more than half of 20 or more accounts at risk leave",
                query=(
                    "select month, count(*) as count_at_risk from {batch} group by month "
                    "having count(*) >= 20 and count(case when is_churned then 1 end) * 2 > count(*)"
                ),
            ),
        ),
    ),
    Suite(
        edge="marts",
        table="fct_survey_responses",
        expectations=(
            RowCount(at_least=1),
            NoRows(
                description="at least half of the answers belong to an account we know",
                query="select count(*) as n from {batch} having count(case when is_matched then 1 end) * 2 < count(*)",
            ),
        ),
    ),
    Suite(
        edge="marts",
        table="agg_hazard_cells",
        expectations=(RowCount(at_least=1), Between(column="account_group", least=0, most=255)),
    ),
    Suite(
        edge="marts",
        table="agg_control_levels",
        expectations=(
            Between(column="count_account_months", least=1),
            NoRows(
                description="every control is known of some account (if not, mend its `attribute` in metrics.yml)",
                query=(
                    "select control_id from {batch} group by control_id "
                    "having count(case when level not in ('unknown', 'missing') then 1 end) = 0"
                ),
            ),
        ),
    ),
    Suite(
        edge="marts",
        table="fct_landmark_survival",
        expectations=(Between(column="duration_months", least=1),),
    ),
    Suite(
        edge="marts",
        table="agg_metric_scores",
        expectations=(
            RowCount(at_least=1),
            Between(column="nps_score", least=-100, most=100),
            Between(column="weighted_nps_score", least=-100, most=100),
            Between(column="high_pct", least=0, most=100),
            Between(column="effective_n", least=0),
        ),
    ),
    _within("fct_attribute_ratings", "performance_pct", 0, 100),
    Suite(
        edge="marts",
        table="agg_score_changes",
        expectations=(Between(column="change_standard_error", least=0), Between(column="count_same_accounts", least=0)),
    ),
    Suite(
        edge="marts",
        table="agg_perception_gaps",
        expectations=(Between(column="gap_high_pct", least=-100, most=100),),
    ),
    Suite(
        edge="marts",
        table="agg_composite_scores",
        expectations=(Between(column="composite_score", least=0, most=100),),
    ),
    Suite(
        edge="marts",
        table="fct_wallet_share",
        expectations=(
            Between(column="war_share", least=0, most=1),
            Between(column="spend_share", least=0, most=1),
        ),
    ),
    Suite(
        edge="marts",
        table="agg_revenue_reconciliation",
        expectations=(
            NoRows(
                description="revenue and general ledger differ by at most 5% over all months that the ledger covers",
                query=(
                    "select sum(unexplained_amount) as unexplained from {batch} where ledger_amount is not null "
                    "having abs(sum(unexplained_amount)) * 20 > abs(sum(ledger_amount))"
                ),
            ),
        ),
    ),
    Suite(
        edge="marts",
        table="agg_row_accounting",
        expectations=(
            RowCount(at_least=1),
            NoRows(
                description="of no file with 20 rows or more was over a tenth rejected",
                query=(
                    "select source_file, table_name, count_rejected, count_read from {batch} "
                    "where count_read >= 20 and count_rejected * 10 > count_read"
                ),
            ),
        ),
    ),
    Suite(
        edge="marts",
        table="agg_quality_flags",
        expectations=(RowCount(at_least=1), Between(column="count_rows", least=0)),
    ),
    _within("fct_account_360", "priority_rank", least=1),
    _within("agg_parent_accounts", "mrr_at_risk_amount", least=0),
    _within("agg_issue_ranking", "low_pct", least=0, most=100),
    _within("fct_feedback_states", "coverage_pct", least=0, most=100),
    _within("fct_mrr_movements", "opening_amount", least=0),
    _within("agg_mrr_bridge", "residual_amount", least=0, most=0),
    _within("agg_revenue_retention", "grr_pct", least=0, most=100),
    _within("agg_churn_rates", "churn_pct", least=0, most=100),
    _filled("agg_ledger_bridge", "item"),
    _within("agg_programme_costs", "count_lines", least=1),
    _within("agg_wallet_by_account", "war_share", least=0, most=1),
    _within("agg_customer_value_added", "customer_value_added", least=0),
    _within("agg_competitive_trend", "competitive_rank", least=1),
    _within("agg_repertoire_lint", "count_responses", least=0),
    _within("fct_survey_invitations", "gap_days", least=0),
    _within("agg_response_rates", "response_rate_pct", least=0, most=100),
    _within("fct_survey_calendar", "moved_days", least=0),
    _within("agg_sampling_coverage", "covered_pct", least=0, most=100),
    _filled("agg_instrument_lint", "survey"),
    _within("agg_touchpoint_timeliness", "on_time_pct", least=0, most=100),
    _filled("agg_gaming_signals", "signal"),
    _within("agg_match_rates", "matched_pct", least=0, most=100),
    _within("fct_follow_ups", "count_follow_ups", least=0),
    _within("agg_closed_loop", "sla_met_pct", least=0, most=100),
    _filled("fct_verbatim_sample", "comment"),
    _within("agg_baseline_cells", "account_group", least=0, most=255),
    _within("agg_role_cells", "account_group", least=0, most=255),
    _within("agg_movement_cells", "count_stayed", least=1),
    _within("agg_score_distributions", "count_answers", least=1),
    _filled("fct_rejected_rows", "rule"),
    _filled("agg_set_aside_rows", "rule"),
)
