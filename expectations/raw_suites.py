"""What must hold of what arrives, one suite per raw table: whether it can stand at all.

Does not belong here: faults of single rows (staging counts them), keys, types and relations (dbt tests hold them).
Thresholds that were loosened carry the date, the old value and the reason.
"""

from __future__ import annotations

from expectations.expectation import Expectation, NoRows, NotNull, RowCount, Suite


def _raw(table: str, *expectations: Expectation) -> Suite:
    """A raw table: besides its own expectations, few malformed rows, and every row with its origin."""
    common = (
        NotNull(column="_source_file"),
        NotNull(column="_file_sha256"),
        NoRows(
            description="at most 5% of a file's rows have too few or too many fields (a sign that it is cut off)",
            query=(
                "select _source_file, count(_malformed) as count_malformed, count(*) as count_rows from {batch} "
                "group by _source_file having count(_malformed) * 20 > count(*)"
            ),
        ),
    )
    return Suite(edge="raw", table=table, expectations=(*expectations, *common))


def _readable(column: str, pattern: str, what: str) -> NoRows:
    """At most a tenth of the filled values of a text column look like something else."""
    return NoRows(
        description=f"at least 90% of the filled values of {column} can be read as {what}",
        query=(
            f"select count(*) as count_unreadable from {{batch}} where {column} is not null and _excluded_by is null "
            f"having count(case when not regexp_matches(trim({column}), '{pattern}') then 1 end) * 10 > count(*)"
        ),
    )


# Doubled braces: Great Expectations fills `{batch}` into the queries.
_TIME = "^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}"
_NUMBER = "^-?[0-9]+([.][0-9]*)?$"

RAW_SUITES = (
    _raw("accounts", RowCount(at_least=1), NotNull(column="account_id", share=0.95)),
    _raw("account_attributes", NotNull(column="account_id", share=0.95)),
    _raw("account_costs", _readable("amount", _NUMBER, "a number")),
    _raw("attribute_ratings", _readable("score", _NUMBER, "a number")),
    _raw("brand_ratings", NotNull(column="response_id", share=0.95)),
    _raw("churn_events", NotNull(column="account_id", share=0.95), _readable("event_date", _TIME, "a date")),
    _raw("contacts", NotNull(column="account_id", share=0.95)),
    _raw("contracts", _readable("mrr_amount", _NUMBER, "a number"), _readable("start_date", _TIME, "a date")),
    _raw("follow_ups", _readable("opened_at", _TIME, "a time")),
    _raw("fx_rates", _readable("rate", _NUMBER, "a number")),
    _raw("ledger_revenue", _readable("amount", _NUMBER, "a number")),
    _raw("programme_costs", _readable("amount", _NUMBER, "a number")),
    _raw("questionnaires", NotNull(column="survey", share=0.95)),
    _raw("revenue", _readable("amount", _NUMBER, "a number"), _readable("period_start", _TIME, "a date")),
    _raw("support_cases", _readable("opened_at", _TIME, "a time")),
    _raw("survey_invitations", _readable("sent_at", _TIME, "a time")),
    _raw(
        "survey_responses",
        RowCount(at_least=1),
        _readable("score", _NUMBER, "a number"),
        _readable("responded_at", _TIME, "a time"),
    ),
)
