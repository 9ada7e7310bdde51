"""The story of one dataset: a publisher changes it, step by step, while readers ask for all of its versions."""

import asyncio
import threading
import time
from collections.abc import Callable
from random import Random
from typing import Final

from backbone.catalog.datasets import read_view
from backbone.errors import NotFound
from backbone.model import View
from backbone.postgres.engine import autocommit, make_engine
from backbone.wiring import postgres_url
from tests.differential.drawing import AS_IT_IS, UNGUARDED, Asked, declared, draw_columns, draw_file, draw_first_file, draw_request
from tests.differential.oracle import Oracle
from tests.differential.routes import Gone, Routes, same, search_everywhere, walk_unpinned
from tests.flows.changing import Changing
from tests.flows.pods import Rowmill
from tests.model import File, Version

KNOWN_WITHIN_S: Final = 30.0
UNPINNED_SHARE: Final = 0.2


class Story:
    """All that is drawn follows from the seed; which of the versions a request meets depends on the publisher's pace, and on it alone."""

    def __init__(self, rowmill: Rowmill, seed: int) -> None:
        self._rowmill = rowmill
        self._seed = seed
        self._published = Random(f"{seed} published")
        self._asked = Random(f"{seed} asked")
        self._columns = draw_columns(self._published)
        self._failure: BaseException | None = None
        self._database = postgres_url(rowmill.settings())
        self.requests = 0

    def tell(self, steps: int, requests: int) -> None:
        """Raises `AssertionError` that says what to repeat."""
        with Changing.begin(self._rowmill, f"drawn-{self._seed % 10**9}") as changing:
            first = draw_first_file(self._published, self._columns)
            changing.load(first, **AS_IT_IS | UNGUARDED | {"types": declared(self._columns)})
            publisher = threading.Thread(target=self._publish, args=(changing, steps))
            publisher.start()
            try:
                while self.requests < requests or publisher.is_alive():
                    self._read(changing)
                    self.requests += 1
            finally:
                publisher.join()
        if self._failure is not None:
            raise self._failure

    def _publish(self, changing: Changing, steps: int) -> None:
        try:
            for _ in range(steps):
                self._step(changing)
        except BaseException as error:
            self._failure = error

    def _step(self, changing: Changing) -> None:
        model = changing.model
        if model.held is not None:
            (changing.publish if self._published.random() < 0.6 else changing.discard)()
            return
        chance = self._published.random()
        newest = model.versions[model.current]
        if chance < 0.12 and newest.made_by is not None and len(model.versions) > 1:
            changing.undo()
        elif chance < 0.22:
            self._retype(changing)
        elif chance < 0.34:
            mode, key = self._mode()
            changing.hold(changing.send(self._file(), mode, key, **AS_IT_IS | UNGUARDED, hold="true"))
        else:
            mode, key = self._mode()
            self._load(changing, mode, key)

    def _mode(self) -> tuple[str, str]:
        mode = self._published.choice(("append", "append", "upsert", "upsert", "replace"))
        return mode, "id" if mode == "upsert" else ""

    def _file(self) -> File:
        return draw_file(self._published, self._columns, with_later=self._published.random() < 0.15)

    def _load(self, changing: Changing, mode: str, key: str) -> None:
        changing.load(self._file(), mode, key, **AS_IT_IS | UNGUARDED)

    def _retype(self, changing: Changing) -> None:
        """To text, which changes how a column is compared, and no text of it."""
        column = self._published.choice(self._columns)
        answer = changing.readers.patch(f"/api/datasets/{changing.name}", json={"types": {column: "text"}})
        if answer.status_code != 202:  # it is text already
            assert answer.status_code in (200, 400, 409), answer.text
            return
        upload = self._rowmill.wait({"id": answer.json()["upload"]})
        assert upload["state"] == "COMPLETE", upload
        model = changing.model
        model.newest += 1
        assert upload["version"] == model.newest
        model.versions[model.newest] = Version(model.uploads, model.rows, None)
        changing.shown[model.newest] = model.rows

    def _read(self, changing: Changing) -> None:
        """Of any version that readers may ask for."""
        versions = dict(changing.model.versions)
        number = self._asked.choice(list(versions))
        seed = self._asked.random()
        random = Random(f"{self._seed} {seed}")
        asked = None
        try:
            view = self._view(changing.name, number)
            asked = draw_request(random, {column.name: column.type for column in view.table.columns})
            oracle = Oracle(view, versions[number].rows)
            if not Routes(changing.readers, changing.name, number, random).check(oracle, asked):
                return
            if random.random() < UNPINNED_SHARE:
                self._current(changing, asked)
            if asked.q and not asked.sort and not asked.filters:
                self._everywhere(changing, asked)
        except Gone as gone:
            _wait(lambda: number not in changing.model.versions, f"version {number} is no more: {gone}")
        except Exception as error:
            home = self._rowmill.home
            logs = f"\n{self._rowmill.logs()}" if "internal-error" in str(error) else ""  # what went wrong inside stands there alone
            raise AssertionError(f"seed {self._seed}, {home}, version {number} of {changing.name}, {asked}\n{error}{logs}") from error

    def _current(self, changing: Changing, asked: Asked) -> None:
        """Without a version in the request, and so while the current one may become another."""
        try:
            version, rows = walk_unpinned(changing.readers, changing.name, asked)
        except Gone:
            return  # undone while it was walked through
        _wait(lambda: version in changing.shown, f"version {version} is known")
        found = Oracle(self._view(changing.name, version), changing.shown[version]).found(asked)
        same(rows, [row for _, row, _ in found], "the current version")

    def _everywhere(self, changing: Changing, asked: Asked) -> None:
        hits = search_everywhere(changing.readers, changing.name, asked)
        if hits is None:
            return
        version, total, rows = hits
        _wait(lambda: version in changing.shown, f"version {version} is known")
        found = Oracle(self._view(changing.name, version), changing.shown[version]).found(asked)
        assert total == len(found)
        same(rows, [row for _, row, _ in found[:20]], "search over all")

    def _view(self, dataset: str, version: int) -> View:
        async def read() -> View:
            engine = make_engine(self._database, connections_max=1)
            try:
                async with autocommit(engine) as connection:
                    return await read_view(connection, dataset, version)
            except NotFound as gone:
                raise Gone(str(gone)) from gone
            finally:
                await engine.dispose()

        return asyncio.run(read())


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + KNOWN_WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
