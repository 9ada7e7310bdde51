"""Which of an issuer's groups may do what: `admins=admin; loaders=upload+read@shop-*,orders; *=read`. Pure.

The first line that fits somebody is theirs, and no other: together, two lines would give the scopes of one for the datasets of the other.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from backbone.errors import BadRequest
from backbone.runtime.principal import ALL, SCOPES, Scope
from backbone.settings import Settings

ANYBODY: Final = "*"  # whoever has a token for us


class Role(Struct, frozen=True):
    group: str
    scopes: tuple[Scope, ...]
    datasets: tuple[str, ...] = (ALL,)


def read_roles(text: str) -> tuple[Role, ...]:
    """Raises `BadRequest`."""
    roles = tuple(_read(line.strip()) for line in text.split(";") if line.strip())
    if not roles:
        raise _bad("it says nobody's. Without a role nobody may do anything")
    return roles


def role_of(groups: Sequence[str], roles: Sequence[Role]) -> Role | None:
    return next((role for role in roles if role.group == ANYBODY or role.group in groups), None)


def check_oidc(settings: Settings, *, asks_for_keys: bool) -> None:
    """Raises `BadRequest` where an issuer is named and something of it is missing."""
    if not settings.oidc_issuer:
        return
    if not asks_for_keys:
        raise BadRequest("bad-setting", "ROWMILL_OIDC_ISSUER needs ROWMILL_AUTH=keys: as it is, nobody is asked who they are.")
    if not settings.oidc_issuer.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise BadRequest("bad-setting", "ROWMILL_OIDC_ISSUER must be https://…, as its tokens have it in `iss`.")
    if not settings.oidc_audience:
        raise BadRequest("bad-setting", "ROWMILL_OIDC_ISSUER needs ROWMILL_OIDC_AUDIENCE: else tokens for others would be taken, too.")
    read_roles(settings.oidc_roles)


def _read(line: str) -> Role:
    group, equals, rights = line.partition("=")
    scopes, _, datasets = rights.partition("@")
    known: dict[str, Scope] = {scope: scope for scope in SCOPES}
    wanted = [scope.strip() for scope in scopes.split("+")]
    if not group.strip() or not equals or any(scope not in known for scope in wanted):
        raise _bad(f"{line!r} is no group=scope+scope; scopes are {', '.join(SCOPES)}")
    names = tuple(name.strip() for name in datasets.split(",") if name.strip())
    if any(ALL in name[:-1] for name in names):
        raise _bad(f"{line!r} has a dataset with a * that is not at its end")
    return Role(group.strip(), tuple(known[scope] for scope in wanted), names or (ALL,))


def _bad(why: str) -> BadRequest:
    return BadRequest("bad-setting", f"ROWMILL_OIDC_ROLES: {why}. Such as: admins=admin; loaders=upload+read@shop-*,orders; *=read")
