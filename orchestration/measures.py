"""From the marts of measures to what a report shows of them.

Belongs here: queries that select, rename, and add up months of a mart; the definitions that dbt's doc blocks give.
Does not belong here: frames that models take (`marts.py`), rules (dbt), which rows stand out (`roi_models/report`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from orchestration.run import Run
from orchestration.transform import manifest
from roi_models.measures import ASKING, LISTED_ACCOUNTS, Measures

_ASKING_SQL = ", ".join(f"'{attention}'" for attention in ASKING)
# Quarters and years of the calendar that were over at as-of: one still running would be compared as if it were whole.
_SCORES = """
    select scores.*, changes.* exclude (metric_id, metric_version, slice_name, slice_value, period_date_changed),
        strftime(scores.period_date, '%Y') || '-Q' || quarter(scores.period_date) as quarter_label,
        scores.metric_id = parameters.primary_metric as is_primary
    from marts.agg_metric_scores as scores
    cross join control.run_parameters as parameters
    cross join intermediate.int_calendar__as_of as calendar
    left join (
        select metric_id, metric_version, slice_name, slice_value, cast(period as date) as period_date_changed,
            change_score, change_standard_error, is_real, count_same_accounts, same_accounts_change_score,
            same_accounts_standard_error, is_same_accounts_change_real
        from marts.agg_score_changes where audience = 'customer' and period_kind = 'quarter'
    ) as changes
        on scores.metric_id = changes.metric_id and scores.metric_version = changes.metric_version
        and scores.slice_name = changes.slice_name and scores.slice_value = changes.slice_value
        and scores.period_date = changes.period_date_changed
    where scores.audience = 'customer' and scores.is_current_version and scores.period_kind = 'quarter'
        and scores.period_date + interval 3 month <= calendar.next_month
"""
_YEAR_TO_AS_OF = "month > (select as_of_month - interval 12 month from intermediate.int_calendar__as_of)"
_MOVEMENT = (
    "count_answers, is_suppressed, headline_score, headline_low_score, headline_high_score, change_score, "
    "change_standard_error, coalesce(is_real, false) as is_real"
)

QUERIES: Mapping[str, str] = {
    "score_periods": f"""
        select metric_id as metric, metric_label, metric_kind, is_primary, quarter_label as period, {_MOVEMENT},
            high_pct, low_pct, count_same_accounts, same_accounts_change_score, same_accounts_standard_error,
            coalesce(is_same_accounts_change_real, false) as is_same_accounts_change_real
        from ({_SCORES}) where slice_name = 'total' order by metric_id, period_date
    """,
    "score_slices": f"""
        select quarter_label as period, slice_name, slice_value, {_MOVEMENT}
        from ({_SCORES}) where is_primary and slice_name <> 'total'
        qualify period_date = max(period_date) over () order by slice_name, slice_value
    """,
    "bridge": f"""
        select strftime(min(month), '%Y-%m') as first_month, strftime(max(month), '%Y-%m') as last_month,
            count(*) as count_months, min_by(opening_amount, month) as opening_amount, sum(new_amount) as new_amount,
            sum(reactivation_amount) as reactivation_amount, sum(expansion_amount) as expansion_amount,
            sum(contraction_amount) as contraction_amount, sum(churn_amount) as churn_amount,
            sum(currency_effect_amount) as currency_effect_amount, max_by(closing_amount, month) as closing_amount,
            sum(residual_amount) as residual_amount, max_by(carried_amount, month) as carried_amount,
            min_by(arr_opening_amount, month) as arr_opening_amount,
            max_by(arr_closing_amount, month) as arr_closing_amount
        from marts.agg_mrr_bridge where slice_name = 'total' and {_YEAR_TO_AS_OF} having count(*) > 0
    """,
    "retention": """
        select window_months, count_accounts, count_lost, grr_pct, nrr_pct, earned_growth_pct, logo_churn_pct,
            count_new, count_new_unknown_acquisition
        from marts.agg_revenue_retention where slice_name = 'total'
        order by month desc, window_months desc limit 1
    """,
    "ledger": f"""
        select item, item_role, sum(amount) as amount, sum(count_lines) as count_lines
        from marts.agg_ledger_bridge
        where {_YEAR_TO_AS_OF}
            and month in (select month from marts.agg_ledger_bridge where item = 'ledger' and amount is not null)
        group by sort_order, item, item_role order by sort_order
    """,
    "ledger_months": f"""
        select count(*) as count_months, count(*) filter (amount <> 0) as count_unexplained_months,
            strftime(max_by(month, (abs(amount), month)), '%Y-%m') as largest_month,
            max_by(amount, (abs(amount), month)) as largest_amount
        from marts.agg_ledger_bridge where item = 'unexplained' and amount is not null and {_YEAR_TO_AS_OF}
        having count(*) > 0
    """,
    "leavers": f"""
        select count(*) as count_months, sum(count_churned) as count_churned, sum(count_silent) as count_silent,
            sum(count_voiced) as count_voiced, sum(mrr_churned_amount) as mrr_churned_amount,
            sum(mrr_churned_silent_amount) as mrr_churned_silent_amount,
            sum(mrr_churned_voiced_amount) as mrr_churned_voiced_amount
        from marts.agg_churn_rates where slice_name = 'total' and {_YEAR_TO_AS_OF} having count(*) > 0
    """,
    "accounts": f"""
        select account_id, name, owner, attention, reason, mrr_amount, months_to_renewal, score, score_state,
            count_open_cases
        from marts.fct_account_360 where attention in ({_ASKING_SQL}) order by priority_rank limit {LISTED_ACCOUNTS}
    """,
    "attention": """
        select attention, count(*) as count_accounts, sum(mrr_amount) as mrr_amount
        from marts.fct_account_360 group by attention order by attention
    """,
    "margins": """
        select count(*) as count_accounts, count(*) filter (is_unprofitable) as count_unprofitable,
            coalesce(sum(mrr_amount) filter (is_unprofitable), 0) as mrr_amount,
            coalesce(sum(margin_amount) filter (is_unprofitable), 0) as margin_amount
        from marts.fct_account_360 where margin_amount is not null having count(*) > 0
    """,
    "response_rates": """
        select slice_name, survey, count_invited, count_answered, count_gap_violations, response_rate_pct
        from marts.agg_response_rates where period = 'all' and slice_name in ('total', 'survey')
        order by slice_name desc, survey
    """,
    "match_rates": """
        select count_answers, matched_pct, count_anonymous, count_orphans, heard_mrr_pct, count_heard_accounts,
            count_active_accounts
        from marts.agg_match_rates where audience = 'customer' and metric_id = 'all'
    """,
    "closed_loop": """
        select loops.metric_id as metric, metrics.label as metric_label, loops.count_low, loops.count_unrouted,
            loops.count_acted, loops.count_closed, loops.count_sla_judged, loops.sla_met_pct
        from marts.agg_closed_loop as loops
        inner join control.metrics as metrics on loops.metric_id = metrics.metric_id
        where loops.period = 'all' and loops.arm = 'total' and exists (
            select 1 from marts.agg_row_accounting where table_name = 'follow_ups' and count_accepted > 0
        )
        order by loops.metric_id
    """,
    "coverage": """
        select strftime(month, '%Y-%m') as month, covered_pct, covered_mrr_pct
        from marts.agg_sampling_coverage order by marts.agg_sampling_coverage.month desc limit 1
    """,
    "instruments": """
        select survey, version, question_count, open_question_count, is_too_long,
            is_without_open_question as is_closed_only
        from marts.agg_instrument_lint order by survey, version
    """,
    "signals": """
        select signal, count(*) filter (not is_suppressed) as count_tested,
            count(*) filter (is_suppressed) as count_suppressed, count(*) filter (is_flagged) as count_flagged
        from marts.agg_gaming_signals group by signal order by signal
    """,
    "flagged_signals": """
        select signals.signal, signals.entity, metrics.label as metric_label, signals.period, signals.count_answers,
            signals.value, signals.threshold
        from marts.agg_gaming_signals as signals
        left join control.metrics as metrics on signals.metric_id = metrics.metric_id
        where signals.is_flagged order by signals.signal, signals.entity, metrics.label, signals.period
    """,
    # The latest year that was over at as-of, else all time.
    "competition": """
        select period, brand, is_us, score_basis, count_responses, is_suppressed, competitive_rank, mean_score,
            absolute_change, relative_change
        from marts.agg_competitive_trend as trend
        cross join intermediate.int_calendar__as_of as calendar
        where trend.period_kind = 'all'
            or (trend.period_kind = 'year' and trend.period_start_date + interval 1 year <= calendar.next_month)
        qualify coalesce(trend.period_start_date, date '1900-01-01')
            = max(coalesce(trend.period_start_date, date '1900-01-01')) over ()
        order by competitive_rank nulls last, brand, is_us
    """,
    "repertoire": """
        select rule, label, count_checked, count_responses from marts.agg_repertoire_lint
        where count_checked > 0 order by rule
    """,
}

_TITLE = re.compile(r"^\*\*(?P<name>.+?)\*\* \((?P<places>.+?)\)$", re.MULTILINE)
_FORMULA = re.compile(r"^- \*\*Formula:\*\* (?P<text>.+?)(?=^- \*\*|\Z)", re.MULTILINE | re.DOTALL)


def read_measures(run: Run) -> Measures:
    """What the marts measured, with the definitions of dbt's doc blocks."""
    blocks = [block["block_contents"] for block in manifest(run.settings)["docs"].values()]
    return Measures(**run.warehouse.read_all(QUERIES), definitions=definitions_of(blocks))


def definitions_of(blocks: list[str]) -> dict[str, str]:
    """`schema.table.column` → name and formula of the measure, of every place that a doc block names."""
    definitions = {}
    for block in blocks:
        title, formula = _TITLE.search(block), _FORMULA.search(block)
        if not title or not formula:
            continue
        words = " ".join(formula["text"].split()).replace("`", "").replace("*", "")
        table = ""
        for place in re.findall(r"`([\w.]+)`", title["places"]):
            # Later places of a list name the column alone.
            table = place.rpartition(".")[0] or table
            definitions[f"{table}.{place.rpartition('.')[2]}"] = f"{title['name']}: {words}"
    return definitions
