"""Gates: Great Expectations suites as blocking asset checks.

Belongs here: the one factory that turns suites into checks. Does not belong here: what is expected (`expectations/`).
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from expectations.expectation import Suite
from expectations.runner import SuiteResult
from orchestration.run import Run


def gate(name: str, suites: Sequence[Suite], title: str) -> dg.AssetChecksDefinition:
    """One op that runs all suites of an edge, with one blocking check per table."""

    @dg.multi_asset_check(
        name=name,
        specs=[
            dg.AssetCheckSpec(
                name="gate",
                asset=[suite.edge, suite.table],
                blocking=True,
                description="; ".join(expectation.description for expectation in suite.expectations),
            )
            for suite in suites
        ],
        required_resource_keys={"run"},
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        run: Run = context.resources.run
        with run.step(title) as remarks:
            results = run.gates.run(suites)
            run.gate_results += results
            remarks.append(f"{sum(len(result.outcomes) for result in results)} expectations hold")
            failures = [failure for result in results for failure in result.failures]
            if failures:
                run.problem = f"The gate '{title}' stopped the run; nothing was published. " + " ".join(
                    f"{failure}." for failure in failures
                )
                remarks[:] = [f"{len(failures)} expectations do not hold"]
        yield from (_check_result(result) for result in results)

    return check


def _check_result(result: SuiteResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name="gate",
        asset_key=[result.edge, result.table],
        passed=result.success,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "expectations": len(result.outcomes),
            "failures": dg.MetadataValue.md("\n".join(f"- {failure}" for failure in result.failures) or "none"),
        },
    )
