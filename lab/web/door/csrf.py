"""CSRF check: the form's token is one that we made, it equals the cookie, and the Origin is ours."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import Response

from lab.access.keys import FORM
from lab.foundation.errors import NotAllowed
from lab.web.door.address import is_own_origin
from lab.web.door.cookies import FORM_COOKIE, cookie_in, keep_cookie
from lab.web.door.tokens import mint_for


def form_token(request: Request) -> str:
    """This browser's CSRF token; a new one if it has none that we made."""
    kept, mint = cookie_in(request, FORM_COOKIE), mint_for(FORM)
    return kept if mint.has_made(kept) else mint.token()


def keep_form_token(request: Request, response: Response, token: str) -> None:
    """Set the cookie that form tokens are compared with (HttpOnly)."""
    keep_cookie(request, response, FORM_COOKIE, token)


def check_csrf(request: Request, sent: str) -> None:
    """Check that our own page sent the form, with the token that we gave this browser.

    Raises:
        NotAllowed: another site sent the form, or the token is missing, another browser's, or not ours.
    """
    check_origin(request)
    kept = cookie_in(request, FORM_COOKIE)
    if not secrets.compare_digest(kept.encode(), sent.encode()) or not mint_for(FORM).has_made(kept):
        raise NotAllowed(
            "This page had been open for too long, or cookies are switched off. "
            "Please reload it and send it again."
        )


def check_origin(request: Request) -> None:
    """Check that a request comes from one of our own pages, as far as the browser says where from.

    Raises:
        NotAllowed: another site sent it.
    """
    origin = request.headers.get("origin")
    is_foreign = origin and origin != "null" and not is_own_origin(request, origin)
    if is_foreign or request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise NotAllowed("This form was sent from another site. Please use the page here.")
