"""Who is asking: the account behind a session cookie, and the phone behind a voter's cookie."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lab.access.rights import Actor
from lab.access.sessions.last_use import who_uses
from lab.access.sessions.rules import Visitor
from lab.foundation import clock
from lab.foundation.errors import NotAllowed
from lab.foundation.place import lab_database
from lab.voting.commands import account_token
from lab.web.door.cookies import DEVICE_COOKIE, SESSION_COOKIE, VOTER_COOKIE, cookie_in, keep_cookie
from lab.web.door.csrf import check_csrf
from lab.web.door.proxies import network_in

VOTER_LASTS: Final = 30 * 24 * 3600
"""Lifetime of the voter's cookie in seconds."""


def address_of(request: Request) -> str:
    """The client's IP address, empty if unknown."""
    return request.client.host if request.client else ""


def network_of(request: Request) -> str:
    """What limits count as one client: its IPv4 address, or the network of its IPv6 address."""
    return network_in(address_of(request))


def visitor_of(request: Request) -> Visitor:
    """The browser that wants to sign in, with the device and the session it has."""
    return Visitor(
        address_of(request),
        network_of(request),
        request.headers.get("user-agent", ""),
        cookie_in(request, DEVICE_COOKIE),
        cookie_in(request, SESSION_COOKIE),
    )


def account_of(session: Session, token: str | None) -> Actor | None:
    """The account that is signed in under a session token, if any."""
    return who_uses(session, token, clock.now()) if token else None


def signed_in(session: Session, request: Request) -> Actor:
    """The account that sends a request.

    Raises:
        NotAllowed: it is not signed in.
    """
    actor = account_of(session, cookie_in(request, SESSION_COOKIE))
    if actor is None:
        raise NotAllowed("You are not signed in (any more). Sign in again in another window.")
    return actor


def is_signed_in(token: str | None) -> bool:
    """Whether a session token is valid now."""
    if not token:
        return False
    with lab_database().reading() as session:
        return account_of(session, token) is not None


class Voter(NamedTuple):
    """A voter: the phone's random token, or the signed-in account's stakeholder."""

    token: str
    is_new: bool
    stakeholder_id: uuid.UUID | None = None
    group: str | None = None
    account: str | None = None

    @property
    def key(self) -> str:
        """The voter's key; the database stores its hash."""
        return self.account or self.token


async def voter_of(
    request: Request, taking_part: Callable[[Session, Actor], tuple[uuid.UUID, str] | None]
) -> Voter:
    """The voter of a request. `taking_part` returns the stakeholder and group of an account that takes
    part."""
    kept = cookie_in(request, VOTER_COOKIE)
    is_new = not _is_token(kept)
    token = secrets.token_urlsafe(24) if is_new else kept
    session_token = cookie_in(request, SESSION_COOKIE)
    if not session_token:
        return Voter(token, is_new)

    def read() -> Voter:
        with lab_database().reading() as session:
            actor = account_of(session, session_token)
            found = taking_part(session, actor) if actor else None
        if actor is None or found is None:
            return Voter(token, is_new)
        return Voter(token, is_new, found[0], found[1], account_token(actor))

    return await run_in_threadpool(read)


def checked_voter(request: Request, fields: Mapping[str, str], voter: Voter) -> Voter:
    """The voter who sent this form. The form contains the token, so a phone without cookies can vote too.

    Raises:
        NotAllowed: another site sent it, or it is another phone's form.
    """
    token = fields.get("voter", "")
    check_csrf(request, token, VOTER_COOKIE, needs_cookie=False)
    if not _is_token(token):
        raise NotAllowed("This page had been open for too long. Please reload it and send it again.")
    return voter._replace(token=token) if voter.is_new else voter


def keep_voter(request: Request, response: Response, voter: Voter) -> None:
    """Set a new phone's cookie."""
    if voter.is_new:
        keep_cookie(request, response, VOTER_COOKIE, voter.token, lasts=VOTER_LASTS)


def _is_token(text: str) -> bool:
    return 32 <= len(text) <= 64
