"""Inkling's own types as the client reads them."""

from dataclasses import fields
from typing import Any

from inkling.lsp.settings import camel_case


def wire(value: Any) -> dict[str, Any]:
    """Returns the JSON object of one of Inkling's own wire types."""
    return {camel_case(field.name): _wire_value(getattr(value, field.name)) for field in fields(value)}


def _wire_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_wire_value(item) for item in value]
    return wire(value) if hasattr(value, "__dataclass_fields__") else value
