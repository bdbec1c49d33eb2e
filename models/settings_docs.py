"""The reference of `uptier.toml`, written from its models so that it cannot fall behind them."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from features.expressions import FUNCTIONS
from features.schemas import SCHEMAS
from models.settings import Settings
from models.settings_errors import section_model

_HEAD = """# uptier.toml

Every key, what it means and what it is when left out. The file is read once, unknown keys are refused.
Relative paths are relative to the folder of the file. `uptier init FILE...` writes one to begin with.

A variable `UPTIER_<SECTION>__<KEY>` in the environment overrides a key: `UPTIER_TARGET__HORIZON_DAYS=30`.

This page is written from the models: `python -m models.settings_docs`.
"""


_LANGUAGE = """A column of ours may be computed of those of the source, row by row, in SQL: columns (with a
blank: in double quotes), literals, arithmetic, comparisons, `CASE` and functions. So a business's own
words become ours:

```toml
[tables.transactions]
columns = { amount = 'Menge * "Einzel Preis"' }

[tables.events]
columns = { kind = "CASE Art WHEN 'Besuch' THEN 'visit' WHEN 'Beschwerde' THEN 'complaint' ELSE Art END" }
```
"""

_OPEN = """Of `customers` every further column is an attribute. Three of them have a meaning; consent and the
day of signing up are known by common names in several languages, what is called otherwise is mapped:

- `consent`, as in `columns = { consent = "newsletter_ok" }`: whether the customer may be contacted. True,
  1, "yes", "J", "granted" and the like allow it, a date says that it was given; what is empty or "unknown"
  says nothing, and the customer stays in lists; anything else, also a text such as "pending", refuses, and
  the customer is left out of them. `opt_out`, `unsubscribed` and the like are read the other way round. Of
  several such columns a single refusal counts; leave one out with `columns = { sms_opt_in = "" }`. What was
  taken for consent, and how many refuse, is said by `uptier check`.
- `region`, else that of the newest line: what lists are filtered by.
- `signup_date`, `created_at`, `member_since` and the like, as dates: who came at or after `--as-of` is not
  there yet, unless a line, event or contact is older. Of several such dates the earliest counts; who has none
  counts as there all along.
"""


def build_config_docs() -> str:
    """Return `docs/config.md`: a table of keys for every section of `Settings`, and the tables' columns."""
    sections = {name: _section(name, field) for name, field in Settings.model_fields.items()}
    sections["tables"] += f"\n{_columns()}\n{_expressions()}"
    return "\n".join([_HEAD, *sections.values()])


def _columns() -> str:
    """Return the columns that each table may have."""
    rows = [
        f"| `{name}.{column.name}`{' (required)' if column.required else ''} | {column.words} |"
        for name, schema in SCHEMAS.items()
        for column in schema.columns
    ]
    table = "\n".join(["| column | meaning |", "|---|---|", *rows])
    return f"### Columns\n\nThe columns of each table, under our names:\n\n{table}\n\n{_OPEN}"


def _expressions() -> str:
    """Return what may stand where a column is computed."""
    functions = " ".join(f"`{name}`" for name in sorted(FUNCTIONS))
    return f"### Expressions\n\n{_LANGUAGE}\nThe functions: {functions}.\n"


def _section(name: str, field: FieldInfo) -> str:
    model = section_model(field.annotation)
    if model is None:
        return ""
    rows = "\n".join(_rows(model))
    return f"## [{name}]\n\n{field.description or ''}\n\n| key | default | meaning |\n|---|---|---|\n{rows}\n"


def _rows(model: type[BaseModel], prefix: str = "") -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        inner = section_model(field.annotation)
        if inner is not None:
            rows += _rows(inner, f"{prefix}{name}.")
        else:
            meaning = (field.description or _attribute_words(model, name)).replace("|", "\\|")
            rows.append(f"| `{prefix}{name}` | {_default(field)} | {meaning} |")
    return rows


def _attribute_words(model: type[BaseModel], name: str) -> str:
    """Return what the class's docstring says of an attribute."""
    found = re.search(
        rf"^{name} : [^\n]+\n((?: +[^\n]+\n?)+)", inspect.cleandoc(model.__doc__ or ""), re.MULTILINE
    )
    return " ".join(found[1].split()).rstrip(".") if found else ""


def _default(field: FieldInfo) -> str:
    default: Any = (
        field.get_default(call_default_factory=True) if not field.is_required() else PydanticUndefined
    )
    if default is PydanticUndefined:
        return "required"
    if default is None:
        return "none"
    return f"`{json.dumps(default, default=str)}`"


def main() -> None:
    """Write `docs/config.md` of the checkout."""
    path = Path(__file__).parent.parent / "docs" / "config.md"
    path.write_text(build_config_docs(), encoding="utf-8")


if __name__ == "__main__":
    main()
