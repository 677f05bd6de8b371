"""The documents stay true: every name that the code knows stands in them, with the default the code has."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields

import pytest
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from orchestration import manifest, profiles, settings
from orchestration.case_config import Assumption, BusinessCaseConfig, ServiceSaving
from orchestration.profiles import MetricsConfig
from orchestration.settings import Settings
from orchestration.studies import STUDIES
from roi_models.case.inputs import INPUTS
from roi_models.report import tables
from roi_models.report.format import KEPT_DECIMALS
from roi_models.verdicts.thresholds import THRESHOLDS
from tests.unit.ingest_helpers import CONTRACT_FILE, ROOT

DOCS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
CONFIGURATION, CONTRACT = DOCS["configuration.md"], DOCS["data_contract.md"]
OPERATIONS, METHODS, OUTPUTS = DOCS["operations.md"], DOCS["methods.md"], DOCS["outputs.md"]
DBT = ROOT / "dbt_project"


def rows_under(text: str, *headings: str) -> list[dict[str, str]]:
    """Rows, by column, of all Markdown tables whose first column has one of these headings."""
    found = []
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        header, _rule, *rows = [[cell.strip() for cell in line[1:-1].split(" | ")] for line in table.splitlines()]
        if header[0] in headings:
            found += [dict(zip(header, row, strict=True)) for row in rows]
    return found


def named(text: str) -> set[str]:
    """Everything that stands in back quotes."""
    return set(re.findall(r"`([^`\n]+)`", text))


def keys_of(model: type[BaseModel], prefix: str = "") -> dict[str, object]:
    """Dotted keys of a configuration model, with each one's default."""
    found: dict[str, object] = {}
    for python_name, field in model.model_fields.items():
        name = field.alias or python_name
        nested = [item for item in (field.annotation, *getattr(field.annotation, "__args__", ())) if is_model(item)]
        if not nested or nested[0] is Assumption:
            found[prefix + name] = field.default
        else:
            is_mapping = getattr(field.annotation, "__origin__", None) is dict
            found |= keys_of(nested[0], f"{prefix}{name}.<id>." if is_mapping else f"{prefix}{name}.")
    return found


def is_model(item: object) -> bool:
    return isinstance(item, type) and issubclass(item, BaseModel)


def shown_default(default: object) -> str:
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, tuple):
        return f"`{list(default)}`"
    return f"`{default}`"


CONFIGURATION_KEYS = keys_of(MetricsConfig) | keys_of(BusinessCaseConfig) | keys_of(Assumption, "<assumption>.")


def documented_keys() -> dict[str, dict[str, str]]:
    return {row["key"].strip("`"): row for row in rows_under(CONFIGURATION, "key")}


@pytest.mark.parametrize("key", CONFIGURATION_KEYS)
def test_every_configuration_key_is_documented_with_its_default(key):
    default, shown = CONFIGURATION_KEYS[key], documented_keys()[key]["default"]
    if default is None or isinstance(default, Assumption):
        assert shown.startswith("none: ")
    else:
        assert shown == shown_default(default)


def test_no_configuration_key_is_documented_that_does_not_exist():
    assert set(documented_keys()) - set(CONFIGURATION_KEYS) == set()


def test_every_range_of_the_business_case_is_documented():
    service = ServiceSaving.model_fields
    powers = {1e12: "10¹²", 1e10: "10¹⁰", 1e7: "10⁷"}
    for name, declared in INPUTS.items():
        if name != "uplift":
            shown = documented_keys()[f"service.{name}" if name in service else name]["type and range"]
            assert shown == f"{declared.least:g} to {powers.get(declared.most, f'{declared.most:g}')}"


@pytest.mark.parametrize(("number", "model"), [(0, MetricsConfig), (1, BusinessCaseConfig)])
def test_the_examples_of_the_configuration_are_valid(number, model):
    block = re.findall(r"```yaml\n(.*?)```", CONFIGURATION, re.DOTALL)[number]
    plain = yaml.load(block, Loader=yaml.BaseLoader)  # texts, as the product reads them
    assert model.model_validate(plain)


def test_every_environment_variable_is_documented_with_its_default():
    documented = {row["variable"].strip("`"): row["default"] for row in rows_under(CONFIGURATION, "variable")}
    assert set(re.findall(r"\bVOC_[A-Z_]+[A-Z]\b", inspect.getsource(settings))) - named(CONFIGURATION) == set()
    found = Settings.from_env({})
    assert documented["VOC_THREADS"] == f"`{found.threads}`"
    assert documented["VOC_MEMORY_LIMIT"] == f"`{found.memory_limit}`"
    assert documented["VOC_PROFILE"] == f"`{found.profile_dir.relative_to(ROOT).as_posix()}`"


def test_the_policies_sentences_are_quoted():
    for policy in ("explicit_events", "contract_end", "inactivity"):
        assert profiles.ChurnPolicy(policy=policy, days=97).sentence.replace("97", "N") in CONFIGURATION


def contract_tables() -> list[dict]:
    return yaml.safe_load(CONTRACT_FILE.read_text(encoding="utf-8"))["sources"][0]["tables"]


def described_column(column: dict) -> str:
    """A column as the document writes it."""
    meta = column.get("config", {}).get("meta", {})
    name = f"**`{column['name']}`**" if meta.get("required") else f"`{column['name']}`"
    parts = [name, *([column["data_type"]] if column["data_type"] != "string" else [])]
    parts += [f"({' · '.join(meta['values'])})"] if meta.get("values") else []
    parts += [f"≥ {meta['min']}"] if "min" in meta else []
    return " ".join(parts)


@pytest.mark.parametrize("table", contract_tables(), ids=lambda table: table["name"])
def test_every_canonical_table_is_documented_exactly(table):
    (row,) = [row for row in rows_under(CONTRACT, "table") if row["table"] == f"`{table['name']}`"]
    assert row["one row per"] == " ".join(table["description"].split()).rpartition("One row per ")[2].rstrip(".")
    assert row["key"] == ", ".join(f"`{column}`" for column in table["config"]["meta"]["key"])
    assert row["columns"] == ", ".join(described_column(column) for column in table["columns"])


def rules_and_buckets() -> set[str]:
    """Names of rules and buckets as the SQL writes them."""
    classify = (DBT / "macros/classify.sql").read_text(encoding="utf-8")
    names = set(re.findall(r"(?:then|else) '(\w+)'", classify)) - {"valid"}
    names |= set(re.findall(r"rules\.append\(\(\s*'(\w+)',", classify))
    types = {column["data_type"].split("(")[0] for table in contract_tables() for column in table["columns"]}
    names |= {f"invalid_{name}" for name in types - {"string"}}
    for model in (DBT / "models/staging/classified").glob("*.sql"):
        names |= set(re.findall(r"^ +\('(\w+)', '\w+',", model.read_text(encoding="utf-8"), re.MULTILINE))
    return names


def test_every_rule_and_bucket_is_documented():
    names = rules_and_buckets()
    assert {"missing_required", "malformed_row", "off_scale", "invalid_decimal", "superseded"} <= names
    assert names - named(CONTRACT) == set()


def test_every_quality_flag_is_documented():
    flags = re.findall(
        r"'(\w+)' as flag", (DBT / "models/marts/quality/agg_quality_flags.sql").read_text(encoding="utf-8")
    )
    assert len(flags) > 5
    assert set(flags) - named(CONTRACT) == set()


def test_every_published_table_is_documented():
    marts = {path.stem for path in (DBT / "models/marts").rglob("*.sql")}
    roi = {
        value.removeprefix("roi.") for value in vars(tables).values() if isinstance(value, str) and value[:4] == "roi."
    }
    studies = {table for spec in STUDIES for table in spec.tables}
    documented = {row["table"].strip("`") for row in rows_under(OUTPUTS, "table")}
    assert len(marts) > 5 and len(roi) > 5
    assert marts | roi | studies == documented


def test_every_key_of_the_manifest_is_documented():
    function = ast.parse(inspect.getsource(manifest.manifest_of)).body[0]
    (document,) = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    keys = {key.value for key in document.keys}
    documented = {name for row in rows_under(OUTPUTS, "key") for name in named(row["key"])}
    assert keys == documented


def test_every_unit_of_figures_is_documented():
    assert set(KEPT_DECIMALS) == {name for row in rows_under(OUTPUTS, "unit") for name in named(row["unit"])}


@pytest.mark.parametrize("field", fields(THRESHOLDS), ids=lambda field: field.name)
def test_the_table_of_thresholds_holds_their_values(field):
    (row,) = [row for row in rows_under(METHODS, "check") if field.name in named(row["threshold's name"])]
    stated = re.findall(r"\d+(?:\.\d+)?", row["FAIL" if field.name.endswith("_fail") else "REVIEW"])
    assert f"{getattr(THRESHOLDS, field.name):g}" in stated


def test_every_make_target_is_documented():
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert "run" in targets
    assert {f"make {target}" for target in targets} - named(OPERATIONS) == set()


def anchors(text: str) -> set[str]:
    """Anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", DOCS)
def test_every_link_leads_somewhere(name):
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", DOCS[name], flags=re.DOTALL)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        assert not path or (ROOT / "docs" / path).exists(), target
        if anchor:
            assert anchor in anchors(DOCS[path or name]), target
