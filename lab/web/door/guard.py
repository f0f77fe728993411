"""What stands before every request: security headers, the sign-in, compression, and proof of origin."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from pathlib import Path
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lab.access.queries import identity_of, lab_facts
from lab.foundation import clock
from lab.foundation.errors import NotAllowed
from lab.foundation.place import lab_database

SESSION_COOKIE = "lab_session"
FORM_COOKIE = "lab_form"
OPEN_PATHS = (
    "/sign-in/", "/sign-out/", "/setup/", "/p/", "/j/", "/v/", "/pulse/", "/pictures/", "/assets/",
    "/health/",
)  # fmt: skip
"""Ours, and open to anybody: each of them checks for itself."""
MACHINERY = ("/_stcore/", "/static/", "/media/", "/component/", "/favicon", "/manifest", "/vendor/")
COMPRESSED = ("/static/", "/j/", "/v/", "/p/", "/pulse/", "/assets/")
LARGEST_FORM = 64 * 1024

OWN_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def is_open(path: str) -> bool:
    """Whether a path is one of ours that anybody may ask for."""
    return f"{path}/".startswith(OPEN_PATHS)


def streamlit_policy(index: Path) -> str:
    """The content security policy under which Streamlit's page runs; its inline scripts by their hash."""
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
        if scope["path"].startswith(("/sign-in", "/setup")):
            more = [*more, (b"cache-control", b"no-store")]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(each for each in more if each[0] not in said)]
            await send(message)

        await self.app(scope, receive, with_headers)


def _headers(policy: str) -> list[tuple[bytes, bytes]]:
    """As they are sent."""
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
    ]


class SignedInOnly:
    """Nobody sees a screen without a session: they are taken to the sign-in, and back afterwards.

    The screens check again on every run; this door keeps even their shell from strangers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] not in ("http", "websocket") or is_open(path) or path == "/_stcore/health":
            await self.app(scope, receive, send)
            return
        if scope["type"] == "http" and path.startswith(MACHINERY):
            await self.app(scope, receive, send)
            return
        token = HTTPConnection(scope).cookies.get(SESSION_COOKIE, "")
        if await run_in_threadpool(is_signed_in, token):
            await self.app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4401})
            return
        query = scope["query_string"].decode("latin-1")
        wanted = quote(path + (f"?{query}" if query else ""))
        await RedirectResponse(f"/sign-in?next={wanted}", status_code=303)(scope, receive, send)


def is_signed_in(token: str) -> bool:
    """Whether a session stands behind the token now."""
    if not token:
        return False
    with lab_database().reading() as session:
        return identity_of(session, token, clock.now()) is not None


class OwnDoor:
    """Pages that a whole room asks for at once are reached without what stands before all others."""

    def __init__(self, app: ASGIApp, pages: ASGIApp, under: tuple[str, ...]) -> None:
        self.app = app
        self.pages = pages
        self.under = under

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_own = scope["type"] == "http" and f"{scope['path']}/".startswith(self.under)
        await (self.pages if is_own else self.app)(scope, receive, send)


class SmallStatics:
    """Streamlit sends its bundles uncompressed; a slow phone waits three times as long for that. Our own
    pages are small, and smaller yet like this."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.compressing = GZipMiddleware(app, minimum_size=1000, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = self.app
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(COMPRESSED):
            chosen = self.compressing
        await chosen(scope, receive, send)


def form_token(request: Request) -> str:
    """The token this browser's forms carry; made anew when it has none."""
    return request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)


def keep_form_token(request: Request, response: Response, token: str) -> None:
    """Let the browser keep the token, out of scripts' reach."""
    response.set_cookie(
        FORM_COOKIE, token, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )


def guard_origin(request: Request) -> None:
    """Refuse what another site's page sends.

    Raises:
        NotAllowed: the browser says it comes from elsewhere.
    """
    origin = request.headers.get("origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("host"):
        raise NotAllowed("This form was sent from another site. Please use the page here.")


async def checked_form(request: Request) -> dict[str, str]:
    """The fields of a form that was sent from one of our own pages, by this browser.

    Raises:
        NotAllowed: it came from elsewhere, without its token, or is too large.
    """
    guard_origin(request)
    headers: Headers = request.headers
    if int(headers.get("content-length") or LARGEST_FORM + 1) > LARGEST_FORM:
        raise NotAllowed("This form is too large.")
    form = await request.form(max_files=0, max_fields=20)
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    cookie = request.cookies.get(FORM_COOKIE, "")
    if not cookie or not secrets.compare_digest(cookie.encode(), fields.get("form_token", "").encode()):
        raise NotAllowed(
            "This page had been open for too long, or cookies are switched off. Please try again."
        )
    return fields


def has_lab() -> bool:
    """Whether the database has been set up."""
    with lab_database().reading() as session:
        return lab_facts(session) is not None
