"""YAML files read so that every later complaint can name the line, and no value is guessed into a type.

Belongs here: YAML text → plain tree with line numbers, pydantic's findings → sentences, and how a month is written.
Does not belong here: what the keys mean (the pydantic models, e.g. `grammar.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from orchestration.errors import SourceError, did_you_mean

Key = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlDocument:
    """A YAML file as plain dicts, lists, texts and None. `lines` gives each key's line, counted from 1."""

    label: str
    data: Any
    lines: Mapping[Key, int]

    def where(self, *key: str | int) -> str:
        """`file:line: dotted.key` of a key, or of its nearest ancestor that is written in the file."""
        written = key
        while written and written not in self.lines:
            written = written[:-1]
        line = f":{self.lines[written]}" if written in self.lines else ""
        return f"{self.label}{line}: {dotted(key)}" if key else f"{self.label}{line}"


def dotted(key: Key) -> str:
    """A key path as people write it: `sources.crm.tables[0].columns.name`."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_yaml(path: Path) -> YamlDocument:
    """Read a YAML file. Every scalar stays the text that was written, but for null.

    Texts, because YAML would turn the labels `No`, `010` and `2024-01-01` into a boolean, an octal number and
    a date before a mapping could compare them. Raises SourceError with a sentence: absent, not YAML, a key
    given twice.
    """
    label = path.as_posix()
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise SourceError(f"{label}: there is no such file; every profile folder needs one.") from None
    except UnicodeDecodeError as error:
        raise SourceError(f"{label}: byte {error.start} is not UTF-8; save the file with the encoding UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SourceError(f"{label}:{line}: this is not valid YAML ({error.problem}); mend that line.") from None
    except yaml.YAMLError as error:
        raise SourceError(f"{label}: this is not valid YAML ({error}).") from None
    lines: dict[Key, int] = {}
    data = _plain(node, (), lines, label) if node is not None else None
    return YamlDocument(label=label, data=data, lines=lines)


def _plain(node: yaml.Node, key: Key, lines: dict[Key, int], label: str) -> Any:
    """The node as dict, list, text or None; notes each key's line. An alias must not contain itself."""
    if len(key) > 30:
        raise SourceError(f"{label}: {dotted(key[:3])} is nested more than 30 levels deep; a YAML alias may loop.")
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    if isinstance(node, yaml.SequenceNode):
        items = []
        for position, item in enumerate(node.value):
            lines[(*key, position)] = item.start_mark.line + 1
            items.append(_plain(item, (*key, position), lines, label))
        return items
    mapping: dict[str, Any] = {}
    for name_node, value_node in node.value:
        name, line = str(name_node.value), name_node.start_mark.line + 1
        if name in mapping:
            raise SourceError(f"{label}:{line}: the key {dotted((*key, name))} is given twice; keep one of the two.")
        lines[(*key, name)] = line
        mapping[name] = _plain(value_node, (*key, name), lines, label)
    return mapping


def validate(document: YamlDocument, model: type[Model]) -> Model:
    """The document as a pydantic model. Raises SourceError with one sentence for every finding."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        problems = [_sentence(document, model, finding) for finding in error.errors()]
        raise SourceError(problems) from None


def _sentence(document: YamlDocument, model: type[BaseModel], finding: Mapping[str, Any]) -> str:
    key: Key = tuple(part for part in finding["loc"] if part != "[key]")
    where = document.where(*key)
    if finding["type"] == "extra_forbidden":
        owner = _model_at(model, key[:-1])
        names = [field.alias or name for name, field in owner.model_fields.items()] if owner else ()
        hint = did_you_mean(str(key[-1]), names)
        return f"{where}: unknown key '{key[-1]}'{hint}"
    if finding["type"] == "missing":
        return f"{document.where(*key[:-1])}: the key '{key[-1]}' is missing; add it."
    if finding["type"] == "value_error":
        return f"{where}: {finding['ctx']['error']}"
    text = finding["msg"][0].lower() + finding["msg"][1:]
    return f"{where}: {text}, but it is {finding['input']!r}."


def _model_at(annotation: Any, key: Key) -> type[BaseModel] | None:
    """The model whose fields are valid at `key`, found by walking the annotations down the path."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not key:
            return annotation
        field = annotation.model_fields.get(str(key[0]))
        return _model_at(field.annotation, key[1:]) if field else None
    arguments = get_args(annotation)
    is_container = get_origin(annotation) in (dict, list, tuple)
    candidates = arguments[-1:] if get_origin(annotation) is dict else arguments
    found = (_model_at(item, key[1:] if is_container else key) for item in candidates if item is not Ellipsis)
    return next((item for item in found if item), None)
