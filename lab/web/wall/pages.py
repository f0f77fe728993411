"""The projector's pages of votes and workshops, what they follow, and the code to scan."""

from __future__ import annotations

import uuid
from io import BytesIO
from typing import Any, Final

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lab.access.network import is_this_machine
from lab.foundation import clock, text
from lab.foundation.place import lab_database
from lab.voting.queries import RoundView
from lab.voting.results import Result
from lab.voting.words import said_aloud
from lab.web.board.routes import revision_heard
from lab.web.door.address import own_address
from lab.web.door.codes import behind, forget, no_room
from lab.web.following import Following, event_stream
from lab.web.fresh import Fresh
from lab.web.news import NO_NEWS, news_facts
from lab.web.pages import plain_page
from lab.web.phones import votes, workshops
from lab.workshops.room import seen
from lab.workshops.room.cloud import Word, in_cloud, words_said
from lab.workshops.room.seen import StandingNote

DOTTED: Final = 8
"""Notes on the wall once the dots are counted."""
LISTED: Final = 12
"""Words in the list beside the cloud."""

LOOK_EVERY: Final = 0.1
"""Seconds between polls of a room and its board while a wall follows them: what a host hides is gone from the
wall within 0.3 seconds, however many walls and phones there are."""


def _read_dotted(asked: tuple[uuid.UUID, int]) -> tuple[StandingNote, ...]:
    with lab_database().reading() as session:
        return seen.dotted_notes(session, asked[0], DOTTED)


def _read_stamp(followed: tuple[uuid.UUID, str]) -> str:
    with lab_database().reading() as session:
        return seen.wall_stamp_of(session, followed[0])


def _read_words(asked: tuple[uuid.UUID, int]) -> tuple[Word, ...]:
    with lab_database().reading() as session:
        texts = seen.texts_of_block(session, asked[0])
    return tuple(words_said(texts))


_words: Fresh[tuple[uuid.UUID, int], tuple[Word, ...]] = Fresh(_read_words, 1.0, most=50)
dotted: Fresh[tuple[uuid.UUID, int], tuple[StandingNote, ...]] = Fresh(_read_dotted, 1.0, most=50)
_stamps: Following[tuple[uuid.UUID, str]] = Following(
    _read_stamp, LOOK_EVERY, on_change=lambda followed: forget(followed[1])
)


async def show_wall(request: Request) -> Response:
    """The projector's page: current block, time left, how to join, and what came in."""
    found = await behind(request)
    room = found.workshop
    if room is not None and room.wall_blank:
        return plain_page("wall_blank.html", room=room)
    if room is None or found.vote is not None:
        return await show_vote(request)
    block = room.block
    counted = block is not None and block.kind == "dots" and not room.phones_open
    shows_words = room.wall_words and block is not None and block.takes is not None
    words = await _words.get((block.id, revision_heard(request))) if shows_words and block else None
    return plain_page(
        "workshop_wall.html",
        room=room,
        block=block,
        left=room.seconds_left(clock.now()),
        turnout=await workshops.turnouts.get(room.id),
        says=workshops.INFLUENCE.get(room.influence or "", ""),
        **(await news_facts(room.project_id) if room.state == "wrapped_up" else NO_NEWS),
        dotted=await dotted.get((block.id, revision_heard(request))) if counted and block else None,
        words=words,
        reactions=await workshops.reactions_in_words(room),
        cloud=in_cloud(words or ()),
        listed=LISTED,
        has_board=block is not None
        and (block.takes is not None or block.kind == "dots")
        and not (counted or shows_words),
        **how_to_join(request),
    )


async def show_vote(request: Request) -> Response:
    """The projector's page: how to join, the options and how many have voted, then the result."""
    found = await behind(request)
    room, workshop = found.vote, found.workshop
    if room is None:
        return no_room(request)
    turnout = await votes.turnouts.get(room.round_id)
    result = await votes.results.get(room) if room.state == "revealed" or room.reveal == "live" else None
    return plain_page(
        "wall.html",
        room=room,
        turnout=turnout,
        left=workshop.seconds_left(clock.now()) if workshop else None,
        paused=workshop is not None and workshop.paused_at is not None,
        signals_end=workshop is not None and workshop.signals_end,
        result=result,
        headline=_headline(room, result) if result else "",
        **(await news_facts(room.project_id) if room.state == "revealed" else {}),
        **how_to_join(request),
    )


def how_to_join(request: Request) -> dict[str, Any]:
    """The wall's joining instructions: address, code and QR code."""
    address = own_address(request)
    return {"address": address.partition("://")[2] + "/j", "only_here": is_this_machine(address)}


def _headline(room: RoundView, result: Result) -> str:
    """Who leads, shortened to fit the wall."""
    titles = [text.shortened(option.title, 60) for option in room.options]
    said = said_aloud(result.count, titles, certainty=result.certainty)
    return text.shortened(said, 230)


async def follow_wall(request: Request) -> Response:
    """A stream of events: the room's stamp and its board's revision, whenever one of them changes."""
    room = (await behind(request)).workshop
    if room is None:
        return Response(status_code=404)
    return event_stream(_stamps.values((room.id, room.code)))


async def show_qr(request: Request) -> Response:
    """The QR code to join."""
    found = await behind(request)
    room = found.workshop or found.vote
    if room is None:
        return Response(status_code=404)
    drawing = BytesIO()
    segno.make(f"{own_address(request)}/j/{room.code}", error="m").save(
        drawing, kind="svg", scale=8, border=3, light="#fff", dark="#000", xmldecl=False
    )
    return Response(
        drawing.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=600"}
    )


ROUTES = [
    Route("/j/{code}/wall", show_wall, methods=["GET"]),
    Route("/j/{code}/wall/events", follow_wall, methods=["GET"]),
    Route("/j/{code}/qr.svg", show_qr, methods=["GET"]),
]
