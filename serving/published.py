"""The published scores: the score store, and which publication an answer is from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from models.errors import StoreError
from models.score_store.publication import Publication
from models.score_store.store import ScoreStore
from serving.problems import ProblemError

Found = TypeVar("Found")

_TRIES = 3


class PublishedScores:
    """What the store holds.

    Parameters
    ----------
    store : ScoreStore

    Attributes
    ----------
    known : Publication or None
        The newest that was seen.
    trouble : str or None
        Why the store could not be read when it was last asked.
    """

    def __init__(self, store: ScoreStore) -> None:
        self.store = store
        self.known: Publication | None = None
        self.trouble: str | None = None

    def refresh(self) -> Publication | None:
        """Return the current publication, None before the first.

        Raises
        ------
        StoreError
            When the store can't be read.
        """
        try:
            self.known = self.store.current()
        except StoreError as error:
            self.trouble = str(error)
            raise
        self.trouble = None
        return self.known

    def get(self) -> Publication:
        """Return the current publication.

        Raises
        ------
        ProblemError
            503 before the first.
        """
        publication = self.refresh()
        if publication is None:
            detail = "no scores are published yet; run: uptier score --publish"
            raise ProblemError(503, detail, headers={"Retry-After": "60"})
        return publication

    def read(self, ask: Callable[[ScoreStore], Found]) -> tuple[Publication, Found]:
        """Return what the store answers, and of which publication it is.

        When scores are published while it is asked, it is asked again.
        """
        for _ in range(_TRIES):
            publication = self.get()
            found = ask(self.store)
            if self.get().number == publication.number:
                return publication, found
        raise StoreError(f"{self.store.label}: scores are published faster than they are read; ask again")
