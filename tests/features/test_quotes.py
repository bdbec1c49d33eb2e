from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import SourceError
from features.quotes import find_open_quote
from features.sources import scan_source


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (['1,"open', "2,x"], (1, '"open')),
        (["1,x", '2,5" pipe', "3,z"], (2, '5" pipe')),
        (["1,x", '2,"open', '3,"closed"', '4,"closed, too"'], (2, '"open')),
        (['1,"over', 'two lines"', '2,""', '3,"open'], (4, '"open')),
        (['1,"said ""so"""', '2,"a,b"', '3,""'], None),
        (['"a","b","c"', '"d","e'], (2, '"e')),
    ],
)
def test_the_line_is_found(lines: list[str], found: tuple[int, str] | None) -> None:
    assert find_open_quote([line + "\n" for line in lines], ",") == found


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_an_open_quote_is_said_with_its_line(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "c.csv"
    rows = [f"{i};Zoë {i}" for i in range(30_000)]
    rows[20_000] = '20000;"Zoë'
    rows[25_000] = '25000;"Zoë"'
    path.write_text("\n".join(["id;name", *rows, ""]), encoding)

    says = r'c\.csv: in line 20002 the quote in the field that begins with "Zoë is not closed; close it'
    with pytest.raises(SourceError, match=says):
        scan_source(str(path))
