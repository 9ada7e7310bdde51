"""The datasets that every page is looked at with: two versions, a row with a history, one that waits, a source, a webhook, an enrichment."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.flows.enriching import make_enrichment, run_enrichment
from tests.flows.pods import Rowmill
from tests.flows.served import Reply, Served, served

SHOP: Final = b"sku,name,price,sold,made\n" + b"".join(
    b"%d,%s %d,%d.50,%s,2026-01-%02d\n" % (n, (b"lamp", b"table")[n % 2], n, n, (b"true", b"false")[n % 3 == 0], n % 28 + 1)
    for n in range(300)
)
# A name of a file, of a dataset and of a column, and a value, each without a place where a line could break.
LONG_NAME: Final = "quarterly_price_list_of_every_branch_in_every_country_" * 4
LONG_DATASET: Final = LONG_NAME[:60].replace("_", "-")
LONG: Final = f"{LONG_NAME[:120]},n\n{LONG_NAME},1\n".encode()


@pytest.fixture(scope="session")
def names_server() -> Iterator[Served]:
    with served() as server:
        server.replies["/names"] = Reply(
            b'[{"name": "chair", "label": "Seat"}, {"name": "sofa", "label": "one"}, {"name": "sofa", "label": "other"}]'
        )
        yield server


@pytest.fixture(scope="session")
def shop(web_rowmill: Rowmill, names_server: Served) -> dict[str, Any]:
    """Two versions, a row that has a history, rejects and findings; the newest upload."""
    web_rowmill.load(SHOP, dataset="shop", file_name="shop.csv")
    web_rowmill.load(SHOP, dataset="held-shop", mode="upsert", key="sku", file_name="shop.csv")
    held = web_rowmill.upload(b"sku,name\n1,chair\n", dataset="held-shop", mode="upsert", key="sku", hold="true", file_name="held.csv")
    assert web_rowmill.wait(held)["state"] == "HELD"
    web_rowmill.load(LONG, dataset=LONG_DATASET, file_name=f"{LONG_NAME}.csv")
    hook = {"url": "https://shop.example/hook", "datasets": ["nobody-*", "shop"], "events": ["upload.failed", "source.failed"]}
    nightly = {"name": "nightly", "kind": "url", "dataset": "shop", "settings": {"url": "https://shop.example/prices.csv"}}
    pins = [{"title": "By price", "chart": "histogram", "by": "price"}, {"title": "By day", "chart": "line", "by": "made"}]
    with web_rowmill.uploads as http:
        assert http.post("/api/webhooks", json=hook).status_code == 201
        assert http.post("/api/sources", json={**nightly, "schedule": "30 3 * * *", "time_zone": "Europe/Berlin"}).status_code == 201
        assert http.post("/api/sources/nightly/pause").status_code == 200
    web_rowmill.load(b"sku,name\n1,chair\n2,sofa\n3,bench\n4,\n", dataset="named")
    make_enrichment(
        web_rowmill, "named", "list", "name", {"label": "Label"}, {"url": f"{names_server.url}/names", "key": "name"}, on_upload=True
    )
    assert run_enrichment(web_rowmill, "named")["state"] == "DONE"
    with web_rowmill.readers as http:
        assert http.patch("/api/datasets/shop", json={"pins": pins}).status_code == 200
    changed = b"sku,name,price,sold,made\n1,chair,9.50,true,2026-02-01\n2,bench,cheap,true,2026-02-01\n3,stool,1.25,true,2026-02-01,more\n"
    return web_rowmill.load(changed, dataset="shop", file_name="changes.csv", mode="upsert", key="sku", ragged="reject", max_rejects="100%")
