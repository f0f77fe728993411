"""Middleware: security headers, the sign-in, and compression."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lab.web.door.address import is_own_origin
from lab.web.door.cookies import SESSION_COOKIE, cookie_in, only_this_session
from lab.web.door.identity import is_signed_in
from lab.web.door.session_end import SIGNED_OUT, pass_while_signed_in
from lab.web.door.settings import network_settings
from lab.web.pages import no_database

OPEN_PATHS = (
    "/sign-in/", "/sign-out/", "/setup/", "/password/", "/p/", "/j/", "/v/", "/pulse/", "/pictures/",
    "/assets/", "/health/",
)  # fmt: skip
"""Paths of our own pages that need no session; each page does its own checks."""
BUNDLES = ("/static/", "/favicon", "/manifest", "/vendor/")
"""Streamlit's scripts and pictures, the same for everybody."""
STREAMLITS_HEALTH = "/_stcore/health"
SCREENS_ASK = (
    "/_stcore/stream",
    "/_stcore/host-config",
    "/_stcore/upload_file/",
    "/_stcore/bidi-components/",
)
"""What Streamlit's pages ask for. It serves more, such as numbers about itself, which are for nobody."""
MACHINERY = ("/_stcore/", "/media/", "/component/")
"""What pages ask for by themselves: nobody is led to the sign-in from there."""
FOREIGN = 4403
"""A websocket's close code: no page of ours asked for it."""
COMPRESSED = ("/static/", "/j/", "/v/", "/p/", "/pulse/", "/assets/")

OWN_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000")
"""For a year, browsers ask for this host by HTTPS alone."""


def is_open(path: str) -> bool:
    """Whether a path is open without a session."""
    return f"{path}/".startswith(OPEN_PATHS)


def streamlit_policy(index: Path) -> str:
    """The content security policy for Streamlit's page, with the hashes of its inline scripts."""
    hashes = [
        "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"
        for script in re.findall(r"<script>(.*?)</script>", index.read_text(encoding="utf-8"), re.DOTALL)
    ]
    return (
        f"default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob: {' '.join(hashes)}; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'self'"
    )


class Headed:
    """Security headers on every answer."""

    def __init__(self, app: ASGIApp, screen_policy: str = OWN_POLICY) -> None:
        self.app = app
        self.of_screens = _headers(screen_policy)
        self.of_pages = _headers(OWN_POLICY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        more = self.of_pages if is_open(scope["path"]) else self.of_screens
        if scope["path"].startswith(("/sign-in", "/setup", "/password")):
            more = [*more, (b"cache-control", b"no-store")]

        if scope["scheme"] == "https" and network_settings().public_address.startswith("https:"):
            more = [*more, ONLY_HTTPS]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(each for each in more if each[0] not in said)]
            await send(message)

        await self.app(scope, receive, with_headers)


def _headers(policy: str) -> list[tuple[bytes, bytes]]:
    """The security headers, encoded."""
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
    ]


class SignedInOnly:
    """Redirects to the sign-in if there is no session, and back afterwards. Screens check again on every run;
    this also hides Streamlit's empty page, what it tells of itself, and its ways in without a browser.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._pass(scope, receive, send)
        except DBAPIError as error:
            if scope["type"] != "http":
                raise
            await (await no_database(Request(scope), error))(scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "websocket":
            await self._open_screen(scope, receive, send)
        elif (
            scope["type"] != "http" or is_open(path) or path.startswith(BUNDLES) or path == STREAMLITS_HEALTH
        ):
            await self.app(scope, receive, send)
        elif path.startswith("/_stcore") and not path.startswith(SCREENS_ASK):
            await Response(status_code=404)(scope, receive, send)
        elif await _is_signed_in(HTTPConnection(scope)):
            await self.app(scope, receive, send)
        elif path.startswith(MACHINERY):
            await Response(status_code=401)(scope, receive, send)
        else:
            query = scope["query_string"].decode("latin-1")
            wanted = quote(path + (f"?{query}" if query else ""))
            await RedirectResponse(f"/sign-in?next={wanted}", status_code=303)(scope, receive, send)

    async def _open_screen(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A websocket, if a page of ours asks for it: other sites' pages send our cookies too, and what is no
        browser names no origin.
        """
        request = HTTPConnection(scope)
        is_ours = is_own_origin(request, request.headers.get("origin", ""))
        token = cookie_in(request, SESSION_COOKIE)
        if is_ours and await _is_signed_in(request):
            mine = {**scope, "headers": only_this_session(scope["headers"], token)}
            await pass_while_signed_in(self.app, token, mine, receive, send)
        else:
            await send({"type": "websocket.close", "code": SIGNED_OUT if is_ours else FOREIGN})


async def _is_signed_in(request: HTTPConnection) -> bool:
    return await run_in_threadpool(is_signed_in, cookie_in(request, SESSION_COOKIE))


class OwnDoor:
    """Lets requests for phones, walls and results skip the rest of the middleware."""

    def __init__(self, app: ASGIApp, pages: ASGIApp, under: tuple[str, ...]) -> None:
        self.app = app
        self.pages = pages
        self.under = under

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_own = scope["type"] == "http" and f"{scope['path']}/".startswith(self.under)
        await (self.pages if is_own else self.app)(scope, receive, send)


class SmallStatics:
    """Compresses our pages and Streamlit's bundles, which makes them load three times as fast on a slow
    phone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.compressing = GZipMiddleware(app, minimum_size=1000, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = self.app
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(COMPRESSED):
            chosen = self.compressing
        await chosen(scope, receive, send)
