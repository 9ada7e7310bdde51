"""Which addresses requests go to, and what a URL and a redirect may be."""

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.errors import BadRequest
from backbone.outgoing.addresses import Refused, check_addresses, is_public, read_allowed
from backbone.outgoing.request import OutgoingRequest, read_url, redirected
from backbone.outgoing.retries import RETRY_AFTER_S_MAX, retry_after_s, wait_s

INSIDE = (
    "127.0.0.1 127.9.9.9 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.100.100.200 100.64.0.1 192.0.0.192 "
    "198.18.0.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 ::1 :: ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 "
    "::ffff:a00:1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::a00:1 2002:7f00:1:: 2002:a9fe:a9fe::1 2001:0:7f00:1::1 fe80::1 fe80::1%1 "
    "fec0::1 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1 100::1 5f00::1"
)
OUTSIDE = (
    "8.8.8.8 1.1.1.1 93.184.215.14 172.32.0.1 100.128.0.1 2606:4700:4700::1111 2a00:1450:4001:81b::200e ::ffff:8.8.8.8 64:ff9b::808:808"
)
NOBODY = read_allowed("")


@pytest.mark.parametrize("address", INSIDE.split())
def test_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(Refused, match="ROWMILL_OUTGOING_ALLOW"):
        check_addresses("evil.example", 443, ["8.8.8.8", address], NOBODY)


@pytest.mark.parametrize("address", OUTSIDE.split())
def test_outside_is(address: str) -> None:
    assert is_public(ip_address(address))
    assert check_addresses("shop.example", 443, [address], NOBODY) == [address]


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_judged_as_itself(address: object) -> None:
    inner = ip_address(str(address))
    wrapped = [ip_address(f"::ffff:{inner}"), ip_address(f"64:ff9b::{inner}")]
    assert {is_public(each) for each in wrapped} == {is_public(inner)}


def test_what_the_operator_allows() -> None:
    allowed = read_allowed("prices.internal:8081, 10.1.0.0/16, 127.0.0.1:9000, [fd00::1]:443, Files.Internal")
    assert check_addresses("prices.internal", 8081, ["10.9.9.9"], allowed)
    assert check_addresses("files.internal.", 1234, ["10.9.9.9"], allowed)
    assert check_addresses("any.example", 5555, ["10.1.2.3"], allowed)
    assert check_addresses("any.example", 9000, ["127.0.0.1"], allowed)
    assert check_addresses("any.example", 9000, ["::ffff:127.0.0.1"], allowed)
    assert check_addresses("any.example", 443, ["fd00::1"], allowed)
    for host, port, address in [
        ("prices.internal", 8082, "10.9.9.9"),
        ("evil.prices.internal", 8081, "10.9.9.9"),
        ("any.example", 9001, "127.0.0.1"),
        ("any.example", 9000, "8.8.8.8"),  # the port was allowed for another address
        ("any.example", 22, "8.8.8.8"),
    ]:
        with pytest.raises(Refused):
            check_addresses(host, port, [address], allowed)


@pytest.mark.parametrize("setting", ["*", "10.0.0.0/99", "host:0", "host:99999", "host:http", "[::1", "a/b"])
def test_an_allowance_that_nobody_understands_is_told(setting: str) -> None:
    with pytest.raises(BadRequest, match="ROWMILL_OUTGOING_ALLOW"):
        read_allowed(setting)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "prices.csv",
        "ftp://a/b",
        "file:///etc/passwd",
        "gopher://a",
        "https://",
        "https://user:password@a/",
        "https://a\\@b/",
        "http://a b/",
        "http://a/\r\nX: y",
        "http://a:99999/",
    ],
)
def test_what_is_no_url_to_go_to(url: str) -> None:
    with pytest.raises(Refused):
        read_url(url)


def test_credentials_stay_with_their_origin() -> None:
    request = OutgoingRequest(url="https://a.example/x", secret_headers={"authorization": "Bearer s"}, headers={"x-open": "1"})
    here = redirected(request, read_url(request.url), "/y?z=1", 302)
    assert (here.url, here.secret_headers) == ("https://a.example/y?z=1", {"authorization": "Bearer s"})
    for elsewhere in ("https://b.example/", "https://a.example:8443/", "//sub.a.example/"):
        moved = redirected(request, read_url(request.url), elsewhere, 302)
        assert (moved.secret_headers, moved.headers) == ({}, {"x-open": "1"})
    for bad in ("http://a.example/", "file:///etc/passwd", "https://u:p@b.example/"):
        with pytest.raises(Refused):
            redirected(request, read_url(request.url), bad, 302)


def test_when_to_ask_again() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert retry_after_s("7", now) == 7
    assert retry_after_s("Thu, 01 Jan 2026 00:01:00 GMT", now) == 60
    assert retry_after_s("Wed, 31 Dec 2025 00:01:00 GMT", now) == 0
    assert retry_after_s("soon", now) is None and retry_after_s(None, now) is None
    assert wait_s(1, RETRY_AFTER_S_MAX + 1) is None
    assert (wait_s(1, 9.0) or 0) >= 9
    assert 0 < (wait_s(3, None) or 0) <= 2
