"""Tables from a database, as Arrow batches through ADBC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

import polars as pl
import pyarrow as pa
from polars.io.plugins import register_io_source

from features.errors import ConfigError, SourceError

DRIVERS = {
    "postgresql": "adbc_driver_postgresql",
    "postgres": "adbc_driver_postgresql",
    "sqlite": "adbc_driver_sqlite",
}
"""ADBC driver by the URI's scheme."""

_REFUSED = {"money": "numeric", "_money": "numeric[]"}
"""PostgreSQL types whose numbers come without their decimal point, with what to cast them to."""

_SQL_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|.", re.DOTALL)
_SECRET = re.compile(r"(password=)[^&\s]+", re.IGNORECASE)


def is_database(source: str) -> bool:
    """Return whether a source is a database URI."""
    return source.split("://", maxsplit=1)[0].lower() in DRIVERS and "://" in source


def scan_database(uri: str, query: str | None) -> pl.LazyFrame:
    """Return a query's rows lazily; every collect asks the database again, batch by batch.

    Parameters
    ----------
    uri : str
        Such as ``postgresql://user@host/database``; a password in it never shows up in an error.
    query : str
        The SQL.

    Raises
    ------
    ConfigError
        If there is no query.
    SourceError
        If the driver is missing, the database can't be reached or refuses the query.
    """
    if not query or not query.strip():
        example = 'query = "SELECT * FROM sales"'
        raise ConfigError(f"{hide_password(uri)}: a database source needs a query, such as {example}")
    # The driver wraps the query in parentheses; the line break keeps a comment at its end from hiding one.
    query = _strip_end(query) + "\n"
    schema = next(_read_batches(uri, _limit(query))).schema

    def read(
        columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        for batch in _read_batches(uri, query if n_rows is None else _limit(query, n_rows)):
            frame = batch.select(columns) if columns is not None else batch
            yield frame.filter(predicate) if predicate is not None else frame

    return register_io_source(read, schema=schema, explain_name="database")


def hide_password(text: str, uri: str | None = None) -> str:
    """Return a text without the password of a URI, wherever it stands.

    Examples
    --------
    >>> hide_password("postgresql://me:secret@host/db")
    'postgresql://me:***@host/db'
    """
    uri = uri or text
    password = urlsplit(uri).password
    if password:
        for form in {password, unquote(password)}:
            text = re.sub(rf"(?<=[:='\"\s]){re.escape(form)}(?=[@'\"\s]|$)", "***", text)
    return _SECRET.sub(r"\1***", text)


def _strip_end(query: str) -> str:
    """Return a query without the semicolon at its end, whatever comments follow it.

    Examples
    --------
    >>> _strip_end("SELECT ';' AS a; -- all; of them")
    "SELECT ';' AS a"
    """
    tokens = _SQL_TOKEN.findall(query)
    while tokens and (tokens[-1] == ";" or tokens[-1].isspace() or tokens[-1].startswith(("--", "/*"))):
        tokens.pop()
    return "".join(tokens)


def _limit(query: str, n_rows: int = 0) -> str:
    return f"SELECT * FROM ({query}) AS rows_of_source LIMIT {n_rows}"


def _load_driver(uri: str) -> ModuleType:
    name = DRIVERS[uri.split("://", maxsplit=1)[0].lower()]
    try:
        return import_module(f"{name}.dbapi")
    except ImportError as error:
        package = name.replace("_", "-")
        what = f"its driver is not installed; pip install {package}"
        raise SourceError(f"{hide_password(uri)}: {what}") from error


def _read_batches(uri: str, query: str) -> Iterator[pl.DataFrame]:
    """Yield the answer batch by batch, at least one frame."""
    driver = _load_driver(uri)
    try:
        with driver.connect(uri) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            reader = cursor.fetch_record_batch()
            _refuse_types(reader.schema)
            yield _to_frame(reader.schema.empty_table())
            for batch in reader:
                yield _to_frame(pa.Table.from_batches([batch]))
    except driver.Error as error:
        raise SourceError(f"{hide_password(uri)}: {_explain(str(error), uri)}") from error


def _refuse_types(schema: pa.Schema) -> None:
    """Refuse money: it comes as a whole number of cents, or of what the server's locale has for them."""
    for field in schema:
        kind = ((field.metadata or {}).get(b"POSTGRESQL:type") or b"").decode()
        if kind in _REFUSED:
            what = f"column '{field.name}' of the database is {kind.lstrip('_')}"
            remedy = f"cast it to numeric in the query: {field.name}::{_REFUSED[kind]}"
            raise SourceError(f"{what}; {remedy}")


def _explain(message: str, uri: str) -> str:
    """Return what a driver says, in one line with what to do."""
    line = " ".join(hide_password(message, uri).split())
    line = re.split(r" LINE \d+:| Query was:| SQLSTATE:| Is the server running", line)[0]
    reason = re.sub(r"^.*?(FATAL|ERROR): *", "", line)
    if re.search(r"password|authentication|role .* does not exist", reason, re.IGNORECASE):
        return f"the database refuses user or password ({reason})"
    if re.search(r"FATAL|connect|could not translate", line):
        return f"the database can't be reached ({reason}); is it up, and are host, port and name right?"
    return f"the query fails ({reason})"


def _to_frame(table: pa.Table) -> pl.DataFrame:
    """Return Arrow data as polars; types that only the database knows become numbers or text."""
    for position, field in enumerate(table.schema):
        if isinstance(field.type, pa.BaseExtensionType):
            column = table.column(position)
            table = table.set_column(position, field.name, _unwrap(column, field.type))
        elif pa.types.is_nested(field.type) or pa.types.is_interval(field.type):
            table = table.set_column(position, field.name, _write_out(table.column(position)))
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"expected a table, found {type(frame).__name__}")
    return frame


def _unwrap(column: Any, dtype: Any) -> Any:
    if getattr(dtype, "type_name", "") == "numeric":
        return column.cast(dtype.storage_type).cast(pa.float64())
    if str(dtype) == "extension<arrow.uuid>":
        return _write_out(column)
    return column.cast(dtype.storage_type)


def _write_out(column: Any) -> Any:
    """Return values that polars has no type for as text."""
    texts = [None if value is None else str(value) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string())])
