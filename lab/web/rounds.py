"""A round's papers, for those who run it: ballots, slips and a count sheet to print, its result as files."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any, Final, TypeVar

import segno
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lab.access.rights import Actor, require
from lab.exchange.results import result_picture, result_table
from lab.foundation import clock
from lab.foundation.errors import LabError, WrongTransition
from lab.foundation.place import lab_database
from lab.voting.methods.registry import method_named
from lab.voting.queries import Option, RoundView, result_for_lab, room_of_round
from lab.voting.results import Result
from lab.voting.slips import MOST_AT_ONCE, SlipCount, issue_slips, slips_of
from lab.web.door.address import own_address
from lab.web.door.body import read_form
from lab.web.door.csrf import check_csrf
from lab.web.door.guard import OWN_POLICY
from lab.web.door.identity import signed_in
from lab.web.pages import page, plain_page, refused

MOST_BALLOTS: Final = 500
"""Ballots in one print."""
PER_PAGE: Final = (1, 2, 4)
Answer = TypeVar("Answer")


async def _read(request: Request, ask: Callable[[Session, Actor, uuid.UUID], Answer]) -> Answer:
    round_id = request.path_params["round_id"]

    def read() -> Answer:
        with lab_database().reading() as session:
            return ask(session, signed_in(session, request), round_id)

    return await run_in_threadpool(read)


def _to_run(session: Session, actor: Actor, round_id: uuid.UUID) -> RoundView:
    require(actor, "vote.run")
    return room_of_round(session, actor, round_id)


def _counted(session: Session, actor: Actor, round_id: uuid.UUID) -> tuple[RoundView, Result | None]:
    """A closed round and its result. Raises: WrongTransition: it is not closed."""
    room = room_of_round(session, actor, round_id)
    if room.state not in ("closed", "revealed"):
        raise WrongTransition("There is a result once the vote is closed.")
    return room, result_for_lab(session, actor, round_id)


def _printed(template: str, **facts: Any) -> Response:
    response = plain_page(template, **facts)
    response.headers["Content-Security-Policy"] = OWN_POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


def _how_many(request: Request, name: str, default: int, most: int) -> int:
    typed = request.query_params.get(name, "")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else default
    return min(max(number, 1), most)


async def show_ballots(request: Request) -> Response:
    """Ballots to print and cut."""
    try:
        room = await _read(request, _to_run)
    except LabError as refusal:
        return refused(refusal)
    fitting = 4 if len(room.options) <= 4 else 2 if len(room.options) <= 9 else 1
    per_page = _how_many(request, "per_page", fitting, max(PER_PAGE))
    per_page = max(each for each in PER_PAGE if each <= per_page)
    method = method_named(room.method, room.blank_means)
    return _printed(
        "print_ballots.html",
        room=room,
        instruction=method.instruction(room.budget),
        widget=method.widget(len(room.options), room.budget),
        per_page=per_page,
        choices=PER_PAGE,
        most=MOST_BALLOTS,
        ballots=[_ordered(room) for _ in range(_how_many(request, "ballots", per_page, MOST_BALLOTS))],
    )


def _ordered(room: RoundView) -> list[Option]:
    """The options in the order of one ballot, as on phones: shuffled anew for each where the round says so.
    An option's number stays the same, so that ballots can be typed in by it."""
    options = list(room.options)
    if room.option_order == "shuffled":
        random.SystemRandom().shuffle(options)
    return options


async def show_slips(request: Request) -> Response:
    """How many slips there are, and a form to make more."""
    try:
        room, count = await _read(
            request,
            lambda session, actor, key: (_to_run(session, actor, key), slips_of(session, actor, key)),
        )
    except LabError as refusal:
        return refused(refusal)
    return page(request, "print_slips.html", room=room, count=count, most=MOST_AT_ONCE, slips=())


async def print_slips(request: Request) -> Response:
    """Make slips and show them, this once."""
    round_id = request.path_params["round_id"]

    def make(number: int) -> tuple[RoundView, SlipCount, list[str]]:
        with lab_database().writing() as session:
            actor = signed_in(session, request)
            codes = issue_slips(session, actor, round_id, number=number, now=clock.now())
            return _to_run(session, actor, round_id), slips_of(session, actor, round_id), codes

    try:
        fields = (await read_form(request)).fields
        check_csrf(request, fields.get("form_token", ""))
        typed = fields.get("number", "")
        number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0
        room, count, codes = await run_in_threadpool(make, number)
    except LabError as refusal:
        return refused(refusal)
    link = f"{own_address(request)}/j/{room.code}"
    slips = await run_in_threadpool(lambda: [_slip(link, code) for code in codes])
    return _printed(
        "print_slips.html", room=room, count=count, most=MOST_AT_ONCE, slips=slips, form_token="",
        address=link.partition("://")[2].rpartition("/")[0],
    )  # fmt: skip


def _slip(link: str, code: str) -> tuple[str, Markup]:
    """The code in groups of four, and the drawing that leads a phone to the ballot with it."""
    drawing = segno.make(f"{link}?slip={code}", error="m")
    spaced = " ".join(code[at : at + 4] for at in range(0, len(code), 4))
    # safe: the link is drawn as an SVG, it is not markup
    return spaced, Markup(drawing.svg_inline(border=1, light="#fff", dark="#000", omitsize=True))


async def show_count_sheet(request: Request) -> Response:
    """A sheet on which two people count paper ballots by hand."""
    try:
        room = await _read(request, _to_run)
    except LabError as refusal:
        return refused(refusal)
    method = method_named(room.method, room.blank_means)
    return _printed("print_count_sheet.html", room=room, widget=method.widget(len(room.options), room.budget))


async def show_result(request: Request) -> Response:
    """The result to print: sentence, bars, table, and how to verify it."""
    try:
        room, result = await _read(request, _counted)
    except LabError as refusal:
        return refused(refusal)
    return _printed(
        "print_result.html", room=room, result=result, address=f"{own_address(request)}/v/{room.round_id}"
    )


async def send_table(request: Request) -> Response:
    """The result as CSV."""
    return await _send(request, result_table, "text/csv; charset=utf-8", "csv")


async def send_picture(request: Request) -> Response:
    """The result as PNG."""
    return await _send(request, result_picture, "image/png", "png")


async def _send(
    request: Request, written: Callable[[RoundView, Result | None], bytes], media_type: str, ending: str
) -> Response:
    try:
        room, result = await _read(request, _counted)
    except LabError as refusal:
        return refused(refusal)
    content = await run_in_threadpool(written, room, result)
    name = f"result-{room.code}.{ending}"
    return Response(
        content,
        media_type=media_type,
        headers={"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'},
    )


_PATHS: Final = {
    "ballots": show_ballots,
    "count-sheet": show_count_sheet,
    "slips": show_slips,
    "result": show_result,
    "result.csv": send_table,
    "result.png": send_picture,
}
ROUTES = [
    *(Route(f"/rounds/{{round_id:uuid}}/{path}", show, methods=["GET"]) for path, show in _PATHS.items()),
    Route("/rounds/{round_id:uuid}/slips/print", print_slips, methods=["POST"]),
]
