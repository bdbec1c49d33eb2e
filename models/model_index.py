"""What is registered: the versions of a model with their figures, and which one is the champion."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from models.errors import TrackingError

CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
LADDER: Final = "ladder/"
"""Figures of the ladder's rungs are kept as ``ladder/<rung>/<figure>``."""


class ModelVersion(BaseModel):
    """One registered version; everything that a list of models shows.

    Attributes
    ----------
    version : int
        Counts from 1; the store gives it.
    bundle : str
        Checksum of the bundle's manifest: names its content, whichever store holds it.
    created : datetime
        When it was registered.
    run_id : str
        The store's run, with parameters, all figures, data set and report.
    source : str
        Where the store keeps the model: a folder below the workspace, or the server's address of it.
    forced : bool
        Promoted although the gate refused.
    replaces : int, optional
        The champion that it took over from: where a rollback leads.
    figures : mapping of str to float
        The few figures that versions are compared by; a figure that could not be had is null.
    about : mapping of str to str
        Moment of training, grade and whatever else was said about it.
    """

    model_config = ConfigDict(frozen=True)

    version: int = Field(ge=1)
    bundle: str = Field(pattern=r"^[0-9a-f]{64}$")
    created: datetime
    run_id: str
    source: str
    forced: bool = False
    replaces: int | None = None
    figures: dict[str, float | None] = {}
    about: dict[str, str] = {}

    @property
    def was_refused(self) -> bool:
        """Whether the gate refused it."""
        return self.about.get("gate", "passed") != "passed"


class ModelIndex(BaseModel):
    """All versions of one registered model, oldest first, and the aliases that point to them."""

    model_config = ConfigDict(frozen=True)

    store: str
    model: str
    aliases: dict[str, int] = {}
    versions: tuple[ModelVersion, ...] = ()

    @property
    def champion(self) -> ModelVersion | None:
        """The version that serves, or None before the first promotion."""
        return self.get(self.aliases.get(CHAMPION))

    @property
    def challenger(self) -> ModelVersion | None:
        """The newest version that waits for promotion, or None."""
        return self.get(self.aliases.get(CHALLENGER))

    def find_serving(self) -> ModelVersion:
        """Return the champion, or the newest version where none was promoted yet.

        Raises
        ------
        TrackingError
            When there is no model.
        """
        version = self.champion or self.challenger
        if version is None:
            raise TrackingError(f"{self.model}: there is no model yet; run: uptier train")
        return version

    def get(self, version: int | None) -> ModelVersion | None:
        """Return a version by its number, or None."""
        return next((each for each in self.versions if each.version == version), None)

    def find(self, name: str | int = CHAMPION) -> ModelVersion:
        """Return a version by alias or number.

        Raises
        ------
        TrackingError
            When there is no such version; says which there are.

        Examples
        --------
        >>> ModelIndex(store="", model="shop").find("champion")
        Traceback (most recent call last):
        models.errors.TrackingError: model 'shop': no version is registered; run `uptier train`
        """
        text = str(name)
        number = int(text) if text.isascii() and text.isdigit() else self.aliases.get(text)
        found = self.get(number)
        if found is not None:
            return found
        if not self.versions:
            raise TrackingError(f"model {self.model!r}: no version is registered; run `uptier train`")
        known = ", ".join([*(str(each.version) for each in self.versions[-10:]), *sorted(self.aliases)])
        hint = "; run `uptier promote VERSION`" if text == CHAMPION else ""
        raise TrackingError(
            f"model {self.model!r}: no version {text!r} is registered, there are {known}{hint}"
        )
