"""The commented `uptier.toml` that a guess becomes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel

from features.errors import ConfigError
from features.schemas import SCHEMAS
from features.sources import is_uri
from models.settings import DimensionsConfig, ProjectConfig, ServingConfig, TrackingConfig, TrainingConfig
from models.target import TargetConfig
from training.gaps import REPEAT_SHARE
from training.starter.guess import Guess, TableGuess
from training.wording import percent, toml_key

_COMMENT_COLUMN = 40
_ATTRIBUTES = {"region": "where the customer is; lists can be filtered by it"}
_GENERIC = {"data", "transactions", "orders", "sales", "export", "tmp", "downloads", ""}


def save_starter_config(guess: Guess, path: Path, *, force: bool = False) -> None:
    """Write the config aside and rename it into place.

    Raises
    ------
    ConfigError
        There is a file already and `force` is not set, or the folder can't be written to.
    """
    if path.exists() and not force:
        raise ConfigError(f"{path}: there is one already; --force replaces it, --config FILE writes another")
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(build_starter_config(guess, path.absolute().parent), encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: can't be written ({error.strerror})") from error
    finally:
        # What kept the file from being written can keep it from being removed; the first is told.
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def build_starter_config(guess: Guess, folder: Path) -> str:
    """Return the text of `uptier.toml`.

    Parameters
    ----------
    guess
        What the files seem to be.
    folder
        Where the config will lie; sources below it are written relative to it.
    """
    lines = guess.tables["transactions"]
    currency, said_by = _find_currency(guess)
    name = _project_name(lines.source, folder)
    horizon = guess.suggested_horizon_days or TargetConfig().horizon_days
    parts = [
        "# Written by `uptier init` from what it saw in the files. Look it over, then run `uptier check`.\n",
        _section(
            "project",
            ProjectConfig(name=name, currency=currency),
            {"currency": said_by} if said_by else {},
        ),
        *(_table(table, folder) for table in guess.tables.values()),
        _section("target", TargetConfig(horizon_days=horizon), {"horizon_days": _say_horizon(guess)}),
        _section("training", TrainingConfig()),
        _section("tracking", TrackingConfig(model=name)),
        _section("dimensions", DimensionsConfig()),
        _section("serving", ServingConfig()),
    ]
    return "\n".join(parts)


def describe_guess(guess: Guess) -> Iterator[str]:
    """Yield what was recognised, a line each."""
    for table in guess.tables.values():
        columns = ", ".join(
            ours if ours == theirs else f"{ours} = {theirs}" for ours, theirs in table.columns.items()
        )
        yield f"{table.table}: {table.source} ({columns})"
        if table.date_order is not None:
            yield f"  timestamp: {table.date_order} under [tables.{table.table}]"
        yield from (f"  {each}" for each in _say_further(table))
        if table.good < 1:
            yield f"  {percent(table.good)} of the first rows read well; `uptier check` tells about the rest"
    for source, reason in guess.puzzling.items():
        yield f"left out: {source}: {reason}"
    yield "currency: {} ({})".format(*_find_currency(guess))
    yield f"horizon: {_say_horizon(guess)}"


def _say_further(table: TableGuess) -> Iterator[str]:
    """Yield what the source holds besides, and how to use it."""
    if table.unused:
        unused = ", ".join(_show(name) for name in table.unused)
        yield f'not used: {unused}; to use one, give it a name of ours, as in channel = "its_name"'
    if table.table == "customers":
        taken = ", ".join(_show(name) for name in table.consent)
        yield (
            f"consent, by its name: {taken}; where it says no, the customer is left out of lists"
            if taken
            else 'consent: none recognised, nobody is left out of lists; name it: consent = "theirs"'
        )
        yield 'every further column is an attribute; leave one out: its_name = ""'


def _find_currency(guess: Guess) -> tuple[str, str]:
    """Return the currency, and what told it."""
    return next(
        ((table.currency, table.currency_from) for table in guess.tables.values() if table.currency),
        ("EUR", "not in the files: please check"),
    )


def _say_horizon(guess: Guess) -> str:
    if guess.suggested_horizon_days is None or guess.gaps is None:
        return f"the default of {TargetConfig().horizon_days} days; too little history to suggest another"
    typical = guess.gaps.quantile(REPEAT_SHARE)
    return f"suggested by the data: {percent(REPEAT_SHARE)} of the repeat orders come within {typical} days"


def _project_name(source: str, folder: Path) -> str:
    """Return the first telling name of the file, its folder, the config's folder."""
    for candidate in (Path(source).stem, Path(source).parent.name, folder.name):
        name = re.sub(r"[^a-z0-9]+", "-", candidate.lower()).strip("-")
        if name not in _GENERIC:
            return name[:100]
    return "uptier"


def _section(name: str, section: BaseModel, comments: dict[str, str] | None = None) -> str:
    fields = type(section).model_fields
    lines = [f"[{name}]"]
    for key, value in section:
        words = (comments or {}).get(key) or fields[key].description or ""
        lines.append(_comment(f"{key} = {_to_toml(value)}", words))
    return "\n".join(lines) + "\n"


def _table(table: TableGuess, folder: Path) -> str:
    schema = {column.name: column for column in SCHEMAS[table.table].columns}
    lines = [f"[tables.{table.table}]", f"source = {_to_toml(_relative(table.source, folder))}"]
    if table.date_order is not None:
        day_first = f"day_first = {_to_toml(table.date_order.day_first)}"
        lines.append(_comment(day_first, f"assumed: {table.date_order}"))
    lines.append("")
    lines.append(_comment(f"[tables.{table.table}.columns]", "ours = theirs, or an expression of theirs"))
    for ours, theirs in table.columns.items():
        words = schema[ours].words if ours in schema else _ATTRIBUTES.get(ours, "")
        lines.append(_comment(f"{toml_key(ours)} = {_to_toml(theirs)}", words))
    absent = [name for name in schema if name not in table.columns]
    if absent:
        lines.append(f"# not found: {', '.join(absent)}")
    lines += [f"# {each}" for each in _say_further(table)]
    return "\n".join(lines) + "\n"


def _relative(source: str, folder: Path) -> str:
    if is_uri(source):
        return source
    path, folder = Path(source).expanduser().resolve(), folder.resolve()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _comment(text: str, words: str) -> str:
    return f"{text.ljust(_COMMENT_COLUMN)}  # {words}" if words else text


def _show(name: str) -> str:
    """Return a column's name on one line, whatever it holds."""
    return name if name.isprintable() else json.dumps(name)


def _to_toml(value: object) -> str:
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, dict):
        inside = ", ".join(f"{toml_key(str(key))} = {_to_toml(each)}" for key, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_to_toml(each) for each in value) + "]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    # JSON leaves DEL as it is, TOML does not allow it.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
