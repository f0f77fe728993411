"""Whose word is believed about the browser behind a proxy: its address, and whether it speaks HTTPS.

X-Forwarded-For and X-Forwarded-Proto count only from a trusted proxy. `Forwarded` (RFC 7239) is never read:
a proxy that writes only one of them passes on what a visitor wrote into the other.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from lab.foundation.errors import Invalid

Address = IPv4Address | IPv6Address

LOOPBACK: Final = "127.0.0.0/8, ::1"
"""Proxies that are trusted unless others are named: those on this machine."""
MOST_HOPS: Final = 20
"""Addresses of X-Forwarded-For that are read, from the nearest one."""
LONGEST_HOP: Final = 64
"""Characters: an IPv6 address in brackets with its port has 47."""
SITE: Final = 64
"""Leading bits of an IPv6 address that one subscriber has."""
WITH_PORT: Final = re.compile(r"\[(?P<six>[^\]]*)\](?::\d{1,5})?|(?P<four>[\d.]+):\d{1,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """Addresses and networks of proxies. A Unix socket counts as this machine."""

    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def named(cls, text: str) -> TrustedProxies:
        """Those in a list with commas or spaces between; an empty one trusts nobody.

        Raises:
            Invalid: one of them is neither an address nor a network.
        """
        found = []
        for each in re.split(r"[,\s]+", text.strip()):
            try:
                found += [ip_network(each, strict=False)] if each else []
            except ValueError as error:
                raise Invalid(
                    f"“{each[:60]}” is neither an address nor a network, such as 10.0.0.5 or 10.0.0.0/8.",
                    field="trusted_proxies",
                ) from error
        return cls(tuple(found))

    def __contains__(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self.networks)


def trusted_proxies() -> TrustedProxies:
    """Those named in LAB_TRUSTED_PROXIES, else this machine."""
    return _named(os.environ.get("LAB_TRUSTED_PROXIES", LOOPBACK))


_named: Final = functools.lru_cache(maxsize=8)(TrustedProxies.named)


def address_in(text: str) -> Address | None:
    """The IP address in a text, without its port and zone; an IPv4-mapped IPv6 address is IPv4."""
    if len(text) > LONGEST_HOP:
        return None
    has_port = WITH_PORT.fullmatch(text.strip())
    bare = has_port["six"] or has_port["four"] if has_port else text.strip()
    try:
        address = ip_address((bare or "").partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def network_in(text: str) -> str:
    """What limits count as one client: an IPv4 address, or the 64 leading bits of an IPv6 address."""
    address = address_in(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, SITE), strict=False))
    return str(address) if address else text[:LONGEST_HOP]


def client_behind(peer: str, forwarded_for: Iterable[bytes], trusted: TrustedProxies) -> str:
    """The address of the client: the nearest hop that is not a trusted proxy.

    What a visitor writes into the header stands left of what proxies append, so it is never reached. Where a
    trusted proxy names something that is no address, that proxy itself is the client.
    """
    nearest = address_in(peer)
    if nearest not in trusted:
        return str(nearest) if nearest else peer
    hops = b",".join(forwarded_for).decode("latin-1").rsplit(",", MOST_HOPS)
    for hop in reversed(hops[-MOST_HOPS:]):
        address = address_in(hop)
        if address is None:
            break
        nearest = address
        if address not in trusted:
            break
    return str(nearest)


def scheme_behind(peer: str, forwarded_proto: Iterable[bytes], trusted: TrustedProxies) -> str | None:
    """http or https as the nearest trusted proxy says, None if it says nothing."""
    if address_in(peer) not in trusted:
        return None
    said = b",".join(forwarded_proto).decode("latin-1").rpartition(",")[2].strip().lower()
    return {"http": "http", "ws": "http", "https": "https", "wss": "https"}.get(said)


class ClientBehind:
    """Sets a request's client and scheme to those of the browser, as far as trusted proxies name them."""

    def __init__(self, app: ASGIApp, trusted: Callable[[], TrustedProxies]) -> None:
        self.app = app
        self.trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            self._see_through(scope)
        await self.app(scope, receive, send)

    def _see_through(self, scope: Scope) -> None:
        trusted = self.trusted()
        # somebody at a Unix socket is on this machine
        peer, port = scope.get("client") or ("127.0.0.1", 0)
        said_for = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        said_proto = [value for name, value in scope["headers"] if name == b"x-forwarded-proto"]
        client = client_behind(peer, said_for, trusted)
        scope["client"] = (client, port if client == peer else 0)
        scheme = scheme_behind(peer, said_proto, trusted)
        if scheme:
            is_websocket = scope["type"] == "websocket"
            scope["scheme"] = scheme.replace("http", "ws") if is_websocket else scheme
