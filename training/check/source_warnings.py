"""What the reading of a source warns of, such as a copy of a file that it left out, told as findings."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from training.check.findings import Finding

_READING = logging.getLogger("features")
_OF_COLUMN = re.compile(r"\w+\.(?P<column>[^:]+): (?P<text>.*)", re.DOTALL)


class SourceWarnings(logging.Handler):
    """Listens to what the layer of the sources warns of while a table is read; use it as a context."""

    def __init__(self, table: str) -> None:
        super().__init__(logging.WARNING)
        self._table = table
        self._texts: dict[str, None] = {}

    def __enter__(self) -> Self:
        _READING.addHandler(self)
        return self

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning, once."""
        self._texts[record.getMessage()] = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _READING.removeHandler(self)

    def findings(self) -> Iterator[Finding]:
        """Yield a warning for each column that is read with a doubt, a note for each file left out."""
        for text in self._texts:
            if of_column := _OF_COLUMN.fullmatch(text):
                advice = "if it is meant otherwise, map the column with an expression"
                yield Finding.warning(
                    self._table, of_column["column"], "read_in_doubt", of_column["text"], advice
                )
            else:
                yield Finding.note(self._table, "", "left_out", text, "right unless its rows are wanted")
