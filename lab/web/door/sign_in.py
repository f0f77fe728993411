"""Signing in and out, and setting up an empty lab. Each page works without a script."""

from __future__ import annotations

import uuid
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from lab.access import commands, queries
from lab.access.network import (
    LOOPBACK,
    THIS_MACHINE,
    NetworkSettings,
    TrustedProxies,
    mismatches,
    public_address_named,
)
from lab.access.passwords import SHORTEST, hashed
from lab.access.sessions import commands as sessions
from lab.access.sessions import signing_in
from lab.access.sessions.commands import Entry
from lab.demo.commands import fill_demo
from lab.disillusion.upkeep.commands import catch_up
from lab.foundation import clock
from lab.foundation.errors import Invalid, LabError, NotAllowed
from lab.foundation.place import lab_database
from lab.web.door.address import arrival_of
from lab.web.door.body import checked_form
from lab.web.door.cookies import (
    DEVICE_COOKIE,
    FORM_COOKIE,
    SESSION_COOKIE,
    cookie_in,
    drop_cookie,
    keep_cookie,
)
from lab.web.door.hashing import hashing
from lab.web.door.identity import visitor_of
from lab.web.door.settings import network_settings
from lab.web.pages import page, refused

DEMO_SEED: Final = 7
DEVICE_LASTS: Final = 365 * 24 * 3600
"""Seconds for which a browser is known after its last sign-in."""


def has_lab() -> bool:
    """Whether the database has been set up."""
    with lab_database().reading() as session:
        return queries.lab_facts(session) is not None


def _next(wanted: str | None) -> str:
    """Where to go after signing in: only a path on this server."""
    if wanted and wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and "\n" not in wanted:
        return wanted
    return "/"


def enter(request: Request, entry: Entry, wanted: str | None) -> Response:
    """Go on as the person who has signed in. The session's cookie ends with the browser; the server ends the
    session. The form token is new too: whoever planted the one before knows it."""
    response = RedirectResponse(_next(wanted), status_code=303)
    keep_cookie(request, response, SESSION_COOKIE, entry.session)
    keep_cookie(request, response, DEVICE_COOKIE, entry.device, lasts=DEVICE_LASTS)
    drop_cookie(request, response, FORM_COOKIE)
    return response


def _sign_in_facts() -> dict[str, Any]:
    with lab_database().reading() as session:
        lab = queries.lab_facts(session)
        return {"lab": lab.name if lab else "", "people": queries.demo_people(session)}


async def show_sign_in(request: Request) -> Response:
    """The sign-in page, or the set-up page if there is no lab yet."""
    if not await run_in_threadpool(has_lab):
        return RedirectResponse("/setup", status_code=303)
    facts = await run_in_threadpool(_sign_in_facts)
    wanted = _next(request.query_params.get("next"))
    return page(request, "sign_in.html", **facts, next=wanted, email="", problem="")


async def sign_in(request: Request) -> Response:
    """Open a session. If that fails, the form keeps what was typed, except the password."""

    def attempt(fields: dict[str, str]) -> Entry | None:
        return signing_in.sign_in(
            lab_database(),
            email=fields.get("email", "")[:200],
            password=fields.get("password", ""),
            visitor=visitor_of(request),
            now=clock.now(),
        )

    try:
        fields = await checked_form(request)
        entry = await hashing(attempt, fields)
    except LabError as refusal:
        return refused(refusal)
    if entry is None:
        facts = await run_in_threadpool(_sign_in_facts)
        return page(
            request,
            "sign_in.html",
            status=401,
            **facts,
            next=_next(fields.get("next")),
            email=fields.get("email", "")[:200],
            problem="E-mail address or password is wrong. Please try again.",
        )
    return enter(request, entry, fields.get("next"))


async def sign_in_as_demo(request: Request) -> Response:
    """One click signs in as one of the demo lab's people."""

    def attempt(person: str) -> Entry:
        try:
            key = uuid.UUID(person)
        except ValueError as error:
            raise NotAllowed("There is no such person in the demo lab.") from error
        with lab_database().writing() as session:
            return sessions.sign_in_as_demo(session, key, visitor_of(request), clock.now())

    try:
        fields = await checked_form(request)
        entry = await run_in_threadpool(attempt, fields.get("person", ""))
    except LabError as refusal:
        return refused(refusal)
    return enter(request, entry, fields.get("next"))


async def show_sign_out(request: Request) -> Response:
    """Ask before ending the session, because a GET must not end it."""
    return page(request, "sign_out.html")


async def sign_out(request: Request) -> Response:
    """End the session on the server and in the browser."""

    def end() -> None:
        with lab_database().writing() as session:
            sessions.sign_out(session, cookie_in(request, SESSION_COOKIE), clock.now())

    try:
        await checked_form(request)
    except LabError as refusal:
        return refused(refusal)
    await run_in_threadpool(end)
    response = RedirectResponse("/sign-in", status_code=303)
    drop_cookie(request, response, SESSION_COOKIE)
    return response


async def show_setup(request: Request) -> Response:
    """First run on an empty database: set up a lab, or fill it with the demo."""
    if await run_in_threadpool(has_lab):
        return RedirectResponse("/sign-in", status_code=303)
    return _setup_page(request, {})


def _setup_page(
    request: Request,
    fields: dict[str, str],
    *,
    problem: str = "",
    mismatches: tuple[str, ...] = (),
    keeps_password: bool = True,
) -> Response:
    """The set-up; with a problem or a mismatch, as it was filled in. A password that was itself refused has
    to be typed anew."""
    return page(
        request,
        "setup.html",
        status=422 if problem or mismatches else 200,
        fields=fields,
        problem=problem,
        mismatches=mismatches,
        keeps_password=keeps_password,
        this_machine=str(THIS_MACHINE),
        time_zones=clock.zone_names(),
        shortest=SHORTEST,
    )


def _set_up_mismatches(request: Request, fields: dict[str, str]) -> tuple[str, ...]:
    """What of the addresses given does not match how the form arrived, unless it is meant.

    Raises:
        Invalid: one of them is no address.
    """
    if fields.get("meant"):
        return ()
    settings = NetworkSettings(
        public_address_named(fields.get("public_address", "")),
        TrustedProxies.named(fields.get("trusted_proxies", LOOPBACK)),
    )
    return mismatches(fields.get("shown", ""), arrival_of(request), settings)


async def setup(request: Request) -> Response:
    """Create the lab and its first administrator, and sign them in."""

    def make(fields: dict[str, str]) -> Entry:
        if fields.get("password") != fields.get("password_again"):
            raise Invalid("The two passwords differ. Please type them again.", field="password")
        names = {each: fields.get(each, "") for each in ("lab_name", "name", "email")}
        password = hashed(fields.get("password", ""), about=names.values())
        with lab_database().writing() as session:
            account_id = commands.first_administrator(
                session,
                **names,
                password=password,
                now=clock.now(),
                time_zone=fields.get("time_zone", "UTC"),
                public_address=fields.get("public_address", ""),
                trusted_proxies=fields.get("trusted_proxies"),
            )
            return sessions.open_session(session, account_id, visitor_of(request), clock.now())

    try:
        fields = await checked_form(request)
    except LabError as refusal:
        return refused(refusal)
    if await run_in_threadpool(has_lab):
        return RedirectResponse("/sign-in", status_code=303)
    try:
        found = _set_up_mismatches(request, fields)
        if found:
            return _setup_page(request, fields, mismatches=found)
        entry = await hashing(make, fields)
    except LabError as refusal:
        is_kept = not (isinstance(refusal, Invalid) and refusal.field == "password")
        return _setup_page(request, fields, problem=refusal.message, keeps_password=is_kept)
    network_settings.forget()
    return enter(request, entry, None)


async def setup_demo(request: Request) -> Response:
    """Fill the empty database with the demo lab; the sign-in page then offers its people."""

    def fill() -> None:
        now = clock.now()
        with lab_database().writing() as session:
            fill_demo(session, seed=DEMO_SEED, now=now)
            session.flush()
            catch_up(session, today=clock.today(session, now), now=now)

    try:
        await checked_form(request)
        await run_in_threadpool(fill)
    except LabError as refusal:
        return refused(refusal)
    return RedirectResponse("/sign-in", status_code=303)


ROUTES = [
    Route("/sign-in", show_sign_in, methods=["GET"]),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-in/demo", sign_in_as_demo, methods=["POST"]),
    Route("/sign-out", show_sign_out, methods=["GET"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/setup", show_setup, methods=["GET"]),
    Route("/setup", setup, methods=["POST"]),
    Route("/setup/demo", setup_demo, methods=["POST"]),
]
