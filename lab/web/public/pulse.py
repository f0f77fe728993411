"""The pulse: two questions behind a signed link, for people without an account. Needs no script."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lab.access.keys import PULSE_BROWSER, SECRET, account_voter, random_part
from lab.engagements.rules import LONGEST_COMMENT
from lab.foundation import clock
from lab.foundation.errors import Invalid, LabError
from lab.foundation.place import lab_database
from lab.web.door.body import checked_form
from lab.web.door.cookies import (
    PULSE_COOKIE,
    SESSION_COOKIE,
    cookie_in,
    keep_cookie,
    unbound_cookie_in,
)
from lab.web.door.identity import account_of
from lab.web.door.tokens import mint_for
from lab.web.pages import page, refused, status_of
from lab.workshops.room.pulse import PulseLink, answer_pulse, asked_by, has_answered

KEPT = 60 * 24 * 3600
"""Lifetime of the browser's cookie in seconds; answers sent again replace the first ones."""


def _asked(request: Request) -> PulseLink:
    with lab_database().reading() as session:
        return asked_by(session, request.path_params["signed"], now=clock.now())


def _answered_before_signing(request: Request, asked: PulseLink) -> bool:
    """Whether this browser answered while its token was not signed yet: its next answer replaces that one."""
    unsigned = unbound_cookie_in(request, PULSE_COOKIE)
    if not SECRET.fullmatch(unsigned):
        return False
    with lab_database().reading() as session:
        return has_answered(session, asked, unsigned)


async def show_pulse(request: Request) -> Response:
    """The two questions."""
    try:
        asked = await run_in_threadpool(_asked, request)
    except LabError as refusal:
        return refused(refusal)
    response = _page(request, asked, {})
    mint, token = mint_for(PULSE_BROWSER), cookie_in(request, PULSE_COOKIE)
    if not mint.has_made(token):
        is_old = await run_in_threadpool(_answered_before_signing, request, asked)
        token = mint.signed(unbound_cookie_in(request, PULSE_COOKIE)) if is_old else mint.token()
    keep_cookie(request, response, PULSE_COOKIE, token, lasts=KEPT)
    return response


async def answer(request: Request) -> Response:
    """Store the answers; sent again, they replace the first ones."""
    fields: dict[str, str] = {}
    try:
        asked = await run_in_threadpool(_asked, request)
    except LabError as refusal:
        return refused(refusal)
    try:
        fields = await checked_form(request)
        trust, difference = _number(fields, "trust"), _number(fields, "difference")

        def store() -> None:
            with lab_database().writing() as session:
                key, browser = _keys(session, request)
                answer_pulse(
                    session, asked, key, browser=browser, trust=trust, difference=difference,
                    comment=fields.get("comment", ""), now=clock.now(),
                )  # fmt: skip

        await run_in_threadpool(store)
    except LabError as refusal:
        return _page(request, asked, fields, status=status_of(refusal), problem=refusal.message)
    return _page(request, asked, fields, is_in=True)


def _keys(session: Session, request: Request) -> tuple[str, str | None]:
    """Who answers: the account that is signed in, which the answer does not name, with its browser; or else
    the browser."""
    actor = account_of(session, cookie_in(request, SESSION_COOKIE))
    token = cookie_in(request, PULSE_COOKIE)
    is_ours = mint_for(PULSE_BROWSER).has_made(token)
    if actor is not None:
        return account_voter(session, actor), random_part(token) if is_ours else None
    if not is_ours:
        raise Invalid("This page had been open for too long. Please reload it and answer again.")
    return random_part(token), None


def _page(
    request: Request,
    asked: PulseLink,
    fields: dict[str, str],
    *,
    status: int = 200,
    problem: str = "",
    is_in: bool = False,
) -> Response:
    return page(
        request, "pulse.html", status=status, asked=asked, fields=fields, problem=problem, is_in=is_in,
        longest_comment=LONGEST_COMMENT,
    )  # fmt: skip


def _number(fields: dict[str, str], name: str) -> int:
    value = fields.get(name, "")
    if value not in {"1", "2", "3", "4", "5"}:
        raise Invalid("Please answer both questions, from 1 to 5.")
    return int(value)


ROUTES = [
    Route("/pulse/{signed}", show_pulse, methods=["GET"]),
    Route("/pulse/{signed}", answer, methods=["POST"]),
]
