"""A minimal reader of .xlsx bytes for tests: formulas and cached values as the file holds them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

Cell = tuple[str | None, float | str | bool | None]


def sheet_names(data: bytes) -> list[str]:
    """Sheet names in their order."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    return [sheet.get("name") for sheet in book.iter(f"{MAIN}sheet")]


def defined_names(data: bytes) -> dict[str, str]:
    """Named ranges: name → reference."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    return {name.get("name"): name.text for name in book.iter(f"{MAIN}definedName")}


def read_cells(data: bytes) -> dict[str, dict[str, Cell]]:
    """Per sheet, per reference: (formula or None, value)."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        shared = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
        texts = ["".join(part.text or "" for part in item.iter(f"{MAIN}t")) for item in shared]
        sheets = {}
        for number, name in enumerate(sheet_names(data), start=1):
            root = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
            sheets[name] = {cell.get("r"): _cell(cell, texts) for cell in root.iter(f"{MAIN}c")}
    return sheets


def _cell(cell: ElementTree.Element, texts: list[str]) -> Cell:
    formula, value = cell.find(f"{MAIN}f"), cell.find(f"{MAIN}v")
    raw = None if value is None else value.text
    kind = cell.get("t")
    found: float | str | bool | None = raw
    if kind == "s":
        found = texts[int(raw)]
    elif kind == "b":
        found = raw == "1"
    elif raw is not None and kind != "str":
        found = float(raw)
    return None if formula is None else formula.text, found


def edit_cells(data: bytes, changes: Mapping[tuple[str, str], float | str]) -> bytes:
    """The workbook with some input cells (sheet, reference) changed and no cached formula values, so that whoever opens
    it must compute all of them."""
    names = sheet_names(data)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            content = old.read(item)
            number = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", item)
            if number:
                text = re.sub(r"(</f>)<v>[^<]*</v>", r"\1", content.decode())
                for (sheet, reference), value in changes.items():
                    if sheet == names[int(number[1]) - 1]:
                        text = _changed(text, reference, value)
                content = text.encode()
            new.writestr(item, content)
    return out.getvalue()


def _changed(text: str, reference: str, value: float | str) -> str:
    """The sheet with a constant put into a cell that held a constant (or, of a number, a formula)."""
    old = rf'<c r="{reference}"( s="\d+")?(?: t="\w+")?>(?:<f>[^<]*</f>)?(?:<v>[^<]*</v>)?</c>'
    cell = f"<v>{value!r}</v>" if not isinstance(value, str) else f"<is><t>{value}</t></is>"
    kind = ' t="inlineStr"' if isinstance(value, str) else ""
    text, count = re.subn(old, lambda found: f'<c r="{reference}"{found[1] or ""}{kind}>{cell}</c>', text)
    assert count == 1, f"{reference} is no cell that can be changed"
    return text
