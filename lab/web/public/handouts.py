"""A workshop's calendar entry, run sheet, and flipchart photos."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from zoneinfo import ZoneInfo

import segno
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lab.access.rights import Actor
from lab.foundation import clock
from lab.foundation.errors import LabError
from lab.foundation.place import lab_database
from lab.web.door.address import own_address
from lab.web.door.codes import behind
from lab.web.door.guard import OWN_POLICY
from lab.web.door.identity import signed_in
from lab.web.pages import plain_page, refused
from lab.workshops.plan import queries as plan_queries
from lab.workshops.plan.calendar import entry
from lab.workshops.plan.queries import Plan
from lab.workshops.plan.rules import clock_at, running_time
from lab.workshops.room import photos

Answer = TypeVar("Answer")


async def _by_code(request: Request, read: Callable[[Session, str], Answer | None]) -> Answer | None:
    """Read something of the workshop behind the code in the address, if it is one."""
    room = (await behind(request)).workshop
    if room is None:
        return None

    def ask() -> Answer | None:
        with lab_database().reading() as session:
            return read(session, room.code)

    return await run_in_threadpool(ask)


async def _as_host(request: Request, read: Callable[[Session, Actor], Answer]) -> Answer:
    def ask() -> Answer:
        with lab_database().reading() as session:
            return read(session, signed_in(session, request))

    return await run_in_threadpool(ask)


async def show_calendar(request: Request) -> Response:
    """The workshop as an .ics file; the code is enough."""

    def read(session: Session, code: str) -> tuple[Plan | None, ZoneInfo]:
        return plan_queries.plan_of_code(session, code), clock.zone(session)

    plan, zone = await _by_code(request, read) or (None, clock.UTC)
    if plan is None:
        return plain_page(
            "message.html", status=404, title="Nothing to see here", message="No workshop has this code."
        )
    if not plan.begins:
        return plain_page(
            "message.html", status=404, title="No time yet",
            message="The hosts have not said yet at what time this workshop begins. "
            "There is a calendar entry once they have.",
        )  # fmt: skip
    content = entry(
        plan.id,
        title=plan.title,
        project=plan.project,
        place=plan.place,
        hosts=plan.hosts,
        held_on=plan.held_on,
        begins=plan.begins,
        minutes=plan.minutes,
        version=plan.version,
        link=f"{own_address(request)}/j/{plan.code}",
        zone=zone,
        now=clock.now(),
    )
    return Response(
        content,
        media_type="text/calendar",
        headers={
            "Content-Disposition": f'attachment; filename="workshop-{plan.held_on}.ics"',
            "Cache-Control": "no-store",
        },
    )


async def show_public_photo(request: Request) -> Response:
    """A photo for anybody with the code, after the wrap-up."""
    photo_id = request.path_params["photo_id"]
    found = await _by_code(request, lambda session, code: photos.public_photo(session, code, photo_id))
    return _photo(found, "private, max-age=3600")


async def show_photo(request: Request) -> Response:
    """A photo for those who run workshops."""
    facts = request.path_params
    try:
        found = await _as_host(
            request,
            lambda session, actor: photos.photo_bytes(
                session, actor, facts["workshop_id"], facts["photo_id"]
            ),
        )
    except LabError as refusal:
        return refused(refusal)
    return _photo(found, "private, max-age=600")


def _photo(found: tuple[bytes, str] | None, kept: str) -> Response:
    if found is None:
        return Response(status_code=404)
    return Response(found[0], media_type=found[1], headers={"Cache-Control": kept})


async def show_run_sheet(request: Request) -> Response:
    """The run sheet, for printing."""
    workshop_id = request.path_params["workshop_id"]
    try:
        plan = await _as_host(
            request, lambda session, actor: plan_queries.plan_of(session, actor, workshop_id)
        )
    except LabError as refusal:
        return refused(refusal)
    link = f"{own_address(request)}/j/{plan.code}"
    response = plain_page(
        "run_sheet.html",
        plan=plan,
        times=_times(plan),
        ends=clock_at(plan.begins, plan.minutes),
        address=link.partition("://")[2].rpartition("/")[0],
        # safe: the link is drawn as an SVG, it is not markup
        drawing=Markup(
            segno.make(link, error="m").svg_inline(border=2, light="#fff", dark="#000", omitsize=True)
        ),
    )
    response.headers["Content-Security-Policy"] = OWN_POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


def _times(plan: Plan) -> list[str]:
    return [running_time(plan.begins, each.minutes_before, each.block.minutes) for each in plan.blocks]


ROOM_ROUTES = [
    Route("/j/{code}/calendar.ics", show_calendar, methods=["GET"]),
    Route("/j/{code}/photo/{photo_id:uuid}", show_public_photo, methods=["GET"]),
]
ROUTES = [
    Route("/w/{workshop_id:uuid}/run-sheet", show_run_sheet, methods=["GET"]),
    Route("/w/{workshop_id:uuid}/photo/{photo_id:uuid}", show_photo, methods=["GET"]),
]
