"""Asks each route of a running Rowmill, and holds what it answers against the oracle."""

import io
import json
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from html import unescape
from random import Random
from typing import Any, Final

import httpx
import polars as pl

from backbone.errors import BadRequest
from backbone.model import Column
from backbone.query.formulas import without_formulas
from tests.differential.drawing import Asked
from tests.differential.oracle import Numbered, Oracle, key_of
from tests.flows.reading import GONE, rows_of_csv
from tests.model import Row

TOP_MAX: Final = 100
KNOWN_SHARE: Final = 0.05  # asked again with the tag of the answer


class Gone(Exception):  # noqa: N818
    """The version that was asked for is no more."""


class Routes:
    """Reads one version of a dataset."""

    def __init__(self, http: httpx.Client, dataset: str, version: int, random: Random) -> None:
        self._random = random
        self._http = http
        self._dataset = dataset
        self._version = version

    def ask(self, path: str, **parameters: Any) -> httpx.Response:
        answer = self._http.get(f"/api/datasets/{self._dataset}/{path}", params={"version": self._version, **parameters})
        if answer.status_code in GONE:
            raise Gone(answer.text)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        if self._random.random() < KNOWN_SHARE:
            again = self._http.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
            # 200 where a load has brought the version's table a column meanwhile
            is_other = again.status_code == 200 and again.headers["etag"] != answer.headers["etag"]
            assert again.status_code in (304, *GONE) or is_other, again.status_code
        return answer

    def json(self, path: str, **parameters: Any) -> dict[str, Any]:
        answer = read_json(self.ask(path, **parameters).text)
        assert int(answer["version"]) == self._version
        return answer

    def check(self, oracle: Oracle, asked: Asked) -> bool:
        """Each of the routes, by the same request. Whether it was answered; if not, each has refused it in the same words."""
        try:
            found = oracle.found(asked)
        except BadRequest as refusal:
            self._is_refused(asked, refusal)
            return False
        self._walk(self._random, asked, found)
        self._facets(self._random, oracle, asked)
        self._export(self._random, oracle, asked)
        self._groups(self._random, oracle, asked)
        return True

    def _is_refused(self, asked: Asked, refusal: BadRequest) -> None:
        for path in ("rows", "export", "groups"):
            parameters = {name: value for name, value in _parameters(asked).items() if path != "groups" or name != "sort"}
            answer = self._http.get(f"/api/datasets/{self._dataset}/{path}", params={"version": self._version, **parameters})
            if answer.status_code in GONE:
                raise Gone(answer.text)
            assert (answer.status_code, answer.json()["detail"]) == (400, refusal.detail), (path, answer.text)

    def _walk(self, random: Random, asked: Asked, found: Sequence[Numbered]) -> None:
        """Forward through all pages, of any size each; and one step back."""
        parameters = {**_parameters(asked), **random.choice(({}, {}, {"total": "exact"}, {"highlight": "true"}))}
        rows: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        sizes = random.choice(((1000,), (1000,), (1, 9, 40), (7, 60)))
        while True:
            page = self.json("rows", limit=random.choice(sizes), **parameters, **cursor)
            assert page["total"] == {"value": str(len(found)), "relation": "eq"}, (page["total"], len(found))
            back = page["previous_cursor"]
            assert (back is not None) == bool(rows), "a page before this one"
            if back is not None and random.random() < 0.3:
                before = self.json("rows", limit=len(rows), **parameters, cursor=back)
                assert [row["row"] for row in before["rows"]] == [row["row"] for row in rows[-len(before["rows"]) :]]
            rows += page["rows"]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
            if len(rows) > len(found):
                break
        same([row_of(row["values"]) for row in rows], [row for _, row, _ in found], "rows")
        assert len({row["row"] for row in rows}) == len(rows), "a row stands twice"
        if asked.q and not asked.sort:
            assert [int(float(row["score"])) for row in rows] == [score for _, _, score in found], "scores"
        for row in rows:
            _check_marks(row)
        if rows and random.random() < 0.3:
            one = random.choice(rows)
            assert self.ask(f"rows/{one['row']}").status_code == 200
            told = read_json(self.ask(f"rows/{one['row']}").text)
            assert row_of(told["values"]) == row_of(one["values"]), "one row"
        if not asked.q and not asked.sort and found:
            offset = random.randrange(len(found) + 2)
            page = self.json("rows", **parameters, limit=5, offset=offset)
            same([row_of(row["values"]) for row in page["rows"]], [row for _, row, _ in found[offset : offset + 5]], "offset")

    def _facets(self, random: Random, oracle: Oracle, asked: Asked) -> None:
        name = random.choice(list(oracle.columns))
        top = random.choice((1, 3, TOP_MAX))
        page = self.json("rows", limit=1, facet=f"{name}:top:{top}", **_parameters(asked))
        counts = [(key_of(oracle.columns[name], _text(each["value"])), int(each["count"])) for each in page["facets"][name]]
        same(counts, oracle.faceted(asked, name, top), f"facet {name}")
        numbers = [column.name for column in oracle.columns.values() if column.type in ("integer", "decimal")]
        if numbers:
            name, bounds = random.choice(numbers), sorted(random.sample(range(-20, 200), random.randint(1, 3)))
            page = self.json("rows", limit=1, facet=f"{name}:ranges:{','.join(map(str, bounds))}", **_parameters(asked))
            ranges = [int(each["count"]) for each in page["facets"][name]]
            same(ranges, oracle.ranges(asked, name, [str(bound) for bound in bounds]), f"ranges of {name}")

    def _export(self, random: Random, oracle: Oracle, asked: Asked) -> None:
        form = random.choices(("csv", "ndjson", "parquet", "arrow"), (8, 8, 1, 1))[0]  # a process each of the latter
        if form in ("csv", "ndjson"):
            self._export_lines(random, oracle, asked, form)
            return
        answer = self.ask("export", format=form, **_parameters(asked))
        wanted = oracle.exported(asked)
        frame = pl.read_parquet(io.BytesIO(answer.content)) if form == "parquet" else pl.read_ipc(io.BytesIO(answer.content))
        assert frame.height == len(wanted), form
        texts = [column for column in oracle.columns.values() if column.type == "text"]
        same([_texts(row, texts) for row in frame.iter_rows(named=True)], [_texts(row, texts) for row in wanted], form)

    def _export_lines(self, random: Random, oracle: Oracle, asked: Asked, form: str) -> None:
        how = random.choice(({}, {"safe": "true"}, {"canonical": "true"})) if form == "csv" else {}
        answer = self.ask("export", format=form, **how, **_parameters(asked))
        assert f"-v{self._version}." in answer.headers["content-disposition"]
        if form == "ndjson":
            same([row_of(read_json(line)) for line in answer.text.splitlines()], oracle.exported(asked), "ndjson")
            return
        wanted = oracle.exported(asked, as_written=how != {"canonical": "true"})
        if how == {"safe": "true"}:
            texts = {column.name for column in oracle.columns.values() if column.type == "text"}
            wanted = [{name: without_formulas(cell) if name in texts else cell for name, cell in row.items()} for row in wanted]
        same(rows_of_csv(answer.text), wanted, f"csv {how}")

    def _groups(self, random: Random, oracle: Oracle, asked: Asked) -> None:
        by = random.sample(list(oracle.columns), random.choice((0, 1, 1, 2)))
        sums = [name for name, column in oracle.columns.items() if column.type in ("integer", "decimal") and name not in by]
        aggregates = ",".join(["count", *(f"{op}:{name}" for name in sums for op in ("sum", "count", "max"))])
        groups: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        parameters = {name: value for name, value in _parameters(asked).items() if name != "sort"}
        most_first = random.random() < 0.4
        if most_first:
            parameters["sort"] = "-count"
        while True:
            page = self.json("groups", by=",".join(by), agg=aggregates, limit=random.choice((5, 1000, 1000)), **parameters, **cursor)
            groups += page["groups"]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        same([_group(group, oracle.columns, by) for group in groups], oracle.grouped(asked, by, sums, most_first), f"groups by {by}")


def walk_unpinned(http: httpx.Client, dataset: str, asked: Asked) -> tuple[int, list[Row]]:
    """The current version, whichever that is at the beginning, and all of its rows, whatever is published meanwhile."""
    rows: list[Row] = []
    parameters = {"limit": 20, **_parameters(asked)}
    while True:
        answer = http.get(f"/api/datasets/{dataset}/rows", params=parameters)
        has_other_columns = answer.status_code == 400 and not rows  # than the version that the request was drawn for
        if answer.status_code in GONE or has_other_columns:
            raise Gone(answer.text)
        assert answer.status_code == 200, answer.text
        page = read_json(answer.text)
        rows += [row_of(row["values"]) for row in page["rows"]]
        if page["next_cursor"] is None:
            return int(page["version"]), rows
        parameters["cursor"] = page["next_cursor"]


def search_everywhere(http: httpx.Client, dataset: str, asked: Asked) -> tuple[int, int, list[Row]] | None:
    """Version, total and the first rows of the dataset; None where nothing is found."""
    answer = http.get("/api/search", params={"q": asked.q, "datasets": dataset, "limit": 20})
    assert answer.status_code == 200, answer.text
    hits = read_json(answer.text)["datasets"]
    if not hits:
        return None
    return int(hits[0]["version"]), int(hits[0]["total"]["value"]), [row_of(row["values"]) for row in hits[0]["rows"]]


def same(answered: Sequence[Any], wanted: Sequence[Any], what: str) -> None:
    if list(answered) == list(wanted):
        return
    place = next(
        (at for at, (one, other) in enumerate(zip(answered, wanted, strict=False)) if one != other), min(len(answered), len(wanted))
    )
    shown = [_short(side[place : place + 3]) for side in (answered, wanted)]
    raise AssertionError(
        f"{what}: {len(answered)} answered, {len(wanted)} wanted; from {place} on\n  answered {shown[0]}\n  wanted   {shown[1]}"
    )


def read_json(text: str) -> dict[str, Any]:
    """With every digit of the numbers, as texts."""
    answer = json.loads(text, parse_float=str, parse_int=str)
    assert isinstance(answer, dict)
    return answer


def _parameters(asked: Asked) -> dict[str, Any]:
    parameters: dict[str, Any] = {"q": asked.q, "filter": list(asked.filters), "sort": asked.sort}
    return {name: value for name, value in parameters.items() if value}


def row_of(values: Mapping[str, Any]) -> Row:
    return {name: _text(value) for name, value in values.items() if value is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(row: Mapping[str, Any], columns: Sequence[Column]) -> list[str | None]:
    return [row.get(column.name) for column in columns]


def _group(group: Mapping[str, Any], columns: Mapping[str, Column], by: Sequence[str]) -> dict[str, Any]:
    keys = {name: None if group[name] is None else key_of(columns[name], _text(group[name])) for name in by}
    return keys | {name: None if value is None else Fraction(value) for name, value in group.items() if name not in by}


def _check_marks(row: Mapping[str, Any]) -> None:
    """A fragment is a piece of its value."""
    for name, fragments in (row.get("highlight") or {}).items():
        value = _text(row["values"][name])
        for fragment in fragments:
            assert "<mark>" in fragment
            piece = unescape(re.sub(r"</?mark>", "", fragment).removeprefix("… ").removesuffix(" …"))
            assert piece in value, (piece, value)


def _short(value: Any) -> str:
    text = re.sub(r"x{100,}", "xxx…", repr(value))
    return text if len(text) < 1500 else f"{text[:1500]}…"
