"""API keys: who may ask the service for what.

A key is ``uptier_<id>_<secret>``, the secret 32 random bytes. Stored is its SHA-256: a slow hash protects
what people choose, but 2^256 random secrets can't be tried, and a key is checked with every request. The id
finds the hash, which is compared in constant time; for an unknown id a comparison of the same cost is made.
"""

from __future__ import annotations

import builtins
import datetime as dt
import hashlib
import hmac
import logging
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from features.errors import ConfigError
from models.errors import StoreError
from models.score_store.database import Database
from models.score_store.uris import open_database
from models.settings import Settings
from serving.watch import Watch

logger = logging.getLogger(__name__)

INTERVAL_S = 1.0
"""Between two looks at the database, in seconds."""

PREFIX = "uptier_"
_FORM = re.compile(r"uptier_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_NOBODY = "0" * 64
_LONGEST_NAME = 100
_NAME = re.compile(rf"[^\x00-\x1f\x7f]{{1,{_LONGEST_NAME}}}")

_METADATA = sa.MetaData()
_TABLE = sa.Table(
    "api_keys",
    _METADATA,
    sa.Column("id", sa.String(12), primary_key=True),
    sa.Column("name", sa.String(_LONGEST_NAME), nullable=False, unique=True),
    sa.Column("scope", sa.String(10), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("created", sa.String(32), nullable=False),
    sa.Column("revoked", sa.String(32)),
)


class Scope(StrEnum):
    """What a key allows; `admin` is all of it."""

    PREDICT = "predict"
    READ = "read"
    ADMIN = "admin"


@dataclass(frozen=True)
class Key:
    """A key without its secret; moments are ISO 8601."""

    id: str
    name: str
    scope: Scope
    created: str
    revoked: str | None = None

    def allows(self, scope: Scope) -> bool:
        """Tell whether the key is of this scope."""
        return self.revoked is None and self.scope in {scope, Scope.ADMIN}


class Keys:
    """The keys of a project, in the database of its score store.

    Checking asks the database for nothing: what is known is read anew every second.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[str, Key]] = {}
        self._well = True
        self.watch = Watch(self._follow, INTERVAL_S, "keys")

    @property
    def configured(self) -> bool:
        """Whether there ever was a key; without one the service is open, and on loopback only."""
        return bool(self._known)

    def create(self, name: str, scope: Scope, now: dt.datetime) -> tuple[str, Key]:
        """Make a key; return it in full, for the only time, and its record.

        Raises
        ------
        ConfigError
            When the name is no name, or that of a key which is not revoked.
        """
        if not _NAME.fullmatch(name):
            raise ConfigError("the name of a key has 1 to 100 characters, and no control characters")
        key = Key(secrets.token_hex(6), name, scope, now.isoformat(timespec="seconds"))
        secret = f"{PREFIX}{key.id}_{secrets.token_urlsafe(32)}"
        row = {"id": key.id, "name": name, "scope": scope.value, "created": key.created}
        with self._database.writing() as connection:
            _METADATA.create_all(connection)
            _free_name(connection, name)
            connection.execute(_TABLE.insert().values(**row, digest=_digest(secret)))
        return secret, key

    def list(self) -> list[Key]:
        """Return all keys, the revoked ones too, oldest first."""
        return [key for _, key in self._select()]

    def revoke(self, name: str, now: dt.datetime) -> Key:
        """Refuse a key from now on, by its name or id.

        Raises
        ------
        ConfigError
            When there is no such key that is not revoked.
        """
        known = {key.name: key for key in self.list() if key.revoked is None}
        key = known.get(name) or next((each for each in known.values() if each.id == name), None)
        if key is None:
            raise ConfigError(f"there is no valid key {name!r}; see: uptier keys list")
        with self._database.writing() as connection:
            moment = now.isoformat(timespec="seconds")
            connection.execute(_TABLE.update().where(_TABLE.c.id == key.id).values(revoked=moment))
        return key

    def check(self, secret: str, scope: Scope) -> Key | None:
        """Return the key if it is one of ours, not revoked, and of this scope; else None."""
        key = self.find(secret)
        return key if key is not None and key.allows(scope) else None

    def find(self, secret: str) -> Key | None:
        """Return the key if it is one of ours and not revoked, whatever its scope."""
        form = _FORM.fullmatch(secret)
        digest, key = self._known.get(form[1] if form else "", (_NOBODY, None))
        right = hmac.compare_digest(_digest(secret), digest)
        return key if right and key is not None and key.revoked is None else None

    def recall(self, key_id: str) -> tuple[str, Key] | None:
        """Return the stored digest and the record of a key by its id, revoked or not; None when unknown."""
        return self._known.get(key_id)

    def refresh(self) -> None:
        """Read the keys anew.

        Raises
        ------
        StoreError
            When the database can't be read; what was known stays.
        """
        self._known = {key.id: (digest, key) for digest, key in self._select()}

    def dispose(self) -> None:
        """Close all connections."""
        self._database.engine.dispose()

    def _select(self) -> builtins.list[tuple[str, Key]]:
        """Return the keys with their digests; none before the first was made."""
        if not self._database.exists():
            return []
        with self._database.reading() as connection:
            if not self._database.has_table(connection, _TABLE.name):
                return []
            rows = connection.execute(sa.select(_TABLE).order_by(_TABLE.c.created, _TABLE.c.id)).mappings()
            return [(row["digest"], _read(row)) for row in rows]

    def _follow(self) -> None:
        try:
            self.refresh()
            self._well = True
        except StoreError as error:
            if self._well:
                logger.warning("going on with the keys that are known: %s", error)
            self._well = False


def open_keys(settings: Settings) -> Keys:
    """Return the keys of a project, in the database that `[serving] store` names."""
    return Keys(open_database(settings.serving.store or settings.project.workspace / "scores.sqlite"))


def _free_name(connection: sa.Connection, name: str) -> None:
    """Let a new key have a name: a revoked one of this name gets its id behind it."""
    holder = connection.execute(sa.select(_TABLE).where(_TABLE.c.name == name)).mappings().first()
    if holder is None:
        return
    if holder["revoked"] is None:
        raise ConfigError(f"there is a key named {name!r} already; uptier keys revoke ends it")
    suffix = f" {holder['id']}"
    other = name[: _LONGEST_NAME - len(suffix)] + suffix
    connection.execute(_TABLE.update().where(_TABLE.c.id == holder["id"]).values(name=other))


def _read(row: sa.RowMapping) -> Key:
    return Key(row["id"], row["name"], Scope(row["scope"]), row["created"], row["revoked"])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
