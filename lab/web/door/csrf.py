"""CSRF check: form token equals cookie, and the Origin is ours."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from lab.foundation.errors import NotAllowed
from lab.web.door.cookies import FORM_COOKIE, cookie_in, keep_cookie


def form_token(request: Request) -> str:
    """This browser's CSRF token; a new one if it has none."""
    return cookie_in(request, FORM_COOKIE) or secrets.token_urlsafe(24)


def keep_form_token(request: Request, response: Response, token: str) -> None:
    """Set the cookie that form tokens are compared with (HttpOnly)."""
    keep_cookie(request, response, FORM_COOKIE, token)


def check_csrf(request: Request, sent: str, cookie: str = FORM_COOKIE, *, needs_cookie: bool = True) -> None:
    """Check that the Origin is ours and that the form token equals the cookie.

    Raises:
        NotAllowed: another site sent the form, or the token is missing or another browser's.
    """
    origin = request.headers.get("origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("host"):
        raise NotAllowed("This form was sent from another site. Please use the page here.")
    kept = cookie_in(request, cookie)
    if not kept and not needs_cookie:
        return
    if not kept or not secrets.compare_digest(kept.encode(), sent.encode()):
        raise NotAllowed(
            "This page had been open for too long, or cookies are switched off. "
            "Please reload it and send it again."
        )
