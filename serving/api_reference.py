"""The reference of the routes, written from their OpenAPI: a page and `docs/api.md` that cannot fall behind.

The page at `/docs` needs no script and no other server, as the tools that are usually put there do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader

Row = tuple[str, str, str]
"""A field or parameter: its name, its type, what it means."""

_METHODS = ("get", "post", "put", "delete")


@dataclass(frozen=True)
class Operation:
    """A route.

    Attributes
    ----------
    method, path : str
    words : str
        What it does.
    parameters : tuple of Row
    body : str
        Name of the model that it takes, if any.
    answers : tuple of Row
        Status, model and when.
    """

    method: str
    path: str
    words: str
    parameters: tuple[Row, ...]
    body: str
    answers: tuple[Row, ...]


@dataclass(frozen=True)
class Model:
    """What a body or an answer holds."""

    name: str
    words: str
    fields: tuple[Row, ...]


def list_operations(document: Mapping[str, Any]) -> list[Operation]:
    """Return the routes of an OpenAPI document, in its order."""
    return [
        _describe(method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in _METHODS
    ]


def list_models(document: Mapping[str, Any]) -> list[Model]:
    """Return the models of an OpenAPI document, by name."""
    schemas = document.get("components", {}).get("schemas", {})
    return [
        Model(
            name, _flat(schema.get("description", "").partition("\nAttributes\n")[0]), tuple(_fields(schema))
        )
        for name, schema in sorted(schemas.items())
        if schema.get("properties")
    ]


def build_markdown(document: Mapping[str, Any]) -> str:
    """Return `docs/api.md`."""
    return _render("api.md", document)


def build_page(document: Mapping[str, Any]) -> str:
    """Return the page at `/docs`."""
    return _render("docs.html", document)


def _render(template: str, document: Mapping[str, Any]) -> str:
    environment = Environment(
        loader=PackageLoader("serving"),
        autoescape=template.endswith("html"),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = lambda text: str(text).replace("|", "\\|")
    words = document["info"]["description"].strip()
    return environment.get_template(template).render(
        words=words, operations=list_operations(document), models=list_models(document)
    )


def _describe(method: str, path: str, operation: Mapping[str, Any]) -> Operation:
    parameters = (
        (each["name"], name_type(each["schema"]), _words(each, required=each.get("required", False)))
        for each in operation.get("parameters", ())
    )
    content = operation.get("requestBody", {}).get("content", {})
    body = next((name_type(each["schema"]) for each in content.values()), "")
    answers = (
        (status, _kinds(answer), answer["description"]) for status, answer in operation["responses"].items()
    )
    return Operation(
        method.upper(), path, operation.get("description", ""), tuple(parameters), body, tuple(answers)
    )


def _fields(schema: Mapping[str, Any]) -> Iterator[Row]:
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        yield name, name_type(field), _words({**field, "schema": field}, required=name in required)


def _kinds(answer: Mapping[str, Any]) -> str:
    found = (name_type(each.get("schema", {})) for each in answer.get("content", {}).values())
    return " or ".join(each for each in found if each)


def _words(described: Mapping[str, Any], *, required: bool) -> str:
    schema = described["schema"]
    words = [_flat(described.get("description", ""))]
    if required:
        words.append("Required.")
    elif schema.get("default") or schema.get("default") in (0, False):
        words.append(f"Default {schema['default']}.")
    words += [f"{label} {schema[name]}." for name, label in _BOUNDS.items() if name in schema]
    return " ".join(each for each in words if each)


_BOUNDS = {"minimum": "At least", "maximum": "At most", "maxItems": "At most so many:"}


def name_type(schema: Mapping[str, Any]) -> str:
    """Return a schema's type in words.

    Examples
    --------
    >>> lines = {"type": "array", "items": {"$ref": "#/components/schemas/Line"}}
    >>> name_type({"anyOf": [lines, {"type": "null"}]})
    'list of Line, or null'
    """
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        kinds = dict.fromkeys(name_type(each) for each in schema["anyOf"])
        plain = [each for each in kinds if each != "null"]
        return " or ".join(plain) + (", or null" if "null" in kinds else "")
    if "enum" in schema:
        return ", ".join(f"{each}" for each in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {name_type(schema.get('items', {}))}"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"object of {name_type(values)}" if isinstance(values, Mapping) else "object"
    return str(schema.get("format") or schema.get("const") or schema.get("type", "any"))


def _flat(text: str) -> str:
    return " ".join(text.split())
