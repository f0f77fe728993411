"""How the lab is reached: its public address, and whose word is believed about the browser behind a proxy.

X-Forwarded-For and X-Forwarded-Proto count only from a trusted proxy. `Forwarded` (RFC 7239) is never read:
a proxy that writes only one of them passes on what a visitor wrote into the other.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
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
from urllib.parse import urlsplit

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
LONGEST_ADDRESS: Final = 300
PORTS: Final = {"http": 80, "https": 443}
NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\]", re.ASCII)
"""A host: a name, or an IPv4 address, or an IPv6 address in brackets."""
WHITE_SPACE: Final = re.compile(r"[\s\x00-\x1f]")
HOST: Final = re.compile(r"(?P<name>[\w.-]+|\[[\da-f:.]+\])(:(?P<port>\d{1,5}))?", re.ASCII | re.IGNORECASE)
"""A Host header."""
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

    def __str__(self) -> str:
        one = [each for each in self.networks if each.prefixlen == each.max_prefixlen]
        return ", ".join(str(each.network_address if each in one else each) for each in self.networks)


THIS_MACHINE: Final = TrustedProxies.named(LOOPBACK)


def address_in(text: str) -> Address | None:
    """The IP address in a text, without its port and zone; an IPv4-mapped IPv6 address is IPv4."""
    return _address_in(text.strip()) if len(text) <= LONGEST_HOP else None


@functools.lru_cache(maxsize=4096)
def _address_in(text: str) -> Address | None:
    has_port = WITH_PORT.fullmatch(text)
    bare = has_port["six"] or has_port["four"] if has_port else text
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


def public_address_named(text: str) -> str:
    """A public address as browsers write an origin, such as https://lab.example.org; empty for none.

    Raises:
        Invalid: it is no address of a server.
    """
    given = text.strip().rstrip("/")
    if not given:
        return ""
    try:
        parts = urlsplit(given[:LONGEST_ADDRESS])
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except ValueError:
        raise _no_address(given) from None
    name = f"[{host}]" if ":" in host else host
    beyond = parts.path or parts.query or parts.fragment or "@" in parts.netloc
    if (
        parts.scheme not in PORTS
        or beyond
        or WHITE_SPACE.search(given)
        or not NAME.fullmatch(name)
        or len(given) > LONGEST_ADDRESS
    ):
        raise _no_address(given)
    return f"{parts.scheme}://{name}" + (f":{port}" if port and port != PORTS[parts.scheme] else "")


def _no_address(given: str) -> Invalid:
    return Invalid(
        f"“{given[:60]}” is not a public address. Write it as the browser shows it, without a page, such as "
        "https://lab.example.org.",
        field="public_address",
    )


def origin_of(scheme: str, host: str) -> str:
    """The origin of a request by its scheme and Host header; empty if the header is none."""
    found = HOST.fullmatch(host)
    if found is None:
        return ""
    port = int(found["port"]) if found["port"] else PORTS.get(scheme)
    return f"{scheme}://{found['name'].lower()}" + (f":{port}" if port != PORTS.get(scheme) else "")


def is_this_machine(origin: str) -> bool:
    """Whether only browsers on the same machine can reach this origin."""
    name = (urlsplit(origin).hostname or "").rstrip(".")
    return name == "localhost" or name.endswith(".localhost") or address_in(name) in THIS_MACHINE


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """How the lab is reached."""

    public_address: str = ""
    """Its origin, such as https://lab.example.org; empty if it has none."""
    trusted: TrustedProxies = THIS_MACHINE
    set_outside: frozenset[str] = frozenset()
    """Names of the settings that environment variables set."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a request arrived, after what trusted proxies say."""

    scheme: str
    host: str
    client: str
    not_believed: str = ""
    """A proxy that sent X-Forwarded headers and is not trusted."""
    is_direct: bool = False
    """Whether no proxy said who asks."""


def mismatches(shown: str, came: Arrival, settings: NetworkSettings) -> tuple[str, ...]:
    """What does not match, each with what to do: the origin the browser shows (empty if unknown), how its
    request arrived, and the settings.
    """
    seen = origin_of(came.scheme, came.host)
    public = settings.public_address
    wanted = shown or public
    said = []
    if address_in(came.not_believed) in settings.trusted:
        return ()  # the settings are new: the next request shows what the proxy says
    if came.not_believed:
        said.append(
            f"{came.not_believed} passes requests on and isn't a trusted proxy, so its visitors all count as "
            "one. If it is your proxy, add it to the trusted ones; if you don't know it, leave it out."
        )
    if wanted and not _same_host(wanted, seen):
        said.append(
            f"The browser shows {wanted}, but the request arrived for {came.host or 'no host'}. Let the "
            "proxy pass the host on (nginx: proxy_set_header Host $http_host)."
        )
    elif wanted.startswith("https:") and came.scheme == "http":
        said.append(
            "The browser speaks HTTPS, but the request arrived as HTTP: cookies are not protected. Let the "
            "proxy say so (nginx: proxy_set_header X-Forwarded-Proto $scheme), and trust it."
        )
    if came.is_direct and wanted and not is_this_machine(wanted) and address_in(came.client) in THIS_MACHINE:
        said.append(
            "Every visitor seems to sit on this machine, and all share one limit. Let the proxy say who asks "
            "(nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for)."
        )
    if shown and public and shown != public and not is_this_machine(shown):
        said.append(f"The browser shows {shown}, but the public address is {public}: only that is answered.")
    return tuple(said)


def _same_host(one: str, other: str) -> bool:
    """Whether two origins name one host and port; the port of a proxy's scheme may have been left out."""
    first, second = urlsplit(one), urlsplit(other)
    same_port = (first.port or PORTS.get(first.scheme)) == (second.port or PORTS.get(first.scheme))
    return first.hostname == second.hostname and same_port
