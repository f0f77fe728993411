"""CSRF check: form token equals cookie, and the Origin is ours."""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from lab.foundation.errors import NotAllowed

FORM_COOKIE: Final = "lab_form"


def form_token(request: Request) -> str:
    """This browser's CSRF token; a new one if it has none."""
    return request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)


def keep_form_token(request: Request, response: Response, token: str) -> None:
    """Set the cookie that form tokens are compared with (HttpOnly)."""
    response.set_cookie(
        FORM_COOKIE, token, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )


def check_csrf(request: Request, sent: str, cookie: str = FORM_COOKIE, *, needs_cookie: bool = True) -> None:
    """Check that the Origin is ours and that the form token equals the cookie.

    Raises:
        NotAllowed: another site sent the form, or the token is missing or another browser's.
    """
    origin = request.headers.get("origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("host"):
        raise NotAllowed("This form was sent from another site. Please use the page here.")
    kept = request.cookies.get(cookie)
    if kept is None and not needs_cookie:
        return
    if not kept or not secrets.compare_digest(kept.encode(), sent.encode()):
        raise NotAllowed(
            "This page had been open for too long, or cookies are switched off. "
            "Please reload it and send it again."
        )
