"""dbt's documentation is complete: whatever it shows of the project has a description."""

from __future__ import annotations

import re
import shutil

import pytest
import yaml

from orchestration.transform import manifest
from tests.integration.pipeline import ROOT, Home, copy_of

PACKAGE = "voc_roi"
MACRO = re.compile(r"\{%-? (macro|test) (\w+)\((.*?)\) -?%\}", re.DOTALL)


@pytest.fixture(scope="module")
def project(demo_run):
    with demo_run.home.environment():
        return manifest(demo_run.home.settings)


def silent(described):
    """Names without a description, of pairs of a name and what has one."""
    return sorted(name for name, item in described if not item["description"].strip())


def test_every_model_and_source_is_described(project):
    models = [(node["name"], node) for node in project["nodes"].values() if node["resource_type"] == "model"]
    sources = [(f"{node['source_name']}.{node['name']}", node) for node in project["sources"].values()]
    assert len(models) > 100 and len(sources) > 20
    assert silent([*models, *sources]) == []


def test_every_column_of_a_mart_and_of_a_source_is_described(project):
    marts = [node for node in project["nodes"].values() if node.get("schema") == "marts" and "columns" in node]
    tables = [*marts, *project["sources"].values()]
    columns = [(f"{node['name']}.{name}", column) for node in tables for name, column in node["columns"].items()]
    assert len(columns) > 500
    assert silent(columns) == []


def test_every_macro_and_its_arguments_are_described(project):
    """The arguments are read from the SQL: dbt shows only those that somebody declared."""
    shown = {macro["name"]: macro for macro in project["macros"].values() if macro["package_name"] == PACKAGE}
    written = {}
    for folder in ("macros", "tests/generic"):
        for path in sorted((ROOT / "dbt_project" / folder).glob("*.sql")):
            for kind, name, arguments in MACRO.findall(path.read_text(encoding="utf-8")):
                names = [part.partition("=")[0].strip() for part in arguments.split(",") if part.strip()]
                written[f"test_{name}" if kind == "test" else name] = names
    assert set(written) == set(shown)
    assert silent(shown.items()) == []
    for name, arguments in written.items():
        assert [argument["name"] for argument in shown[name]["arguments"]] == arguments, name
        assert silent((argument["name"], argument) for argument in shown[name]["arguments"]) == [], name


@pytest.mark.validate
def test_dbt_documents_the_project_without_a_warning(demo_run, tmp_path):
    home = copy_of(demo_run.home, tmp_path)
    home.settings.work_dir.mkdir()
    shutil.copyfile(demo_run.home.settings.warehouse_path, home.settings.warehouse_path)
    ended = home.command("dbt-docs")
    assert ended.code == 0, ended.err
    page = home.settings.dbt_target_dir / "static_index.html"
    assert ended.out.strip() == str(page)
    assert "Accounts at risk of leaving, month by month" in page.read_text(encoding="utf-8")


def test_without_a_run_there_is_nothing_to_document(tmp_path):
    ended = Home(root=tmp_path, profile=ROOT / "config/demo").command("dbt-docs")
    assert ended.code == 1
    assert "finish a run first." in ended.err and "Traceback" not in ended.err


def test_common_columns_are_said_once():
    """A block that no column shows is dead text."""
    blocks = re.findall(r"\{% docs (\w+) %\}", (ROOT / "dbt_project/models/_columns__docs.md").read_text("utf-8"))
    texts = [
        column.get("description", "")
        for path in (ROOT / "dbt_project/models").rglob("_*.yml")
        for group in (yaml.safe_load(path.read_text(encoding="utf-8")),)
        for table in [*group.get("models", []), *(t for s in group.get("sources", []) for t in s["tables"])]
        for column in table.get("columns", [])
    ]
    assert blocks and [block for block in blocks if not any(f"doc('{block}')" in text for text in texts)] == []
