"""Pages of a base with sellers: a row is a customer at a seller."""

from __future__ import annotations

import polars as pl
from starlette.testclient import TestClient

from features.clock import to_microseconds
from models.score_store.store import ScoreStore
from serving.app import create_app
from tests.serving.projects import AS_OF, Project


def test_a_customer_of_two_sellers_has_a_page_with_both(project: Project) -> None:
    shop = project.shop
    scores = shop.scorers[0].score(
        shop.history, to_microseconds(AS_OF), model_version="1", reasons=1, currency="EUR"
    )
    at = [
        scores.with_columns(seller_id=pl.lit(seller), expected_value=pl.col("expected_value") * factor)
        for seller, factor in (('<i>"a"</i>', 1.0), ("b & c", 2.0))
    ]
    store = ScoreStore.open(project.settings)
    store.publish(pl.concat(at), project="shop", currency="EUR", published_at=AS_OF)
    store.dispose()
    with TestClient(create_app(project.settings), headers={"host": "localhost"}) as client:
        who = shop.history.ids[0]
        page = client.get(f"/customer/{who}").text
        assert "&lt;i&gt;&#34;a&#34;&lt;/i&gt;" in page
        other = client.get(f"/customer/{who}", params={"seller": '<i>"a"</i>'})
        assert other.status_code == 200
        assert other.text != page
        listed = client.get("/candidates", params={"seller_id": "b & c", "budget": 50})
        assert "b &amp; c" in listed.text
        assert "&lt;i&gt;" not in listed.text.split('<table class="candidates')[1]
        assert "published without the figures of the base" in client.get("/").text
