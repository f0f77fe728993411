"""Who is asking: the account behind a session cookie, and the phone behind a voter's cookie."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lab.access.keys import PHONE, SECRET, account_voter, random_part
from lab.access.network import network_in
from lab.access.rights import Actor
from lab.access.sessions.last_use import who_uses
from lab.access.sessions.rules import Visitor
from lab.foundation import clock
from lab.foundation.errors import LabError, NotAllowed
from lab.foundation.place import lab_database
from lab.web.door.cookies import (
    DEVICE_COOKIE,
    SESSION_COOKIE,
    VOTER_COOKIE,
    cookie_in,
    keep_cookie,
    unbound_cookie_in,
)
from lab.web.door.csrf import check_origin
from lab.web.door.tokens import mint_for

VOTER_LASTS: Final = 30 * 24 * 3600
"""Lifetime of the voter's cookie in seconds."""
STALE_PAGE: Final = "This page had been open for too long. What you entered is kept: please send it again."


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
    """A voter: the phone by its token, or the signed-in account's stakeholder."""

    token: str
    """What cookie and form carry; this server made it."""
    is_new: bool
    """Whether the phone came without a token that is good here."""
    stakeholder_id: uuid.UUID | None = None
    group: str | None = None
    account: str | None = None

    @property
    def key(self) -> str:
        """The voter's key; the database stores its hash. Phones' and accounts' keys cannot meet."""
        return self.account or self.phone_key

    @property
    def phone_key(self) -> str:
        """The key of the phone itself, whoever is signed in on it."""
        return random_part(self.token)


TakingPart = Callable[[Session, Actor], tuple[uuid.UUID, str] | None]
"""The stakeholder and group of an account that takes part."""
InBefore = Callable[[Session, str], bool]
"""Whether a phone whose token was not signed yet has joined the room before the lab signed them."""


async def voter_of(request: Request, taking_part: TakingPart, in_before: InBefore) -> Voter:
    """The voter of a request. A phone with a token that we did not make gets a new one."""
    kept = cookie_in(request, VOTER_COOKIE)
    token = kept if mint_for(PHONE).has_made(kept) else await _adopted(request, kept, in_before)
    voter = Voter(token or mint_for(PHONE).token(), is_new=token is None)
    session_token = cookie_in(request, SESSION_COOKIE)
    if not session_token:
        return voter

    def read() -> Voter:
        with lab_database().reading() as session:
            actor = account_of(session, session_token)
            found = taking_part(session, actor) if actor else None
            if actor is None or found is None:
                return voter
            return voter._replace(
                stakeholder_id=found[0], group=found[1], account=account_voter(session, actor)
            )

    return await run_in_threadpool(read)


async def _adopted(request: Request, kept: str, in_before: InBefore) -> str | None:
    """The signed token of a phone that was in this room before the lab signed tokens, so that it keeps its
    ballot and has no second one. Then cookies had their plain name over HTTPS too."""
    unsigned = kept or unbound_cookie_in(request, VOTER_COOKIE)
    if not SECRET.fullmatch(unsigned):
        return None

    def read() -> bool:
        with lab_database().reading() as session:
            return in_before(session, unsigned)

    return mint_for(PHONE).signed(unsigned) if await run_in_threadpool(read) else None


async def checked_voter(
    request: Request, fields: Mapping[str, str], voter: Voter, in_before: InBefore
) -> Voter:
    """The voter who sent this form. The form contains the token, so a phone without cookies can vote too.

    Raises:
        NotAllowed: another site sent it, it is another phone's form, or its token is not ours.
    """
    check_origin(request)
    sent = fields.get("voter", "")
    if sent == voter.token and not voter.is_new:
        return voter  # as a rule: looked at with the cookie
    mint = mint_for(PHONE)
    token = sent if mint.has_made(sent) else None
    if token is None and SECRET.fullmatch(sent):
        # a page that was open while the lab was brought up to date
        is_own = mint.signed(sent) == voter.token
        token = voter.token if is_own else await _adopted(request, sent, in_before) if voter.is_new else None
    if token is None or (token != voter.token and not voter.is_new):
        raise NotAllowed(STALE_PAGE)
    return voter._replace(token=token)


def problem_for(voter: Voter, refusal: LabError) -> dict[str, str]:
    """A refusal for a page's script; one whose token is not ours gets the new one, to send again with."""
    is_stale = voter.is_new and isinstance(refusal, NotAllowed)
    return {"problem": refusal.message} | ({"voter": voter.token} if is_stale else {})


def keep_voter(request: Request, response: Response, voter: Voter) -> None:
    """Set a phone's cookie, if it has not got it."""
    if voter.token != cookie_in(request, VOTER_COOKIE):
        keep_cookie(request, response, VOTER_COOKIE, voter.token, lasts=VOTER_LASTS)
