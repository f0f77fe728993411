"""Who a visitor behind proxies is: by the word of trusted proxies, and nobody else's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.foundation.errors import Invalid
from lab.web.door.proxies import (
    LOOPBACK,
    ClientBehind,
    TrustedProxies,
    client_behind,
    network_in,
    scheme_behind,
)
from tests.loops import run

OURS = TrustedProxies.named(f"{LOOPBACK}, 10.0.0.0/8 fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # nobody's proxy
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),  # a proxy on 127.0.0.1, at a dual-stack socket
        ("127.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "[2001:DB8::7]:4711", "2001:db8::7"),
        ("127.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("fe80::1%eth0", "203.0.113.9", "fe80::1"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # what the visitor wrote stands left
        ("127.0.0.1", "203.0.113.9, 10.1.2.3", "203.0.113.9"),  # two proxies of ours
        ("127.0.0.1", "198.51.100.1, 203.0.113.9, 10.1.2.3, fd00::5", "203.0.113.9"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),  # a visitor in our own network
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1, <script>, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", ", ,,", "127.0.0.1"),
        ("127.0.0.1", "999.1.1.1", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9" + ", 10.0.0.1" * 5000, "10.0.0.1"),
        ("127.0.0.1", "1" * 100_000, "127.0.0.1"),
        ("testclient", "203.0.113.9", "testclient"),
    ],
)
def test_the_client_is_the_nearest_hop_that_is_no_proxy_of_ours(
    peer: str, forwarded_for: str, client: str
) -> None:
    assert client_behind(peer, [forwarded_for.encode()] if forwarded_for else [], OURS) == client


def test_a_header_sent_twice_is_read_as_one() -> None:
    assert client_behind("127.0.0.1", [b"198.51.100.1", b"203.0.113.9"], OURS) == "203.0.113.9"


@given(st.lists(st.binary(max_size=60), max_size=4), st.ip_addresses())
def test_nothing_a_visitor_writes_changes_who_they_are(written: list[bytes], address: object) -> None:
    trusted = TrustedProxies.named("127.0.0.1")
    if str(address) == "127.0.0.1":
        return
    plain = client_behind(str(address), [], trusted)
    assert client_behind(str(address), written, trusted) == plain
    assert client_behind("127.0.0.1", [*written, str(address).encode()], trusted) == plain


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("127.0.0.1", [b"https"], "https"),
        ("::ffff:127.0.0.1", [b"https"], "https"),
        ("127.0.0.1", [b"wss"], "https"),
        ("127.0.0.1", [b"HTTPS"], "https"),
        ("127.0.0.1", [b"https, http"], "http"),
        ("127.0.0.1", [b"https", b"http"], "http"),
        ("127.0.0.1", [b"gopher"], None),
        ("127.0.0.1", [], None),
        ("203.0.113.9", [b"https"], None),
    ],
)
def test_only_a_trusted_proxy_says_that_the_browser_speaks_https(
    peer: str, said: list[bytes], scheme: str | None
) -> None:
    assert scheme_behind(peer, said, OURS) == scheme


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.10", False),
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::8", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
    ],
)
def test_limits_count_an_ipv6_subscriber_as_one(one: str, other: str, same: bool) -> None:
    assert (network_in(one) == network_in(other)) is same


@pytest.mark.parametrize("wrong", ["proxy.example.org", "10.0.0.0/64", "*", "10.0.0.1:80"])
def test_a_proxy_that_is_neither_an_address_nor_a_network_is_refused_in_words(wrong: str) -> None:
    with pytest.raises(Invalid, match="neither an address nor a network"):
        TrustedProxies.named(f"127.0.0.1, {wrong}")


@pytest.mark.parametrize(("kind", "scheme"), [("http", "https"), ("websocket", "wss")])
def test_pages_see_the_browsers_address_and_scheme(kind: str, scheme: str) -> None:
    seen = {}

    async def app(scope: dict[str, object], _receive: object, _send: object) -> None:
        seen.update(scope)

    headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-proto", b"https")]
    client = None  # a Unix socket has none
    scope = {"type": kind, "scheme": "http", "client": client, "headers": headers}
    run(ClientBehind(app, lambda: OURS)(scope, None, None))  # type: ignore[arg-type]
    assert (seen["client"], seen["scheme"]) == (("203.0.113.9", 0), scheme)
