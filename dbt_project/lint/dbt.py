"""Stand-ins for the `dbt.*` macros that models use, so that the SQL linter can render them without dbt or a database.

What they render to only has to parse. Nothing but the linter (`.sqlfluff`, library_path) reads this folder.
"""


def type_string() -> str:
    """`{{ dbt.type_string() }}`."""
    return "varchar"


def date_trunc(part: str, expression: str) -> str:
    """`{{ dbt.date_trunc('month', x) }}`."""
    return f"date_trunc('{part}', {expression})"


def dateadd(part: str, number: object, expression: str) -> str:
    """`{{ dbt.dateadd('day', 1, x) }}`."""
    return f"date_add({expression}, {number}, '{part}')"


def datediff(earlier: str, later: str, part: str) -> str:
    """`{{ dbt.datediff(a, b, 'day') }}`."""
    return f"date_diff('{part}', {earlier}, {later})"
