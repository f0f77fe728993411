"""Middleware: the browser behind trusted proxies, and the one address the lab answers under."""

from __future__ import annotations

from collections.abc import Iterable
from secrets import compare_digest
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from lab.access.network import (
    THIS_MACHINE,
    NetworkSettings,
    address_in,
    client_behind,
    is_this_machine,
    origin_of,
    scheme_behind,
)
from lab.web.door.address import DIRECT, NOT_BELIEVED, PARENT, way_of
from lab.web.door.settings import network_settings
from lab.web.pages import plain_page

FORWARDED: Final = (b"forwarded", b"x-forwarded-", b"x-real-ip", b"x-lab-")
"""Headers about the way of a request. What is left of them is never passed on."""
HEALTH: Final = ("/health", "/_stcore/health")


def refuse(status: int, message: str) -> ASGIApp:
    """An application that refuses whatever it is asked."""

    async def refused(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4000 + status})
            return
        page = plain_page("message.html", status=status, title="That did not work", message=message)
        await page(scope, receive, send)

    return refused


class ClientBehind:
    """Sets a request's client and scheme to those of the browser, as far as trusted proxies name them.

    Behind our own light process (`parent` is the secret it sends) only that process is answered and believed.
    """

    def __init__(self, app: ASGIApp, parent: str = "") -> None:
        self.app = app
        self.parent = parent.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            if self.parent and not compare_digest(b"".join(_values(scope["headers"], PARENT)), self.parent):
                await refuse(403, "The screens are reached through the lab's own address.")(
                    scope, receive, send
                )
                return
            self._see_through(scope)
            if scope["type"] == "websocket":
                # Streamlit's screens see headers alone
                kept = [each for each in scope["headers"] if not each[0].startswith(FORWARDED)]
                scope["headers"] = [*kept, *way_of(scope)]
        await self.app(scope, receive, send)

    def _see_through(self, scope: Scope) -> None:
        # somebody at a Unix socket is on this machine
        peer, port = scope.get("client") or ("127.0.0.1", 0)
        said = [each for each in scope["headers"] if each[0].startswith((b"x-forwarded-", b"x-lab-"))]
        if not said:
            scope["is_direct"] = True
            scope["client"] = (str(address_in(peer) or peer), port)
            return
        trusted = THIS_MACHINE if self.parent else network_settings().trusted
        said_for = _values(said, b"x-forwarded-for")
        client = client_behind(peer, said_for, trusted)
        scope["is_direct"] = bool(_values(said, DIRECT)) if self.parent else not said_for
        scheme = scheme_behind(peer, _values(said, b"x-forwarded-proto"), trusted)
        scope["client"] = (client, 0)
        if scheme:
            scope["scheme"] = scheme.replace("http", "ws") if scope["type"] == "websocket" else scheme
        if self.parent:
            scope["not_believed"] = b"".join(_values(said, NOT_BELIEVED)).decode("latin-1")
        elif address_in(peer) not in trusted:
            scope["not_believed"] = client


def _values(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name == wanted]


class KnownHost:
    """Refuses a Host that is malformed or, once the lab has a public address, another one: names that others
    point here must not show the lab as theirs. Browsers on this machine may also say localhost.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in HEALTH:
            await self.app(scope, receive, send)
            return
        hosts = _values(scope["headers"], b"host")
        settings = network_settings()
        asked = origin_of("http", hosts[0].decode("latin-1")) if len(hosts) == 1 else ""
        if asked and (not settings.public_address or _is_known(asked, scope, settings)):
            await self.app(scope, receive, send)
        elif asked:
            words = f"This lab is at {settings.public_address}. Please use that address."
            await refuse(421, words)(scope, receive, send)
        else:
            await refuse(400, "The request names no valid host.")(scope, receive, send)


def _is_known(asked: str, scope: Scope, settings: NetworkSettings) -> bool:
    public = settings.public_address
    scheme, _, host = public.partition("://")
    if origin_of(scheme, asked.removeprefix("http://")) == f"{scheme}://{host}":
        return True
    return is_this_machine(asked) and address_in(scope["client"][0]) in THIS_MACHINE
