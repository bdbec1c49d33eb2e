"""The followed model: the registry's champion, in memory, replaced whole when another one takes over.

Whoever answers a request takes `current` once and works with that to the end, so that no answer mixes two
models. A new champion is loaded and tested beside the old one, which goes on serving when that fails, and
when the registry is gone.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from features.errors import UptierError
from models.errors import TrackingError
from models.model_index import ModelIndex, ModelVersion
from models.playbook import Playbook, load_playbook
from models.registry import Registry
from models.scorer import Scorer
from models.self_test import check_examples
from models.settings import Settings
from serving.watch import Watch

logger = logging.getLogger(__name__)

RETRY_S = 60.0
"""After so long a version that was refused is tried again, in seconds."""


@dataclass(frozen=True)
class ServedModel:
    """A model in memory.

    Attributes
    ----------
    version : ModelVersion
    scorer : Scorer
    as_of : datetime
        The moment it was trained at.
    horizon_days : int
    """

    version: ModelVersion
    scorer: Scorer = field(repr=False)
    as_of: dt.datetime
    horizon_days: int

    @property
    def name(self) -> str:
        """The version as scores name it."""
        return str(self.version.version)


class FollowedModel:
    """Follows the registry.

    Parameters
    ----------
    registry : Registry
    playbook : Playbook, optional
        The built-in one by default.
    interval_s : float
        Between two looks at the registry, in seconds.
    swapped : callable, optional
        Is told of every model that was swapped in, after the first.
    refused : callable, optional
        Is told of every version that could not be.

    Attributes
    ----------
    current : ServedModel or None
        Replaced in one step; None until there is a model.
    trouble : str or None
        Why the registry can't be followed; None when all is well.
    """

    def __init__(
        self,
        registry: Registry,
        playbook: Playbook | None = None,
        interval_s: float = 1.0,
        *,
        swapped: Callable[[], None] = lambda: None,
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        self.registry = registry
        self.current: ServedModel | None = None
        self.trouble: str | None = None
        self.swapped = swapped
        self.refused = refused
        self._playbook = playbook or load_playbook()
        self._seen: object = None
        self._refused: tuple[ModelVersion, str, float] | None = None
        self.watch = Watch(self.refresh, interval_s, "followed-model")

    def refresh(self) -> bool:
        """Look at the registry once; return whether another model serves now."""
        try:
            version = self._find()
            if version is None or not self._is_new(version):
                return False
            served = self._load(version)
        except UptierError as error:
            self._keep_on(str(error))
            return False
        first, self.current, self.trouble = self.current is None, served, None
        logger.info("version %s serves", served.name)
        if not first:
            self.swapped()
        return True

    def _find(self) -> ModelVersion | None:
        """Return the version that should serve; None where nothing changed since it was last looked at."""
        mark = self._mark()
        if mark is not None and mark == self._seen and self._refused is None:
            return None
        try:
            index = self.registry.read()
        except TrackingError as error:
            if self.current is not None:
                raise
            index = self._fall_back(error)
            mark = None
        else:
            if self._refused is None:
                self.trouble = None
        version = index.find_serving()
        self._seen = mark
        return version

    def _fall_back(self, error: TrackingError) -> ModelIndex:
        """Begin with what was last heard of a registry that is gone."""
        index = self.registry.read_cached()
        if index.champion is None and index.challenger is None:
            raise error
        self._keep_on(str(error))
        return index

    def _mark(self) -> object:
        """Return what changes when the embedded index does; None for a server, which must be asked."""
        if self.registry.uri:
            return None
        try:
            found = self.registry.index_path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _is_new(self, version: ModelVersion) -> bool:
        if self.current is not None and self.current.version == version:
            self.trouble = self._refused = None
            return False
        if self._refused is None or self._refused[0] != version:
            return True
        return _now() - self._refused[2] > RETRY_S

    def _load(self, version: ModelVersion) -> ServedModel:
        try:
            bundle = self.registry.load(version)
            scorer = Scorer.from_bundle(bundle, self._playbook)
            check_examples(scorer, bundle)
        except UptierError as error:
            self._refused = (version, str(error), _now())
            self.refused()
            raise
        self._refused = None
        as_of = dt.datetime.fromisoformat(bundle.manifest.as_of)
        return ServedModel(version, scorer, as_of, bundle.manifest.horizon_days)

    def _keep_on(self, trouble: str) -> None:
        if trouble != self.trouble:
            logger.warning("going on with version %s: %s", self.current and self.current.name, trouble)
        self.trouble = trouble


def open_model(settings: Settings) -> FollowedModel:
    """Return the model of a project, loaded if there is one.

    Raises
    ------
    TrackingError, ConfigError
        When the registry's address or the playbook is wrong.
    """
    playbook = load_playbook(Path(settings.serving.playbook) if settings.serving.playbook else None)
    model = FollowedModel(Registry.open(settings), playbook, settings.serving.follow_s)
    model.refresh()
    return model


def _now() -> float:
    return dt.datetime.now(dt.UTC).timestamp()
