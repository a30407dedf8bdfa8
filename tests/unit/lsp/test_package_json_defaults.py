"""`package.json` is the list of settings that people read; the daemon's dataclasses must say the same."""

import json
from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from inkling.core.settings import Settings
from inkling.lsp.settings import EXTENSION_ONLY, camel_case, read_settings

_MANIFEST = Path(__file__).parents[3] / "package.json"


def _properties() -> dict[str, dict[str, Any]]:
    sections = json.loads(_MANIFEST.read_text(encoding="utf-8"))["contributes"]["configuration"]
    return {name: schema for section in sections for name, schema in section["properties"].items()}


def _daemon_properties() -> dict[str, dict[str, Any]]:
    return {name: schema for name, schema in _properties().items() if name.split(".")[1] not in EXTENSION_ONLY}


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Field[Any], Any]]:
    for field in fields(value):
        here, inner = f"{path}.{camel_case(field.name)}", getattr(value, field.name)
        if is_dataclass(inner):
            yield from _leaves(inner, here)
        else:
            yield here, field, inner


def test_both_sides_know_the_same_settings_with_the_same_defaults() -> None:
    declared = {name: schema["default"] for name, schema in _daemon_properties().items()}
    known = {
        path: list(value) if isinstance(value, tuple) else value for path, _, value in _leaves(Settings(), "inkling")
    }
    assert declared == known


def test_both_sides_allow_the_same_range() -> None:
    properties = _daemon_properties()
    for path, field, _ in _leaves(Settings(), "inkling"):
        schema = properties[path]
        assert (schema.get("minimum"), schema.get("maximum")) == (
            field.metadata.get("low"),
            field.metadata.get("high"),
        ), path


def test_both_sides_allow_the_same_words_and_package_json_explains_each() -> None:
    properties = _daemon_properties()
    allowed = {
        path: [member.value for member in type(value)]
        for path, _, value in _leaves(Settings(), "inkling")
        if isinstance(value, StrEnum)
    }
    assert allowed
    assert {name: schema["enum"] for name, schema in properties.items() if "enum" in schema} == allowed
    for schema in _properties().values():
        assert len(schema.get("enumDescriptions", [])) in {0, len(schema.get("enum", []))}
    assert all("enumDescriptions" in properties[path] for path in allowed)


def test_each_setting_has_a_place_of_its_own_in_the_list() -> None:
    orders = [schema["order"] for schema in _properties().values()]
    assert orders == sorted(set(orders))


def test_the_declared_defaults_are_read_without_a_problem() -> None:
    tree: dict[str, Any] = {}
    for name, schema in _properties().items():
        *sections, key = name.split(".")[1:]
        node = tree
        for section in sections:
            node = node.setdefault(section, {})
        node[key] = schema["default"]
    assert read_settings(tree) == (Settings(), [])


def test_every_setting_says_what_it_does() -> None:
    assert all(len(schema["markdownDescription"]) > 20 for schema in _properties().values())
