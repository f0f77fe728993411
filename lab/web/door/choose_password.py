"""Choosing a password with a one-time link.

The link's token goes from the address into a cookie at once: it then stands in no title, no referrer and no
picture of the screen. Opening the link changes nothing, so that mail programs and chats that look at it first
don't use it up.
"""

from __future__ import annotations

import re
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from lab.access.links.commands import choose_password
from lab.access.links.queries import PasswordLink, link_behind
from lab.access.passwords import SHORTEST, hashed
from lab.access.sessions.commands import Entry, open_session
from lab.foundation import clock
from lab.foundation.errors import Invalid, LabError
from lab.foundation.place import lab_database
from lab.web.door.body import checked_form
from lab.web.door.cookies import LINK_COOKIE, cookie_in, drop_cookie, keep_cookie
from lab.web.door.hashing import hashing
from lab.web.door.identity import visitor_of
from lab.web.door.sign_in import enter
from lab.web.pages import page, refused

IS_TOKEN: Final = re.compile(r"[\w-]{1,200}", re.ASCII)
LASTS: Final = 3600
"""Seconds for which the browser keeps the link's token."""


async def open_link(request: Request) -> Response:
    """Keep the token of a link, and go on to the page without it."""
    response = RedirectResponse("/password", status_code=303)
    token = request.path_params["token"]
    keep_cookie(request, response, LINK_COOKIE, token if IS_TOKEN.fullmatch(token) else "", lasts=LASTS)
    return _unreferred(response)


async def show_choice(request: Request) -> Response:
    """The form in which the holder of a link chooses a password."""
    try:
        link = await run_in_threadpool(_read, cookie_in(request, LINK_COOKIE))
    except LabError as refusal:
        return _unreferred(refused(refusal))
    return _unreferred(_form(request, link))


async def choose(request: Request) -> Response:
    """Take the password, and sign its owner in. The form says what is wrong with it."""
    token = cookie_in(request, LINK_COOKIE)

    def take(given: tuple[PasswordLink, dict[str, str]]) -> Entry:
        link, fields = given
        if fields.get("password") != fields.get("password_again"):
            raise Invalid("The two passwords differ. Please type them again.")
        password = hashed(fields.get("password", ""), about=link.about)
        with lab_database().writing() as session:
            account_id = choose_password(session, token, password, clock.now())
            return open_session(session, account_id, visitor_of(request), clock.now(), how="link")

    try:
        fields = await checked_form(request)
        link = await run_in_threadpool(_read, token)
    except LabError as refusal:
        return _unreferred(refused(refusal))
    try:
        entry = await hashing(take, (link, fields))
    except Invalid as refusal:
        return _unreferred(_form(request, link, status=422, problem=refusal.message))
    except LabError as refusal:
        return _unreferred(refused(refusal))
    response = enter(request, entry, None)
    drop_cookie(request, response, LINK_COOKIE)
    return _unreferred(response)


def _read(token: str) -> PasswordLink:
    with lab_database().reading() as session:
        return link_behind(session, token, clock.now())


def _form(request: Request, link: PasswordLink, *, status: int = 200, problem: str = "") -> Response:
    facts: dict[str, Any] = {"link": link, "problem": problem, "shortest": SHORTEST}
    return page(request, "choose_password.html", status=status, **facts)


def _unreferred(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


ROUTES = [
    Route("/password", show_choice, methods=["GET"]),
    Route("/password", choose, methods=["POST"]),
    Route("/password/{token}", open_link, methods=["GET"]),
]
