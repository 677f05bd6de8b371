"""The rows that bench/warehouse.py builds from: companies of any size, drawn by DuckDB.

Belongs here: what the raw and control tables hold. Does not belong here: building or timing anything.
"""

from __future__ import annotations

# The month that arrives is the first of a quarter, so that it costs what it does on average: cells are carried over by
# quarter, and with the month before it that is four months of three to five.
FIRST_MONTH, NEW_MONTH, END = "2021-07-01", "2024-07-01", "2024-08-01"
METRICS = """
primary_metric: nps
metrics:
  nps: {label: NPS, kind: nps, scale_min: 0, scale_max: 10, low_max: 6, high_min: 9}
mrr_source: contracts
churn: {policy: explicit_events}
controls:
  segment: {attribute: segment, kind: categorical}
"""
# Everything is drawn from hashes of the ids, so the rows are the same on every machine. One account in fifty begins
# anywhere in the 37 months, the others in the first 600 days; `dated` says in which month's export a row stands.
BEGINS = f"date '{FIRST_MONTH}' + cast(hash(i) % if(i % 50 = 0, 1127, 600) as int)"
RAW = {
    "accounts": f"""
        select 'A' || i as account_id, 'Customer ' || i as name, ['small', 'middle', 'large'][1 + i % 3] as segment,
            cast({BEGINS} as varchar) as created_at, {BEGINS} as dated
        from range({{accounts}}) as numbers(i)""",
    "contacts": f"""
        select 'P' || person as contact_id, 'A' || i as account_id, 'p' || person || '@example.com' as email,
            ['executive', 'user'][1 + person % 2] as role, {BEGINS} as dated
        from (select range as person, range // 2 as i from range(2 * {{accounts}})) as people""",
    "contracts": f"""
        select 'C' || i as contract_id, 'A' || i as account_id, cast({BEGINS} as varchar) as start_date,
            cast(100 + hash(i, 'mrr') % 900 as varchar) || '.50' as mrr_amount, 'EUR' as currency_code,
            {BEGINS} as dated
        from range({{accounts}}) as numbers(i)""",
    "churn_events": f"""
        select 'E' || i as event_id, 'A' || i as account_id, cast(dated as varchar) as event_date,
            'voluntary' as kind, dated
        from (
            select i, date '{FIRST_MONTH}' + cast(700 + hash(i, 'left') % 427 as int) as dated
            from range({{accounts}}) as numbers(i) where i % 50 > 0 and hash(i, 'leaves') % 10 < 3
        ) as leavers""",
    # Nobody answers before their account began: an answer that waits for its person to arrive would change old months.
    "survey_responses": f"""
        select 'R' || number as response_id, 'nps' as metric, cast(hash(number, 'score') % 11 as varchar) as score,
            'P' || person as contact_id, strftime(dated, '%Y-%m-%d %H:%M:%S') as responded_at, dated
        from (
            select number, person, begins + to_minutes(cast(
                hash(number, 'when') % date_diff('minute', begins, timestamp '{END}') as int
            )) as dated
            from (
                select number, person, cast({BEGINS} as timestamp) as begins
                from (
                    select range as number, hash(range, 'who') % (2 * {{accounts}}) as person, person // 2 as i
                    from range({{accounts}} * {{answers}})
                ) as numbers
            ) as people
        ) as answers""",
}
PROVENANCE = """'bench' as _source, '{table}-{file}.csv' as _source_file, row_number() over () as _source_row,
    '{file}' as _file_sha256, '2025-01-01 00:00:00' as _loaded_at, null::varchar as _excluded_by,
    null::varchar as _malformed, 'snapshot' as _delivery, null::varchar as _version"""


def draw(settings, warehouse, accounts: int, answers: int, *, is_arrival: bool) -> None:
    """Raw and control tables as a run has them when dbt begins: of 36 months, or what arrives with one more."""
    from orchestration.carry_over import write_carried
    from orchestration.case_config import load_business_case
    from orchestration.control import write_control_tables
    from orchestration.ingest import load_contract
    from orchestration.profiles import load_metrics

    staging = settings.dbt_dir / "models/staging"
    file, dated = ("new", f">= '{NEW_MONTH}'") if is_arrival else ("base", f"< '{NEW_MONTH}'")
    with warehouse.connect() as connection:
        connection.execute("create schema if not exists raw")
        for table in load_contract(staging / "_raw__sources.yml").tables.values():
            columns = ", ".join(f"null::varchar as {name}" for name in table.column_names)
            provenance = PROVENANCE.format(table=table.name, file=file)
            connection.execute(f"create table if not exists raw.{table.name} as select {columns}, {provenance} limit 0")
            if table.name in RAW:
                rows = RAW[table.name].format(accounts=accounts, answers=answers)
                connection.execute(
                    f"insert into raw.{table.name} by name select rows.* exclude (dated), {provenance} "
                    f"from ({rows}) as rows where dated {dated}"
                )
    write_control_tables(
        warehouse,
        staging / "_control__sources.yml",
        load_metrics(settings.profile_dir),
        load_business_case(settings.profile_dir),
    )
    write_carried(warehouse, [(table, "bench", file) for table in RAW], anew=not is_arrival)
