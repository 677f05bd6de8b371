"""metrics.yml and business_case.yml: every fault is a sentence with file, line, key and what to do."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from orchestration.case_config import load_business_case
from orchestration.case_terms import assumption_rows, assumptions_of, initiatives_of, require_segments, terms_of
from orchestration.control import control_rows
from orchestration.errors import SourceError
from orchestration.profiles import load_metrics
from roi_models.programmes.programme_results import no_evidence

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def edited(tmp_path):
    """A copy of the demo's profile with one text of one file replaced."""

    def edit(name, old, new):
        shutil.copytree(CONFIG / "demo", tmp_path, dirs_exist_ok=True)
        text = (CONFIG / "demo" / name).read_text(encoding="utf-8")
        assert old in text
        (tmp_path / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path

    return edit


@pytest.mark.parametrize("profile", ["demo", "ravenstack"])
def test_the_profiles_that_come_along_are_sound(profile):
    assert load_metrics(CONFIG / profile).primary.label
    assert load_business_case(CONFIG / profile).programme


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("primary_metric: nps", "primary_metric: nsp", r"primary_metric 'nsp' is not declared .* mean 'nps'\?"),
        ("primary_metric: nps\n", "", r"metrics.yml: the key 'primary_metric' is missing; add it"),
        ("headline_lag", "headline_leg", r"metrics.yml:\d+: headline_leg: unknown key .* mean 'headline_lag'\?"),
        ("headline_lag: 3", "headline_lag: 9", r"headline_lag: input should be less than or equal to 6, but .*'9'"),
        ("fresh_days: 183", "fresh_days: 400", r"fresh_days 400 must not exceed stale_days 365"),
        ("fresh_days: 183", "fresh_days: soon", r"metrics.yml:\d+: fresh_days: .*valid integer.*'soon'"),
        ("    knot: 5 ", "    knot: 7 ", r"metrics.ces: knot 7 must lie between 1 and 7"),
        (
            '"1": {scale_min: 1, scale_max: 5,',
            '"1": {scale_min: 1, scale_max: 7,',
            r"metrics.ces: each version of a metric needs a name and a scale of its own",
        ),
        ("low_max: 6 ", "low_max: 9 ", r"metrics.yml:\d+: metrics.nps: scale_min 0 ≤ low_max 9 < high_min 9"),
        ("kind: nps", "kind: nsp", r"metrics.nps.kind: input should be 'nps', 'csat', 'ces' or 'custom'.*'nsp'"),
        ("bin_width: 0.5", "bin_width: 0", r"metrics.nps.bin_width: input should be greater than 0, but it is '0'"),
        ("policy: explicit_events", "policy: inactivity", r"churn: the policy inactivity needs `days`"),
        (
            "policy: explicit_events",
            "policy: contract_end",
            r"policy contract_end is read off contracts, but mrr_source is revenue; set mrr_source: contracts",
        ),
        ("policy: explicit_events", "polcy: x", r"churn.polcy: unknown key 'polcy'; did you mean 'policy'\?"),
        ("[0, 6, 12", "[6, 12", r"tenure_steps must begin with 0 and rise"),
        (", edges: [-1.5, -0.75, 0, 0.75, 1.5]", "", r"controls.price_index: a continuous control needs `edges`"),
        ("edges: [-1.5, -0.75", "edges: [-0.75, -1.5", r"controls.price_index: `edges` must rise"),
        ("attribute: segment, ", "attribute: segment, edges: [1], ", r"controls.segment: a categorical control has"),
        ("{nps: 0.5, csat: 0.5}", "{nps: 0.5, cast: 0.5}", r"the part 'cast' of the composite .* mean 'csat'\?"),
        ("{nps: 0.5, csat: 0.5}", "{nps: 0.5, csat: 0}", r"relationship_health.parts.csat: .* greater than 0, .*'0'"),
        ("{nps: 0.5, csat: 0.5}", "{nps: 1}", r"metrics.yml:\d+: composites.relationship_health: a composite needs at"),
        ("{label: Relationship health, ", "{", r"composites.relationship_health: the key 'label' is missing; add it"),
        ("churn: {", "as_of: 2024-13\nchurn: {", r"metrics.yml:\d+: as_of: .*'2024-13"),
    ],
)
def test_faults_of_metrics(edited, old, new, sentence):
    with pytest.raises(SourceError, match=sentence):
        load_metrics(edited("metrics.yml", old, new))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("currency: USD", "currency: usd", r"business_case.yml:2: currency: .*'usd'"),
        ("margin: {", "mragin: {", r"mragin: unknown key 'mragin'; did you mean 'margin'\?"),
        (
            "realisation: {base: 1.0",
            "realisation: {base: 75",
            r"realisation must lie between 0 and 1; it is given as 75\.",
        ),
        ("base: 0.75", "base: 75", r"business_case.yml:\d+: margin: low 0.70 ≤ base 75 ≤ high 0.80 must hold"),
        (
            "{low: 0.70, base: 0.75",
            "{low: -0.70, base: -0.5",
            r"margin must lie between .*; it is given as -0.70 to 0.80",
        ),
        (
            "discount_rate: {base: 0.10",
            "discount_rate: {base: 4",
            r"discount_rate must lie between 0 and 0.99; .* as 4",
        ),
        ("  ramp_months: 6", "  metric: npx\n  ramp_months: 6", r"uplift.metric is 'npx', .* did you mean 'nps'\?"),
        ("  ramp_months: 6", "  metric: csat\n  ramp_months: 6", r"estimated for the primary metric alone: write nps"),
        ("  ramp_months: 6", "  path: low_answers\n  ramp_months: 6", r"path low_answers goes with unit answer_points"),
        ("  ramp_months: 6", "  pilot: score_after\n  ramp_months: 6", r"a pilot's effect is in points of the answers"),
        ("high: 12", "high: 250", r"uplift must lie between -200 and 200; it is given as 4 to 250"),
        ("id: support_hours", "id: executive_sponsors", r"two initiatives are called 'executive_sponsors'"),
        ("status: approved", "status: agreed", r"initiatives\[1\].status: input should be 'proposed', 'approved'"),
        ("contact_reduction: {low: 0", "contact_reduction: {low: -1", r"contact_reduction must lie between 0 and 1"),
        ("low: 4", "low: 9", r"uplift: low 9 ≤ base 8 ≤ high 12 must hold; mend the range"),
        ("net_nps_points", "points", r"uplift.unit: input should be 'net_nps_points' or 'answer_points'"),
        ("ramp_months: 6", "ramp_months: 48", r"ramp_months 48 is longer than horizon_months 36"),
        ("horizon_months: 36", "horizon_months: 30", r"horizon_months: input should be a multiple of 12"),
        ("minimum_probability: 0.8", "minimum_probability: 80", r"minimum_probability: .*less than or equal to 1"),
        (
            "discount_rate: {base: 0.10, unit",
            "discount_rate: {unit",
            r"business_case.yml:\d+: discount_rate: the key 'base' is missing; add it",
        ),
    ],
)
def test_faults_of_the_business_case(edited, old, new, sentence):
    with pytest.raises(SourceError, match=sentence):
        load_business_case(edited("business_case.yml", old, new))


def test_all_faults_are_told_at_once(edited):
    folder = edited("metrics.yml", "fresh_days: 183\nstale_days: 365", "fresh_days: x\nstale_days: y")
    with pytest.raises(SourceError) as caught:
        load_metrics(folder)
    assert len(caught.value.problems) == 2


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(SourceError, match=r"metrics.yml: there is no such file; every profile folder needs one"):
        load_metrics(tmp_path)


def test_an_as_of_month_is_its_first_day(edited):
    metrics = load_metrics(edited("metrics.yml", "churn: {", "as_of: 2024-05\nchurn: {"))
    assert metrics.as_of == date(2024, 5, 1)


@pytest.mark.parametrize(
    ("profile", "churn", "sentence"),
    [
        ("ravenstack", "{policy: contract_end, days: 30}", "contract ended and none began within 30 days."),
        ("demo", "{policy: inactivity, days: 90}", "with revenue, when none followed for 90 days."),
    ],
)
def test_the_churn_policy_is_a_sentence(tmp_path, profile, churn, sentence):
    text = (CONFIG / profile / "metrics.yml").read_text(encoding="utf-8")
    assert "{policy: explicit_events}" in text
    (tmp_path / "metrics.yml").write_text(text.replace("{policy: explicit_events}", churn), encoding="utf-8")
    assert load_metrics(tmp_path).churn.sentence.endswith(sentence)


def test_control_rows_are_what_metrics_say():
    rows = control_rows(load_metrics(CONFIG / "demo"), load_business_case(CONFIG / "demo"))
    assert rows["run_parameters"] == [
        ("USD", None, "revenue", "explicit_events", 0, 183, 365, "nps", Decimal("0.5"), 24, 30)
    ]
    assert [row[0] for row in rows["metrics"]] == ["ces", "csat", "nps"]
    assert rows["controls"] == [
        ("price_index", "price_index", "continuous"),
        ("segment", "segment", "categorical"),
    ]


def test_the_change_test_needs_the_normal_quantile_of_its_level(edited):
    case = load_business_case(CONFIG / "demo")
    (rules,) = control_rows(load_metrics(CONFIG / "demo"), case)["rules"]
    assert rules[-1] == pytest.approx(1.959964)
    (rules,) = control_rows(
        load_metrics(edited("metrics.yml", "churn: {", "rules: {change_level: 0.01}\nchurn: {")), case
    )["rules"]
    assert rules[-1] == pytest.approx(2.575829)


def test_composites_are_a_row_per_part():
    rows = control_rows(load_metrics(CONFIG / "demo"), load_business_case(CONFIG / "demo"))["composite_parts"]
    assert rows == [
        ("relationship_health", "Relationship health", "csat", Decimal("0.5")),
        ("relationship_health", "Relationship health", "nps", Decimal("0.5")),
    ]
    none = control_rows(load_metrics(CONFIG / "ravenstack"), load_business_case(CONFIG / "ravenstack"))
    assert none["composite_parts"] == []


def test_where_lower_is_better_thresholds_are_mirrored(edited):
    metrics = load_metrics(
        edited("metrics.yml", "    scale_max: 7\n", "    scale_max: 7\n    orientation: lower_is_better\n")
    )
    assert metrics.metrics["ces"].oriented_thresholds == (3, 5)
    assert metrics.metrics["nps"].oriented_thresholds == (6, 9)
    rows = control_rows(metrics, load_business_case(CONFIG / "demo"))["metric_versions"]
    assert [(row[1], row[3], row[-1]) for row in rows if row[0] == "ces"] == [("1", 5, False), ("2", 7, True)]


def test_bins_and_steps_leave_no_gap():
    rows = control_rows(load_metrics(CONFIG / "demo"), load_business_case(CONFIG / "demo"))
    bins = rows["control_bins"]
    assert [row[1] for row in bins] == ["b0", "b1", "b2", "b3", "b4", "b5"]
    assert bins[0][2] is None
    assert bins[-1][3] is None
    assert all(before[3] == after[2] for before, after in pairwise(bins))
    steps = rows["tenure_steps"]
    assert steps[0] == ("t000", 0, 6)
    assert steps[-1] == ("t060", 60, None)
    assert all(before[2] == after[1] for before, after in pairwise(steps))


def test_rows_have_as_many_values_as_dbt_declares_columns():
    path = CONFIG.parent / "dbt_project/models/staging/_control__sources.yml"
    tables = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"][0]["tables"]
    rows = control_rows(load_metrics(CONFIG / "demo"), load_business_case(CONFIG / "demo"))
    assert {table["name"] for table in tables} == set(rows)
    for table in tables:
        assert {len(row) for row in rows[table["name"]]} == {len(table["columns"])}, table["name"]


def test_a_register_that_cannot_be_combined_and_a_segment_of_nobody_are_sentences(edited):
    lines = (CONFIG / "demo" / "business_case.yml").read_text(encoding="utf-8")
    entry = lines[lines.index("  - id: support_hours") : lines.index("budget:")]
    many = "".join(entry.replace("support_hours", f"copy_{number}") for number in range(12))
    with pytest.raises(SourceError, match="there are 14 open initiatives, and at most 12 can be combined"):
        load_business_case(edited("business_case.yml", entry, many))
    case = load_business_case(CONFIG / "demo")
    require_segments(case, ["SMB", "Enterprise"])
    with pytest.raises(SourceError, match=r"initiatives.onboarding_calls.segments names 'SMB', .*'SME'") as caught:
        require_segments(case, ["SME", "Large"])
    assert len(caught.value.problems) == 2


def test_the_file_becomes_assumptions_and_a_register():
    case = load_business_case(CONFIG / "demo")
    terms = assumptions_of(case)
    assert terms.range("margin") == (0.70, 0.75, 0.80) and terms.range("discount_rate") == (0.1, 0.1, 0.1)
    assert terms.uncertain == ("uplift", "margin", "initial_cost", "annual_cost", "contact_reduction")
    assert [one.id for one in initiatives_of(case)] == ["onboarding_calls", "executive_sponsors", "support_hours"]
    rows = assumption_rows(case, terms_of(case, no_evidence())).set_index("name")
    assert rows.loc["annual_cost", ["low", "base", "high"]].tolist() == [110_000, 120_000, 140_000]
    assert rows.loc["discount_rate", "label"] == "Discount rate a year, at year end"
