from __future__ import annotations

from pathlib import Path

from models.score_store.store import ScoreStore
from serving.console.warm_up import WarmUp
from tests.models.score_store.bases import PUBLISHED, build_scores


def test_every_publication_is_put_into_order_once(tmp_path: Path) -> None:
    store = ScoreStore(tmp_path / "scores.sqlite")
    warm = WarmUp(store)

    assert not warm.look()
    for _ in range(2):
        store.publish(build_scores(50), project="shop", currency="EUR", published_at=PUBLISHED)
        assert warm.look()
        assert not warm.look()


def test_what_is_prepared_is_not_done_again(tmp_path: Path) -> None:
    store = ScoreStore(tmp_path / "scores.sqlite")
    store.publish(build_scores(50), project="shop", currency="EUR", published_at=PUBLISHED)
    warm = WarmUp(store)
    warm.prepare()
    assert not warm.look()
