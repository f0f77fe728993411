"""The presenter's remote: the console's bar on a host's own phone, a light page that needs no script."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from lab.access.rights import Actor
from lab.foundation import clock
from lab.foundation.errors import Invalid, LabError
from lab.foundation.place import lab_database
from lab.voting.queries import room_of_round
from lab.web.door.body import checked_form
from lab.web.door.identity import signed_in
from lab.web.pages import page, refused, status_of
from lab.workshops.plan.queries import plan_of
from lab.workshops.room import commands, queries
from lab.workshops.room.words import ON_PHONES, phones_now

_GO: Final = re.compile(r"go-(\d{1,3})", re.ASCII)
ACTS: Final[dict[str, tuple[Callable[..., None], dict[str, Any]]]] = {
    "pause": (commands.pause, {}),
    "resume": (commands.resume, {}),
    "shorter": (commands.add_minutes, {"minutes": -1}),
    "longer": (commands.add_minutes, {"minutes": 1}),
    "open": (commands.open_phones, {"are_open": True}),
    "close": (commands.open_phones, {"are_open": False}),
    "blank": (commands.blank_wall, {"is_blank": True}),
    "show": (commands.blank_wall, {"is_blank": False}),
}
"""What the buttons do, but for going to a block."""


async def show_remote(request: Request) -> Response:
    """The remote of a workshop, for whoever may run it."""
    return await _shown(request, request.path_params["workshop_id"])


async def do(request: Request) -> Response:
    """Do what a button says, and show the remote again."""
    workshop_id = request.path_params["workshop_id"]
    try:
        fields = await checked_form(request)
    except LabError as refusal:
        return refused(refusal)

    def act() -> None:
        with lab_database().writing() as session:
            _act(session, signed_in(session, request), workshop_id, fields.get("act", ""))

    try:
        await run_in_threadpool(act)
    except LabError as refusal:
        return await _shown(request, workshop_id, refusal)
    return RedirectResponse(f"/w/{workshop_id}/remote", status_code=303)


def _act(session: Session, actor: Actor, workshop_id: uuid.UUID, name: str) -> None:
    now = clock.now()
    if to := _GO.fullmatch(name):
        commands.go_to(session, actor, workshop_id, place=int(to[1]), now=now)
        return
    if name not in ACTS:
        raise Invalid("The remote has no such button. Please reload the page.")
    command, named = ACTS[name]
    command(session, actor, workshop_id, now=now, **named)


async def _shown(request: Request, workshop_id: uuid.UUID, problem: LabError | None = None) -> Response:
    def read() -> dict[str, Any]:
        with lab_database().reading() as session:
            return _facts(session, signed_in(session, request), workshop_id)

    try:
        facts = await run_in_threadpool(read)
    except LabError as refusal:
        return refused(refusal)
    status = status_of(problem) if problem else 200
    response = page(
        request, "remote.html", status=status, problem=problem.message if problem else "", **facts
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _facts(session: Session, actor: Actor, workshop_id: uuid.UUID) -> dict[str, Any]:
    """What the remote shows: the console's bar."""
    plan = plan_of(session, actor, workshop_id)
    now = queries.standing(session, actor, workshop_id)
    if now.place is None or now.place >= len(plan.blocks):
        return {"plan": plan, "block": None}
    block = plan.blocks[now.place]
    round_id = block.block.round_id
    vote_state = room_of_round(session, actor, round_id).state if round_id else None
    phones, phones_open = phones_now(block.block.kind, phones_open=now.phones_open, vote_state=vote_state)
    is_last = now.place + 1 == len(plan.blocks)
    return {
        "plan": plan,
        "now": now,
        "block": block,
        "left": int(now.left(clock.now()).total_seconds()),
        "following": "" if is_last else plan.blocks[now.place + 1].block.title,
        "phones": phones,
        "phones_open": phones_open,
        "takes_phones": block.block.kind in ON_PHONES,
    }


ROUTES = [
    Route("/w/{workshop_id:uuid}/remote", show_remote, methods=["GET"]),
    Route("/w/{workshop_id:uuid}/remote/do", do, methods=["POST"]),
]
