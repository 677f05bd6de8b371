"""The metric's scale and the company's renewals, as the business case takes them from metrics.yml.

Belongs here: this one hand-over. Does not belong here: finance's assumptions (`case_terms.py`).
"""

from __future__ import annotations

from typing import Any

from orchestration.run import Run


def case_setting(run: Run) -> dict[str, Any]:
    """Scale, months between renewals, and the highest answer that counts as low."""
    primary = run.metrics.primary
    return {
        "scale": (float(primary.scale_min), float(primary.scale_max)),
        "renewal_interval_months": run.metrics.renewal_interval_months,
        "low_max": float(primary.oriented_thresholds[0]),
    }
