"""What is wrong in the settings, in words: where, what was found, what was expected, what to do."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings

from features.errors import ConfigError, find_nearest

PREFIX = "UPTIER_"
_PASSWORD = re.compile(r"(://[^/:@\s]*):[^@\s]*@")
_SHOWN = 80


def build_config_error(settings: type[BaseSettings], error: ValidationError, path: Path) -> ConfigError:
    """Turn pydantic's findings into one line that names file or variable, key, found and expected."""
    found: dict[str, list[ErrorDetails]] = {}
    for each in error.errors():
        found.setdefault(".".join(_key(settings, each["loc"])), []).append(each)
    variables = {name.upper() for name in os.environ}
    lines = []
    for key, details in found.items():
        variable = PREFIX + key.replace(".", "__").upper()
        where = variable if variable in variables else str(path)
        lines.append(f"{where}: {_describe(settings, key, details)}")
    return ConfigError("; ".join(lines))


def check_environment(settings: type[BaseSettings]) -> None:
    """Refuse `UPTIER_<SECTION>__<KEY>` for a section that does not exist.

    Raises
    ------
    ConfigError
        Names the variable and the nearest known section.
    """
    for name in sorted(os.environ):
        section, nested, _ = name.upper().removeprefix(PREFIX).partition("__")
        if name.upper().startswith(PREFIX) and nested and section.lower() not in settings.model_fields:
            hint = _nearest(section.lower(), settings.model_fields)
            raise ConfigError(f"{name}: unknown section {section.lower()}; {hint}")


def known_keys(annotation: Any) -> list[str]:
    """Return the keys that a section or a table of named values may hold, none for a plain value."""
    model = section_model(annotation)
    if model is not None:
        return list(model.model_fields)
    arguments = get_args(annotation)
    if get_origin(annotation) is dict and get_origin(arguments[0]) is Literal:
        return list(get_args(arguments[0]))
    return []


def _key(settings: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Cut what pydantic adds to a key's path: names of union members and the mark of a dict's key."""
    annotation: Any = settings
    key: list[str] = []
    for part in location:
        model = section_model(annotation)
        if model is None and get_origin(annotation) not in {dict, tuple, list}:
            break
        if part != "[key]":
            key.append(str(part))
        field = model.model_fields.get(str(part)) if model else None
        annotation = field.annotation if field else None
    return key


def section_model(annotation: Any) -> type[BaseModel] | None:
    """Return the model of a section, also of an optional one, None for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Annotated, Union, UnionType}:
        return next((model for part in get_args(annotation) if (model := section_model(part))), None)
    return None


def _annotation(settings: type[BaseModel], key: Iterable[str]) -> Any:
    annotation: Any = settings
    for part in key:
        model = section_model(annotation)
        field = model.model_fields.get(part) if model else None
        annotation = field.annotation if field else None
    return annotation


def _describe(settings: type[BaseSettings], key: str, details: list[ErrorDetails]) -> str:
    first = details[0]
    *parent, name = key.split(".")
    if first["type"] == "extra_forbidden" or first["loc"][-1] == "[key]":
        return f"unknown key {key}; {_nearest(name, known_keys(_annotation(settings, parent)))}"
    if first["type"] == "missing":
        return f"{key} is missing; {_what_to_add(settings, key)}"
    expected = " or ".join(dict.fromkeys(_expected(one) for one in details))
    return f"{key} is {_show(first['input'])}, expected {expected}"


def _what_to_add(settings: type[BaseSettings], key: str) -> str:
    if key in {"tables", "tables.transactions"}:
        return 'add [tables.transactions] with source = "FILE", or run `uptier init FILE...`'
    *parent, name = key.split(".")
    model = section_model(_annotation(settings, parent))
    words = model.model_fields[name].description if model and name in model.model_fields else None
    return f"add it: {words}" if words else "add it"


def _expected(details: ErrorDetails) -> str:
    message = re.sub(r"^(Value error, |Assertion failed, )", "", details["msg"])
    message = re.sub(r"^(Input should be |expected )", "", message)
    message = re.sub(r"^a valid integer, .*", "a whole number", message)
    message = re.sub(r"^a valid number, .*", "a number", message)
    message = re.sub(r"^a valid boolean, .*", "true or false", message)
    message = re.sub(r"^a valid (\w+)$", r"a \1", message)
    message = re.sub(r"\ba (dictionary|instance of \w+|valid dictionary.*)$", "a section with keys", message)
    return re.sub(r"\ba integer", "a whole number", message)


def _show(value: object) -> str:
    if isinstance(value, BaseModel | Mapping):
        return "a section"
    text = (
        f'"{value}"'
        if isinstance(value, str)
        else str(value).lower()
        if isinstance(value, bool)
        else repr(value)
    )
    text = _PASSWORD.sub(r"\1:***@", " ".join(text.split()))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _nearest(name: str, known: Iterable[str]) -> str:
    known = list(known)
    close = find_nearest(name, known)
    if close:
        return f"did you mean {close}?"
    return f"known here: {', '.join(known)}" if known else "it has no keys"
