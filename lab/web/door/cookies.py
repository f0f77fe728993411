"""The one way to set, read and delete a cookie. No script reads them, and other sites' forms don't send them.

Over HTTPS each carries the prefix `__Host-`: the browser then takes it only from this host over HTTPS, so
neither a page of another subdomain nor somebody on the network can plant one, and the plain name isn't read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

SESSION_COOKIE: Final = "lab_session"
DEVICE_COOKIE: Final = "lab_device"
LINK_COOKIE: Final = "lab_link"
FORM_COOKIE: Final = "lab_form"
VOTER_COOKIE: Final = "lab_voter"
PULSE_COOKIE: Final = "lab_pulse"
PREFIX: Final = "__Host-"


def is_secure(request: HTTPConnection) -> bool:
    """Whether the browser sent this over HTTPS, as far as we or a trusted proxy know."""
    return request.scope["scheme"] in ("https", "wss")


def cookie_in(request: HTTPConnection, name: str) -> str:
    """A cookie's value, empty if the browser sent none."""
    return request.cookies.get(_full_name(request, name), "")


def unbound_cookie_in(request: HTTPConnection, name: str) -> str:
    """A cookie's value under its plain name: over HTTPS anybody may have planted it, so it proves nothing."""
    return request.cookies.get(name, "")


def keep_cookie(
    request: HTTPConnection, response: Response, name: str, value: str, *, lasts: int | None = None
) -> None:
    """Set a cookie for `lasts` seconds, or until the browser is closed."""
    response.set_cookie(
        _full_name(request, name),
        value,
        max_age=lasts,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: HTTPConnection, response: Response, name: str) -> None:
    """Delete a cookie."""
    keep_cookie(request, response, name, "", lasts=0)


def only_this_session(headers: Iterable[tuple[bytes, bytes]], token: str) -> list[tuple[bytes, bytes]]:
    """Headers with this session under its plain name, and without any other session's cookie.

    Streamlit's screens read cookies by name, and don't know whether the browser speaks HTTPS.
    """
    kept, cookies = [], []
    for name, value in headers:
        if name == b"cookie":
            cookies += [each.strip() for each in value.split(b";")]
        else:
            kept.append((name, value))
    sessions = (SESSION_COOKIE.encode(), (PREFIX + SESSION_COOKIE).encode())
    others = [each for each in cookies if each.partition(b"=")[0].strip() not in sessions]
    return [*kept, (b"cookie", b"; ".join([*others, f"{SESSION_COOKIE}={token}".encode()]))]


def _full_name(request: HTTPConnection, name: str) -> str:
    return PREFIX + name if is_secure(request) else name
