"""How the warehouse grows, beside SQL written by hand for DuckDB alone that makes the same tables from the same rows.

Belongs here: drawing raw rows of any size, building them both ways in processes of their own, comparing the results.
Does not belong here: tests of speed; there are none, because a shared machine's clock proves nothing.

    python bench/warehouse.py [--accounts 10000 100000] [--answers 10] [--json PATH]

`ours` is dbt with staging (casts, rules, versions), point-in-time states, account-months and hazard cells; `by hand`
casts without asking and uses what only DuckDB has (ASOF JOIN). Both must give equal account-months and equal cells.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]
MODELS = ("agg_hazard_cells", "fct_feedback_states")
MONTHS = 36
METRICS = """
primary_metric: nps
metrics:
  nps: {label: NPS, kind: nps, scale_min: 0, scale_max: 10, low_max: 6, high_min: 9}
mrr_source: contracts
churn: {policy: explicit_events}
as_of: 2024-12
controls:
  segment: {attribute: segment, kind: categorical}
"""
# Everything is drawn from hashes of the ids, so the rows are the same on every machine.
RAW = {
    "accounts": """
        select 'A' || i as account_id, 'Customer ' || i as name, ['small', 'middle', 'large'][1 + i % 3] as segment,
            '2022-01-01' as created_at
        from range({accounts}) as numbers(i)""",
    "contacts": """
        select 'P' || i as contact_id, 'A' || (i // 2) as account_id, 'p' || i || '@example.com' as email,
            ['executive', 'user'][1 + i % 2] as role
        from range(2 * {accounts}) as numbers(i)""",
    "contracts": """
        select 'C' || i as contract_id, 'A' || i as account_id,
            cast(date '2022-01-01' + cast(hash(i) % 600 as int) as varchar) as start_date,
            cast(100 + hash(i, 'mrr') % 900 as varchar) || '.50' as mrr_amount, 'EUR' as currency_code
        from range({accounts}) as numbers(i)""",
    "churn_events": """
        select 'E' || i as event_id, 'A' || i as account_id,
            cast(date '2023-10-01' + cast(hash(i, 'left') % 456 as int) as varchar) as event_date, 'voluntary' as kind
        from range({accounts}) as numbers(i) where hash(i, 'leaves') % 10 < 3""",
    "survey_responses": """
        select 'R' || i as response_id, 'nps' as metric, cast(hash(i, 'score') % 11 as varchar) as score,
            'P' || (hash(i, 'who') % (2 * {accounts})) as contact_id,
            strftime(timestamp '2022-01-15' + to_minutes(cast(hash(i, 'when') % 1530000 as int)), '%Y-%m-%d %H:%M:%S')
                as responded_at
        from range({accounts} * {answers}) as numbers(i)""",
}
PROVENANCE = """'bench' as _source, '{table}.csv' as _source_file, row_number() over () as _source_row,
    'hash' as _file_sha256, '2025-01-01 00:00:00' as _loaded_at, null::varchar as _excluded_by,
    null::varchar as _malformed, 'snapshot' as _delivery, null::varchar as _version"""
BY_HAND = """
create schema hand;
create table hand.answers as
select contacts.account_id, answers.contact_id, contacts.role, cast(answers.score as decimal(9, 4)) as score,
    cast(answers.responded_at as timestamp) as known_at
from raw.survey_responses as answers join raw.contacts as contacts using (contact_id);
create table hand.months as
select cast(month as date) as month
from generate_series(date '2022-01-01', date '2024-12-01' + interval 1 month, interval 1 month) as series(month);
create table hand.contact_months as
with grid as (
    select contacts.contact_id, contacts.account_id, contacts.role, months.month
    from raw.contacts as contacts cross join hand.months as months
),
latest as (
    select grid.account_id, grid.contact_id, grid.role, grid.month, answers.known_at
    from grid asof join (select distinct contact_id, known_at from hand.answers) as answers
        on grid.contact_id = answers.contact_id and answers.known_at < grid.month
)
select latest.account_id, latest.contact_id, any_value(latest.role) as role, latest.month,
    date_diff('day', any_value(latest.known_at), latest.month) as age_days,
    cast(sum(answers.score) / count(*) as decimal(9, 4)) as score
from latest join hand.answers as answers using (contact_id, known_at)
where date_diff('day', latest.known_at, latest.month) <= 365
group by latest.account_id, latest.contact_id, latest.month;
create table hand.states as
with scored as (
    select account_id, month, cast(sum(score) / count(*) as decimal(9, 4)) as score, min(age_days) as age_days,
        cast(sum(score) filter (role = 'executive') / count(*) filter (role = 'executive') as decimal(9, 4))
            as executive_score,
        cast(sum(score) filter (role = 'champion') / count(*) filter (role = 'champion') as decimal(9, 4))
            as champion_score,
        cast(sum(score) filter (role = 'user') / count(*) filter (role = 'user') as decimal(9, 4)) as user_score,
        count(*) as count_contacts
    from hand.contact_months group by account_id, month
),
heard as (
    select account_id, month, count(*) as count_new
    from (select account_id, min(month) as month from hand.contact_months group by account_id, contact_id)
    group by account_id, month
)
select scored.*, case when age_days <= 183 then 'fresh' else 'stale' end as score_state,
    sum(coalesce(count_new, 0)) over up_to_now as count_heard,
    cast(avg(score) over earlier as decimal(9, 4)) as baseline_score, count(*) over earlier as count_baseline_months
from scored left join heard using (account_id, month)
window up_to_now as (partition by account_id order by month),
    earlier as (partition by account_id order by month rows between unbounded preceding and 1 preceding);
create table hand.account_months as
with active as (
    select contracts.account_id, months.month, cast(contracts.mrr_amount as decimal(18, 2)) as mrr_amount,
        accounts.segment, md5(contracts.account_id) as digest,
        date_diff('month', cast(accounts.created_at as date), months.month) as tenure_months,
        case when date_trunc('month', cast(events.event_date as date)) = months.month
            then cast(events.event_date as date) end as churn_date,
        case when date_trunc('month', cast(events.event_date as date)) = months.month
            then events.kind end as churn_kind
    from raw.contracts as contracts
    join raw.accounts as accounts using (account_id)
    join hand.months as months
        on cast(contracts.start_date as date) <= months.month and months.month <= date '2024-12-01'
    left join raw.churn_events as events on contracts.account_id = events.account_id
    where events.event_date is null or months.month <= cast(events.event_date as date)
)
select active.account_id, active.month, mrr_amount, 'EUR' as currency_code, tenure_months,
    case when tenure_months < 6 then 't000' when tenure_months < 12 then 't006' when tenure_months < 24 then 't012'
        when tenure_months < 36 then 't024' when tenure_months < 60 then 't036' else 't060' end as tenure_step,
    false as is_renewal_month, churn_date, churn_kind, churn_kind is not null as is_churned, 'nps' as metric_id,
    states.score, states.age_days, coalesce(states.score_state, 'silent') as score_state,
    coalesce(states.count_contacts, 0) as count_contacts, 'segment=' || segment as control_key,
    ('0x' || left(digest, 2))::int as account_group
from active left join hand.states as states using (account_id, month);
create table hand.feedback_states as
select states.account_id, states.month, 'nps' as metric_id, states.score, states.age_days, states.score_state,
    states.executive_score, states.champion_score, states.user_score, states.count_contacts, states.count_heard,
    cast(100.0 * states.count_contacts / states.count_heard as decimal(9, 4)) as coverage_pct,
    states.baseline_score, states.count_baseline_months
from hand.account_months join hand.states as states using (account_id, month);
create table hand.cells as
select lag, account_group, coalesce(states.score_state, 'silent') as score_state,
    coalesce(cast(cast(floor(states.score / 0.5) as int) as varchar), '') as score_bin, tenure_step,
    is_renewal_month as is_renewal, control_key, count(*) as count_at_risk,
    count(*) filter (churn_kind = 'voluntary') as count_voluntary,
    count(*) filter (churn_kind = 'involuntary') as count_involuntary, count(churn_kind) as count_churned,
    sum(coalesce(states.score, 0)) as score_sum, sum(mrr_amount) as mrr_sum
from hand.account_months as months
cross join range(1, 7) as lags(lag)
left join hand.states as states
    on months.account_id = states.account_id and states.month = (months.month - to_months(lag - 1))::date
group by all;
"""
# What both ways must agree on, by position: every column of the three tables.
COMPARISONS = {
    "account-months": ("marts.fct_account_months", "hand.account_months"),
    "states": ("marts.fct_feedback_states", "hand.feedback_states"),
    "cells": ("marts.agg_hazard_cells", "hand.cells"),
}


def main() -> None:
    arguments = _arguments()
    if arguments.child:
        print(json.dumps(_child(arguments.child)))
        return
    results = []
    for accounts in arguments.accounts:
        with tempfile.TemporaryDirectory(prefix="voc-roi-bench-") as folder:
            results.append(measure(Path(folder), accounts=accounts, answers=arguments.answers))
        print(json.dumps(results[-1]), file=sys.stderr, flush=True)
    print(as_markdown(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def measure(folder: Path, *, accounts: int, answers: int) -> dict[str, float]:
    """Draw the rows, build both ways, each in a process of its own, and hold the results against each other."""
    profile = folder / "bench"
    profile.mkdir()
    (profile / "metrics.yml").write_text(METRICS, encoding="utf-8")
    for name in ("sources.yml", "business_case.yml"):
        text = (
            (PROJECT_ROOT / "config/demo" / name).read_text(encoding="utf-8").replace("currency: USD", "currency: EUR")
        )
        (profile / name).write_text(text, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("VOC_")}
    environment |= {"VOC_HOME": str(folder / "home"), "VOC_PROFILE": str(profile), "VOC_MEMORY_LIMIT": "10GB"}
    _run(["--child", f"draw:{accounts}:{answers}"], environment)
    ours, hand = (_run(["--child", way], environment) for way in ("ours", "hand"))
    different = _run(["--child", "compare"], environment)
    if any(different.values()):
        sys.exit(f"{accounts} accounts: rows that differ: {different}")
    return {
        "accounts": accounts,
        "answers": accounts * answers,
        "ours_seconds": ours["seconds"],
        "hand_seconds": hand["seconds"],
        "ratio": round(ours["seconds"] / hand["seconds"], 2),
        "ours_peak_mib": ours["peak_mib"],
        "hand_peak_mib": hand["peak_mib"],
    }


def _run(arguments: list[str], environment: dict[str, str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        env=environment,
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(arguments)} ended with exit code {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def _child(way: str) -> dict[str, float]:
    sys.path.insert(0, str(PROJECT_ROOT))
    from orchestration.settings import Settings

    settings = Settings.from_env()
    settings.apply_to_process()
    if way.startswith("draw:"):
        _, accounts, answers = way.split(":")
        return _draw(settings, accounts=int(accounts), answers=int(answers))
    if way == "compare":
        return _compare(settings)
    begun = time.perf_counter()
    if way == "ours":
        begun = _build_ours(settings)
    else:
        with _connect(settings) as connection:
            connection.execute(BY_HAND)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": round(time.perf_counter() - begun, 2), "peak_mib": round(peak)}


def _connect(settings):
    import duckdb

    settings.work_dir.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(settings.warehouse_path))
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"set threads = {settings.threads}")
    connection.execute(f"set memory_limit = '{settings.memory_limit}'")
    connection.execute(f"set temp_directory = '{settings.work_dir / 'spill'}'")
    return connection


def _draw(settings, *, accounts: int, answers: int) -> dict[str, float]:
    """Raw tables and control tables, as a run has them when dbt begins."""
    from orchestration.control import write_control_tables
    from orchestration.ingest import load_contract
    from orchestration.profiles import load_business_case, load_metrics
    from orchestration.warehouse import Warehouse

    staging = settings.dbt_dir / "models/staging"
    with _connect(settings) as connection:
        connection.execute("create schema raw")
        for table in load_contract(staging / "_raw__sources.yml").tables.values():
            columns = ", ".join(f"null::varchar as {name}" for name in table.column_names)
            provenance = PROVENANCE.format(table=table.name)
            connection.execute(f"create table raw.{table.name} as select {columns}, {provenance} limit 0")
            if table.name in RAW:
                rows = RAW[table.name].format(accounts=accounts, answers=answers)
                connection.execute(
                    f"insert into raw.{table.name} by name select rows.*, {provenance} from ({rows}) as rows"
                )
    warehouse = Warehouse(
        path=settings.warehouse_path,
        spill_dir=settings.work_dir / "spill",
        threads=settings.threads,
        memory_limit=settings.memory_limit,
    )
    write_control_tables(
        warehouse,
        staging / "_control__sources.yml",
        load_metrics(settings.profile_dir),
        load_business_case(settings.profile_dir),
    )
    return {}


def _build_ours(settings) -> float:
    """Build with dbt as a run does, parsed before; returns when it began."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    from orchestration import transform

    transform.manifest(settings)
    begun = time.perf_counter()
    folders = ["--project-dir", str(settings.dbt_dir), "--profiles-dir", str(settings.dbt_dir)]
    target = ["--target-path", str(settings.dbt_target_dir), "--log-path", str(settings.dbt_target_dir)]
    select = [f"+{name}" for name in MODELS]
    result = dbtRunner().invoke(["run", "--select", *select, *folders, *target, "--log-level", "none"])
    DuckDBConnectionManager.close_all_connections()
    if not result.success:
        sys.exit(f"dbt stopped: {result.exception or [item.message for item in result.result.results if item.message]}")
    return begun


def _compare(settings) -> dict[str, float]:
    with _connect(settings) as connection:
        return {
            what: connection.execute(
                f"select count(*) from ((from {ours} except all from {hand}) union all (from {hand} except all from {ours}))"
            ).fetchone()[0]
            for what, (ours, hand) in COMPARISONS.items()
        }


def as_markdown(results: list[dict[str, float]]) -> str:
    """One line per size, and between sizes the exponent with which time grows."""
    lines = [
        f"{MONTHS} months, {os.cpu_count()} processors",
        "",
        "| accounts | answers | ours, s | by hand, s | ratio | ours, MiB | by hand, MiB | growth |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    before = None
    for row in results:
        growth = ""
        if before:
            slower, larger = (row[key] / before[key] for key in ("ours_seconds", "accounts"))
            growth = f"{math.log(slower) / math.log(larger):.2f}"
        lines.append(
            f"| {row['accounts']:,} | {row['answers']:,} | {row['ours_seconds']:.1f} | {row['hand_seconds']:.1f} | "
            f"{row['ratio']:.2f} | {row['ours_peak_mib']:,} | {row['hand_peak_mib']:,} | {growth} |"
        )
        before = row
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--accounts", type=int, nargs="+", default=[10_000, 100_000], help="sizes (default 10000 100000)"
    )
    parser.add_argument("--answers", type=int, default=10, help="answers per account (default 10)")
    parser.add_argument("--json", type=Path, help="write the numbers here as well")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
