"""Stand-in for dbt's adapter in the SQL linter; see `dbt.py` beside it."""

from collections.abc import Callable


def dispatch(name: str, package: str) -> Callable[..., str]:
    """A function that renders a call of the dispatched macro as a plain SQL function call."""

    def render(*arguments: object) -> str:
        expressions = [str(argument) for argument in arguments[:1]]
        return "timestamp" if name == "timestamp_type" else f"{name}({', '.join(expressions)})"

    return render
