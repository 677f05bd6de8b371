"""The study of share of wallet: does the rule hold, and what moves measured share.

Belongs here: putting the parts together, sentences, tables, the check. Does not belong here: estimation
(`wallet_rule.py`, `wallet_effects.py`), the headline of the section (`wallet.py`).
"""

from __future__ import annotations

import pandas as pd

from roi_models.study import Section, Shown, Study, StudyTable
from roi_models.verdicts.judgement import Check, Level
from roi_models.verdicts.thresholds import THRESHOLDS
from roi_models.wallets.brand_answers import measured
from roi_models.wallets.wallet_effects import EFFECT_TYPES, share_effects
from roi_models.wallets.wallet_rule import RULE_TYPES, rule_sentence, validate_rule

TABLES = ("share_rule", "share_effects")
_TITLE = "What our share of wallet goes with"
_RULE_SHOWN = (
    Shown(
        column="count_answers", heading="Answers", unit="count", definition="{label}: answers with a measured share."
    ),
    Shown(
        column="slope",
        heading="Slope",
        unit="ratio",
        low="slope_low",
        high="slope_high",
        definition="{label}: slope of measured share on the rule’s share; 1 if the rule holds.",
    ),
    Shown(
        column="intercept",
        heading="Intercept",
        unit="ratio",
        low="intercept_low",
        high="intercept_high",
        is_signed=True,
        definition="{label}: intercept of the same line; 0 if the rule holds.",
    ),
)
_EFFECTS_SHOWN = (
    Shown(column="compared", heading="Compared"),
    Shown(
        column="effect",
        heading="Share of spend",
        unit="pct_points",
        scale=100,
        low="ci_low",
        high="ci_high",
        is_signed=True,
        definition="{label}: percentage points of measured share that go with it; 95% interval clustered by account.",
    ),
    Shown(column="count_answers", heading="Answers", unit="count", definition="{label}: answers, or changes, used."),
    Shown(column="count_accounts", heading="Accounts", unit="count", definition="{label}: accounts they are of."),
)


def share_study(answers: pd.DataFrame, *, metric: str) -> Study:
    """The study from answers about brands (`brand_answers.ANSWER_COLUMNS`); `metric` names the score for readers."""
    usable = measured(answers)
    if usable.empty:
        return _absent(answers)
    rule, effects = validate_rule(usable), share_effects(usable, metric=metric)
    left_out = int(answers["share"].notna().sum()) - len(usable)
    sentences = [rule_sentence(rule), _effect_sentence(effects)]
    if left_out:
        sentences.append(
            f"{left_out:,} answers state a share of spend below nothing or above the whole; left out here."
        )
    return _study(tuple(sentences), rule, effects, tuple(_lead_check(effects)))


def _effect_sentence(effects: pd.DataFrame) -> str:
    level = _of(effects, "rank", "level")
    if level["problem"]:
        return f"What rank among brands is worth cannot be said: {level['problem']}"
    text = (
        "Where our rank is worth ten points more by the rule, customers give us "
        f"{100 * level['effect']:.1f} percentage points more of their spend (95% interval {100 * level['ci_low']:.1f} "
        f"to {100 * level['ci_high']:.1f})"
    )
    change = _of(effects, "rank", "change")
    if change["problem"]:
        return f"{text}; changes over time are too few to confirm it."
    return (
        f"{text}; when the rank at the same account moves as much, its share moves by {100 * change['effect']:.1f} "
        f"({100 * change['ci_low']:.1f} to {100 * change['ci_high']:.1f})."
    )


def _lead_check(effects: pd.DataFrame) -> list[Check]:
    """A change of rank that is still to come must not foretell share: both beyond chance and of a size that matters.

    With very many answers a trace of what is not held equal (satisfaction) shows in it as well.
    """
    lead, change = _of(effects, "rank", "lead"), _of(effects, "rank", "change")
    if lead["problem"] or change["problem"] or not lead["std_error"] > 0 or change["coef"] == 0:
        return []
    z_score, ratio = float(lead["coef"] / lead["std_error"]), abs(float(lead["coef"] / change["coef"]))
    foretells = abs(z_score) > THRESHOLDS.share_lead_z_review and ratio > THRESHOLDS.share_lead_ratio_review
    return [
        Check(
            id="share_lead",
            label="Share of wallet does not follow changes of rank that are still to come",
            value=abs(z_score),
            threshold=(
                f"REVIEW above {THRESHOLDS.share_lead_z_review:g} where it is more than "
                f"{THRESHOLDS.share_lead_ratio_review:g} of the effect of the present change"
            ),
            level=Level.REVIEW if foretells else Level.PASS,
            sentence=(
                f"The next change of rank foretells this change of share with z = {z_score:.2f}, at {ratio:.2f} of the "
                f"effect of the present change, over {lead['count_answers']} changes."
            ),
            recommendation="Do not read the effects on share of wallet as causes: share may move rank."
            if foretells
            else "",
        )
    ]


def _of(effects: pd.DataFrame, exposure: str, method: str) -> pd.Series:
    return effects[(effects["exposure"] == exposure) & (effects["method"] == method)].iloc[0]


def _absent(answers: pd.DataFrame) -> Study:
    reason = "no brand ratings were supplied" if answers.empty else "no answer states a share of spend that can be used"
    sentence = f"What share of wallet goes with cannot be said, and the rule cannot be held against it: {reason}."
    return _study((sentence,), pd.DataFrame(columns=list(RULE_TYPES)), pd.DataFrame(columns=list(EFFECT_TYPES)), ())


def _study(sentences: tuple[str, ...], rule: pd.DataFrame, effects: pd.DataFrame, checks: tuple[Check, ...]) -> Study:
    rule, effects = rule.astype(RULE_TYPES), effects.astype(EFFECT_TYPES)
    # What could be estimated stands first, and only that is printed; the published tables hold all.
    rule = rule.sort_values("problem", key=lambda problem: problem != "", kind="stable", ignore_index=True)
    effects = effects.sort_values("problem", key=lambda problem: problem != "", kind="stable", ignore_index=True)
    return Study(
        id="share",
        section=Section.WALLET,
        title=_TITLE,
        sentences=sentences,
        tables=(
            StudyTable(
                name="share_rule",
                frame=rule,
                keys=("population",),
                named_by="label",
                caption="Measured share of spend on the share that the Wallet Allocation Rule gives",
                shown=_RULE_SHOWN,
                rows=int((rule["problem"] == "").sum()),
            ),
            StudyTable(
                name="share_effects",
                frame=effects,
                keys=("exposure", "method"),
                named_by="label",
                caption="Measured share of spend by what goes before it, the number of brands held equal",
                shown=_EFFECTS_SHOWN,
                rows=int((effects["problem"] == "").sum()),
            ),
        ),
        checks=checks,
    )
