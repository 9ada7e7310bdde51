"""Who may make a source: whoever may upload to its dataset, and manage it."""

import contextvars
from collections.abc import Callable

import pytest

from backbone.errors import NotFound, Rejected
from backbone.http.access import NotAllowed
from backbone.runtime.principal import Principal, Scope, set_asking
from services.upload.sources.routes import NewSource, check_source
from services.upload.sources.settings import Secret

WANTED = NewSource(name="s", kind="url", dataset="shop-prices", settings={"url": "https://a.example"})


def as_key(scopes: tuple[Scope, ...], datasets: tuple[str, ...]) -> Callable[[], None]:
    def check() -> None:
        set_asking(Principal("k", "k", scopes, datasets))
        check_source(WANTED, Secret(), lambda kind, settings, secret: None)  # type: ignore[arg-type, return-value]

    return lambda: contextvars.copy_context().run(check)


@pytest.mark.parametrize(
    ("scopes", "datasets", "refusal"),
    [
        (("manage",), ("*",), NotAllowed),
        (("manage", "upload"), ("bank",), NotFound),
        (("manage", "upload"), ("shop-*",), None),
        (("admin",), ("*",), None),
    ],
)
def test_who_may_make_a_source(scopes: tuple[Scope, ...], datasets: tuple[str, ...], refusal: type[Rejected] | None) -> None:
    if refusal is None:
        as_key(scopes, datasets)()
        return
    with pytest.raises(refusal):
        as_key(scopes, datasets)()
