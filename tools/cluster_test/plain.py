"""`k8s/` as people apply it: all of it on one node, a file through the front door, every value verified, and the second time nothing changes."""

import httpx

from tools.cluster_test.kube import Failed, Namespace, load

PLAIN = Namespace("rowmill-plain")
BOOKS = b"title,price\nblue teapot,12.50\ngreen cup,3.20\n"


def apply() -> str:
    PLAIN.create({})
    PLAIN.kubectl("apply", "-f", "k8s", "-R")
    PLAIN.wait_for_rollouts("statefulset", "deployment")
    return f"{len(PLAIN.objects('pods'))} pods ready"


def migrate() -> str:
    PLAIN.execute("deployment/rowmill-query", "rowmill", "migrate")
    return "the schema is up to date"


def upload_and_search() -> str:
    with PLAIN.web() as http:
        nobodys = httpx.get(http.base_url.join("/api/datasets"), timeout=60).status_code
        upload = load(http, BOOKS, dataset="books", mode="replace")
        rows = http.get("/api/datasets/books/rows", params={"q": "teapot"}).json()
        page = http.get("/")
    if nobodys != 401:
        raise Failed(f"without a key the datasets were answered {nobodys}")
    if rows["total"]["value"] != 1:
        raise Failed(f"a search for teapot found {rows['total']}")
    if "<html" not in page.text:
        raise Failed(f"the page is {page.text[:200]!r}")
    return f"{upload['rows']} rows in, 1 found, the page is there"


def verify() -> str:
    return PLAIN.execute("deployment/rowmill-query", "rowmill", "verify", "--deep").strip().splitlines()[-1]


def apply_again() -> str:
    lines = PLAIN.kubectl("apply", "-f", "k8s", "-R").splitlines()
    if changed := [line for line in lines if not line.endswith("unchanged")]:
        raise Failed(f"the second apply changed {changed}")
    return f"{len(lines)} objects unchanged"
