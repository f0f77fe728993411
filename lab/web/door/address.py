"""Where the lab is: its own address for whatever is scanned, sent or printed, and the way a request came."""

from __future__ import annotations

from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import Scope

from lab.access.network import Arrival, origin_of
from lab.web.door.settings import network_settings

NOT_BELIEVED: Final = b"x-lab-not-believed"
"""Tells the desk that somebody who is not trusted claimed to be a proxy."""
DIRECT: Final = b"x-lab-direct"
"""Tells the desk that no proxy said who asks."""
PARENT: Final = b"x-lab-parent"
"""Tells the desk that a request comes from the light process."""


def arrival_of(request: HTTPConnection) -> Arrival:
    """How a request arrived, as far as trusted proxies say."""
    scope = request.scope
    client = request.client.host if request.client else ""
    scheme = scope["scheme"].replace("ws", "http")
    return Arrival(
        scheme,
        request.headers.get("host", ""),
        client,
        scope.get("not_believed", ""),
        scope.get("is_direct", False),
    )


def own_address(request: HTTPConnection) -> str:
    """The lab's own origin for whatever is scanned, sent or printed: its public address, else the one under
    which it was asked.
    """
    came = arrival_of(request)
    return network_settings().public_address or origin_of(came.scheme, came.host)


def is_own_origin(request: HTTPConnection, origin: str) -> bool:
    """Whether a page of this lab sent the request: from the public address, or from where it was asked."""
    came = arrival_of(request)
    asked = origin_of(came.scheme, came.host)
    # a proxy that does not say HTTPS is no reason to refuse its pages; one that does is believed
    also = origin_of("https", came.host) if came.scheme == "http" else asked
    return bool(origin) and origin in {network_settings().public_address, asked, also}


def way_of(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Headers that tell another process of ours how a request arrived."""
    is_secure = scope["scheme"] in ("https", "wss")
    said = [(b"x-forwarded-proto", b"https" if is_secure else b"http")]
    if scope.get("client"):
        said.append((b"x-forwarded-for", str(scope["client"][0]).encode("latin-1", "replace")))
    if scope.get("is_direct"):
        said.append((DIRECT, b"yes"))
    if scope.get("not_believed"):
        said.append((NOT_BELIEVED, scope["not_believed"].encode("latin-1", "replace")))
    return said
