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


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    warm = WarmUp(ScoreStore(tmp_path / "scores.sqlite"), interval_s=60)
    warm.start()
    warm.stop()
    assert warm._thread is not None
    assert not warm._thread.is_alive()
