"""The same benefit as different people look at it: every view has the same total, to the cent.

Belongs here: benefit lines with what is left out and why, and splits by line, segment, year and owner.
Does not belong here: the benefit itself (`appraisal.py`), words on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from roi_models.case.flows import LINES

LINE_COLUMNS = ("line", "label", "answers_for", "is_counted", "pv_benefit", "reason")
VIEW_COLUMNS = ("view", "part", "pv_benefit", "share_pct")
LABELS = {
    "retention": ("Margin on revenue kept", "Customer success"),
    "expansion": ("Margin on revenue grown", "Sales"),
    "service": ("Service contacts saved", "Service"),
    "wallet": ("Share of wallet", "Sales"),
    "referral": ("Referrals", "Marketing"),
}
WHY_NOT = {
    "wallet": "A larger share of wallet is revenue that expansion holds already: counted here it would count twice.",
    "referral": "No effect of the score on referrals has been estimated from these data.",
}


def share_out(total: float, weights: Sequence[float]) -> list[float]:
    """`total` (money, to the cent) in proportion to `weights`, each part to the cent, adding up exactly (largest
    remainder; ties to the earlier part). Nothing to share where all weights are nil."""
    weights = np.asarray(weights, dtype=float)
    cents = int(Decimal(repr(total)).scaleb(2).to_integral_value())
    if weights.sum() == 0:
        return [0.0] * len(weights)
    exact = weights / weights.sum() * cents
    whole = np.floor(exact).astype(int)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: cents - int(whole.sum())]] += 1
    return [float(Decimal(int(part)).scaleb(-2)) for part in whole]


def benefit_lines(by_line: dict[str, float], total: float, why_not: dict[str, str]) -> pd.DataFrame:
    """Every line that a case might have: its present value (adding up to `total`), or why it is not counted.

    `by_line`: unrounded present value by line; `why_not`: sentence for each line that is left out of these.
    """
    counted = [line for line in LINES if line not in why_not]
    amounts = dict(zip(counted, share_out(total, [by_line[line] for line in counted]), strict=True))
    rows = []
    for line, (label, answers_for) in LABELS.items():
        reason = (WHY_NOT | why_not).get(line, "")
        rows.append((line, label, answers_for, line in amounts, amounts.get(line), reason))
    return pd.DataFrame(rows, columns=list(LINE_COLUMNS)).astype({"pv_benefit": "float64"})


def view(name: str, parts: pd.Series, total: float) -> pd.DataFrame:
    """One view: `parts` (name of the part → weight) sharing out the total."""
    amounts = share_out(total, parts.to_list())
    frame = pd.DataFrame({"view": name, "part": parts.index.astype(str), "pv_benefit": amounts})
    frame["share_pct"] = 100 * frame["pv_benefit"] / total if total else np.nan
    return frame[list(VIEW_COLUMNS)]
