"""A workshop's phones: one code that follows the agenda from before the beginning until after the end.

Everything works as a page and its forms. With a script a phone follows the room, keeps what was typed, and
resends until acknowledged.
"""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from db.words import REACTIONS
from lab.engagements.rules import LONGEST_COMMENT
from lab.foundation import clock, text
from lab.foundation.errors import Invalid, LabError, TooMany
from lab.foundation.language import label
from lab.foundation.place import lab_database
from lab.stakeholders.queries import stakeholder_of_account
from lab.voting.intake.queue import Answer, WriteQueue
from lab.web.door import limits
from lab.web.door.body import read_form
from lab.web.door.codes import FRESHNESS, add_bounded, behind, forget, no_room, private_response
from lab.web.door.cookies import VOTER_COOKIE, cookie_in
from lab.web.door.identity import InBefore, Voter, checked_voter, problem_for, voter_of
from lab.web.following import Following, event_stream
from lab.web.fresh import Fresh
from lab.web.news import NO_NEWS, news_facts
from lab.web.pages import plain_page, status_of
from lab.web.phones import votes
from lab.workshops.board.rules import LONGEST_NOTE
from lab.workshops.room import seen
from lab.workshops.room.handed_in import (
    FINAL,
    OTHER_ROOM,
    ChangeIn,
    DotsIn,
    HandedIn,
    JoinIn,
    NoteIn,
    PulseIn,
    ReactionIn,
)
from lab.workshops.room.intake import take_in
from lab.workshops.room.reactions import recent_reactions
from lab.workshops.room.rules import token_hash
from lab.workshops.room.seen import Own, StandingNote, Turnout, WorkshopView

LOOK_EVERY: Final = 0.25
"""Seconds between polls of a room's state while anybody follows it."""
NOTES_ON_A_PAGE: Final = 30
"""Notes per page of a phone."""
TRUST: Final = "I trust this will lead to something"
DIFFERENCE: Final = "What I said made a difference"
INFLUENCE: Final[Mapping[str, str]] = {
    "tell": "You will be told what is planned. Today changes nothing about it, and you may ask anything.",
    "ask": "You are asked what you think. Those who decide must say what they made of it.",
    "work_with": "What you say here shapes what is tried. Those who decide say why, where they do otherwise.",
    "share_decisions": "What is tried is decided together, with you.",
    "hand_over": "What you decide here is what will be done.",
}
"""What taking part can change, by declared influence."""

Way = Callable[[dict[str, Any], Mapping[str, str]], HandedIn]
"""Turns a form's fields into a submission."""
_joined: dict[tuple[uuid.UUID, str], None] = {}


def _read_turnout(workshop_id: uuid.UUID) -> Turnout:
    with lab_database().reading() as session:
        return seen.turnout_of(session, workshop_id)


def _read_reactions(block_id: uuid.UUID) -> tuple[tuple[str, int], ...]:
    with lab_database().reading() as session:
        return recent_reactions(session, block_id, clock.now())


def _read_standing(workshop_id: uuid.UUID) -> tuple[StandingNote, ...]:
    with lab_database().reading() as session:
        return seen.standing_notes(session, workshop_id)


def _read_stamp(followed: tuple[uuid.UUID, str]) -> str:
    with lab_database().reading() as session:
        return seen.stamp_of(session, followed[0])


turnouts: Fresh[uuid.UUID, Turnout] = Fresh(_read_turnout, FRESHNESS)
_reactions: Fresh[uuid.UUID, tuple[tuple[str, int], ...]] = Fresh(_read_reactions, FRESHNESS, most=50)
_standing: Fresh[uuid.UUID, tuple[StandingNote, ...]] = Fresh(_read_standing, 1.0, most=50)
_stamps: Following[tuple[uuid.UUID, str]] = Following(
    _read_stamp, LOOK_EVERY, on_change=lambda followed: forget(followed[1])
)


def _take(session: Session, batch: Sequence[HandedIn]) -> Sequence[Answer]:
    return take_in(session, batch, now=clock.now())


@cache
def intake() -> WriteQueue:
    """This process's writer of workshop submissions."""
    return WriteQueue(lab_database(), take=_take)


async def _holder(request: Request, room: WorkshopView) -> Voter:
    return await voter_of(
        request,
        lambda session, actor: stakeholder_of_account(session, actor, room.project_id),
        _here_before(room),
    )


def _here_before(room: WorkshopView) -> InBefore:
    return lambda session, unsigned: seen.was_here_before_signing(
        session, room.id, token_hash(room.id, unsigned)
    )


def _hash(room: WorkshopView, who: Voter) -> str:
    return token_hash(room.id, who.key)


def _phone_hash(room: WorkshopView, who: Voter) -> str | None:
    """Of the phone on which an account takes part."""
    return token_hash(room.id, who.phone_key) if who.account else None


def _from(room: WorkshopView, who: Voter) -> dict[str, Any]:
    return {
        "workshop_id": room.id,
        "token_hash": _hash(room, who),
        "stakeholder_id": who.stakeholder_id,
        "group": who.group,
        "phone_hash": _phone_hash(room, who),
    }


def _note_join(room: WorkshopView, who: Voter) -> None:
    """Count a phone that came back with its cookie as present, without waiting for the write."""
    key = (room.id, who.key + who.phone_key)
    if who.is_new or key in _joined or room.state not in ("planned", "running"):
        return
    try:
        intake().submit(JoinIn(**_from(room, who)))
        add_bounded(_joined, key)
    except TooMany:
        return  # counted with its next request


async def show_phone(request: Request) -> Response:
    """The phone's current page."""
    found = await behind(request)
    room = found.workshop
    if room is None:
        return await votes.show_room(request)
    who = await _holder(request, room)
    _note_join(room, who)
    if found.vote is not None:
        return await votes.show_room(request)
    return private_response(who, request, await _page(request, room, who))


async def show_again(request: Request) -> Response:
    """A GET for an address that only takes forms: show the phone's page."""
    return RedirectResponse(f"/j/{request.path_params['code']}", status_code=303)


@dataclass(frozen=True, slots=True)
class Kept:
    """What could not be stored and is shown again."""

    block: seen.BlockView | None
    key: str
    fields: Mapping[str, str]
    words: str = ""
    """A note's text."""
    can_be_sent: bool = False
    """Whether the text may still become a note."""
    lines: tuple[str, ...] = ()
    """Dots, or answers to a pulse."""


async def _page(
    request: Request,
    room: WorkshopView,
    who: Voter,
    *,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    now = clock.now()
    block = room.block

    def read() -> Own:
        with lab_database().reading() as session:
            return seen.own_of(session, room, _hash(room, who), _phone_hash(room, who))

    own = await run_in_threadpool(read)
    fields = dict(typed or {})
    kept = await _kept(room, own, fields, now) if problem else None
    facts: dict[str, Any] = {
        "room": room, "block": block, "own": own, "who": who, "problem": problem, "fields": fields,
        "kept": kept, "left": room.seconds_left(now), "form_key": secrets.token_urlsafe(12),
        "pulse_asks": (TRUST, DIFFERENCE), "longest_note": LONGEST_NOTE, "longest_comment": LONGEST_COMMENT,
        "says": INFLUENCE.get(room.influence or "", ""), "takes_pulse": room.takes_pulse(now),
        "asks_group": bool(room.groups) and not who.account and room.state in ("planned", "running"),
        "titles": {each.id: each.title for each in room.blocks}, "all": "all" in request.query_params,
        "changing": _changing(request, own, fields), "reactions": REACTIONS,
    }  # fmt: skip
    facts |= await news_facts(room.project_id) if room.state == "wrapped_up" else NO_NEWS
    if block is not None and block.kind == "dots":
        facts |= await _dots_facts(request, room, own, fields)
    return plain_page("workshop_phone.html", status=422 if problem else 200, **facts)


async def _kept(room: WorkshopView, own: Own, fields: Mapping[str, str], now: dt.datetime) -> Kept | None:
    """What was written for a form that the page does not show (any more)."""
    block = next((each for each in room.blocks if str(each.id) == fields.get("block")), None)
    is_running = room.state == "running"
    is_here = is_running and block is not None and block == room.block and room.phones_open
    words = fields.get("words", "")
    if words and "note" in fields:
        is_free = any(str(note.id) == fields["note"] and not note.is_held for note in own.notes)
        return None if is_running and is_free else Kept(None, "", fields, words)
    if words:
        return None if is_here else Kept(block, fields.get("key", ""), fields, words, is_running)
    if "trust" in fields:
        is_asked = room.takes_pulse(now) or (is_running and block is not None and block == room.block)
        return None if is_asked else Kept(block, "", fields, lines=_answers(fields))
    lines = () if is_here else await _dots_in_words(room, fields)
    return Kept(block, "", fields, lines=lines) if lines else None


def _answers(fields: Mapping[str, str]) -> tuple[str, ...]:
    """The answers to a pulse, to be read."""
    asked = {"trust": TRUST, "difference": DIFFERENCE}
    answers = [f"{words}: {fields[name]}" for name, words in asked.items() if fields.get(name)]
    return (*answers, *([fields["comment"]] if text.says_something(fields.get("comment", "")) else []))


async def _dots_in_words(room: WorkshopView, fields: Mapping[str, str]) -> tuple[str, ...]:
    given = {name.removeprefix("dots-"): dots for name, dots in fields.items() if name.startswith("dots-")}
    standing = await _standing.get(room.id) if given else ()
    notes = [(note.text, given.get(note.id.hex, "")) for note in standing]
    return tuple(f"{text.shortened(words, 110)}: {dots}" for words, dots in notes if dots not in ("", "0"))


def _changing(request: Request, own: Own, fields: Mapping[str, str]) -> seen.OwnNote | None:
    wanted = fields.get("note") or request.query_params.get("note")
    return next((note for note in own.notes if str(note.id) == wanted), None)


async def _dots_facts(
    request: Request, room: WorkshopView, own: Own, fields: Mapping[str, str]
) -> dict[str, Any]:
    standing = await _standing.get(room.id)
    pages = max(1, -(-len(standing) // NOTES_ON_A_PAGE))
    asked = fields.get("page") or request.query_params.get("page", "1")
    page = min(max(int(asked) if asked.isdecimal() and len(asked) < 4 else 1, 1), pages)
    shown = standing[(page - 1) * NOTES_ON_A_PAGE : page * NOTES_ON_A_PAGE]
    typed = {key: value for key, value in fields.items() if key.startswith("dots-")}
    dots = typed or {f"dots-{note.hex}": str(number) for note, number in own.dots}
    here = {f"dots-{note.id.hex}" for note in shown}
    elsewhere = {key: value for key, value in dots.items() if key not in here and value not in ("", "0")}
    return {"standing": shown, "page": page, "pages": pages, "dots": dots, "elsewhere": elsewhere}


async def hand_in(way: Way, request: Request) -> Response:
    """Take a phone's submission. Responds after it is durably stored."""
    room = (await behind(request)).workshop
    if room is None:
        return no_room(request)
    wants_json = "application/json" in request.headers.get("accept", "")
    who = await _holder(request, room)
    fields: dict[str, str] = {}
    try:
        form = await read_form(request)
        fields = form.fields
        who = await checked_voter(request, fields, who, _here_before(room))
        form.check()
        limits.pace.step(who.token)
        key = await intake().take(way(_from(room, who), fields))
    except LabError as refusal:
        return await _not_taken(request, room, who, fields, refusal, wants_json)
    if wants_json:
        return private_response(who, request, JSONResponse({"key": key}))
    if who.is_new:
        # no redirect: a phone without cookies would not be recognised afterwards
        return private_response(who, request, await _page(request, room, who))
    page = f"?page={fields['page']}" if fields.get("page", "").isdecimal() else ""
    return private_response(who, request, RedirectResponse(f"/j/{room.code}{page}", status_code=303))


async def _not_taken(
    request: Request,
    room: WorkshopView,
    who: Voter,
    fields: Mapping[str, str],
    refusal: LabError,
    wants_json: bool,
) -> Response:
    status = status_of(refusal)
    if isinstance(refusal, TooMany) and refusal.retry_after > 1:
        status = 503
    if wants_json:
        answer = problem_for(who, refusal) | ({"final": "1"} if refusal.message in FINAL else {})
        response: Response = JSONResponse(answer, status_code=status)
    else:
        response = await _page(request, room, who, problem=refusal.message, typed=fields)
        response.status_code = status
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return private_response(who, request, response)


def _key_in(fields: Mapping[str, str], name: str) -> uuid.UUID:
    try:
        return uuid.UUID(fields.get(name, ""))
    except ValueError as error:
        raise Invalid(OTHER_ROOM) from error


def _number_in(fields: Mapping[str, str], name: str, missing: str) -> int:
    value = fields.get(name, "").strip()
    if not value.isdecimal() or len(value) > 4:
        raise Invalid(missing)
    return int(value)


def _join_in(sender: dict[str, Any], fields: Mapping[str, str]) -> HandedIn:
    return JoinIn(**sender | {"group": fields.get("group") or None}, says_group=True)


def _note_in(sender: dict[str, Any], fields: Mapping[str, str]) -> HandedIn:
    matters = fields.get("importance")
    return NoteIn(
        **sender,
        block_id=_key_in(fields, "block"),
        form_key=fields.get("key", "")[:64],
        words=fields.get("words", ""),
        importance=_number_in(fields, "importance", "Say from 1 to 5 how much it matters.")
        if matters
        else None,
        prototype_id=_key_in(fields, "prototype") if fields.get("prototype") else None,
    )


def _change_in(sender: dict[str, Any], fields: Mapping[str, str]) -> HandedIn:
    words = None if "back" in fields else fields.get("words", "")
    return ChangeIn(**sender, note_id=_key_in(fields, "note"), words=words)


def _dots_in(sender: dict[str, Any], fields: Mapping[str, str]) -> HandedIn:
    dots = {}
    for name, value in fields.items():
        if name.startswith("dots-") and value not in ("", "0"):
            note = _key_in({"note": name.removeprefix("dots-")}, "note")
            dots[note] = _number_in(fields, name, "Write the number of dots as a number, such as 2.")
    return DotsIn(**sender, block_id=_key_in(fields, "block"), dots=dots)


def _pulse_in(sender: dict[str, Any], fields: Mapping[str, str]) -> HandedIn:
    both = "Please answer both questions, from 1 to 5."
    return PulseIn(
        **sender,
        trust=_number_in(fields, "trust", both),
        difference=_number_in(fields, "difference", both),
        comment=fields.get("comment", ""),
        block_id=_key_in(fields, "block") if fields.get("block") else None,
    )


def _reaction_in(sender: dict[str, Any], fields: Mapping[str, str]) -> HandedIn:
    limits.reactions.step(sender["token_hash"])
    return ReactionIn(**sender, block_id=_key_in(fields, "block"), word=fields.get("word", ""))


WAYS: Final[Mapping[str, Way]] = {
    "join": _join_in,
    "note": _note_in,
    "change": _change_in,
    "dots": _dots_in,
    "pulse": _pulse_in,
    "react": _reaction_in,
}


async def hand_in_ballot(request: Request) -> Response:
    """Take a ballot of a vote or of a workshop's vote, even if the room has moved on."""
    found = await behind(request)
    if found.vote is None and found.workshop is not None:
        return await show_again(request)
    return await votes.hand_in(request)


async def show_state(request: Request) -> Response:
    """The room's state for polling pages: a few bytes, the same for all."""
    found = await behind(request)
    room = found.workshop
    if room is not None and cookie_in(request, VOTER_COOKIE):
        _note_join(room, await _holder(request, room))
    if room is None or found.vote is not None:
        return await votes.show_state(request, **(_for_walls(room) if room is not None else {}))
    turnout = await turnouts.get(room.id)
    return JSONResponse(
        {
            "state": room.state, "stamp": room.stamp, "block": room.current_place,
            "here": turnout.here, "notes": turnout.notes, "in_block": turnout.in_block,
            "reactions": await reactions_in_words(room),
            **_for_walls(room),
        },
        headers={"Cache-Control": "no-store"},
    )  # fmt: skip


async def reactions_in_words(room: WorkshopView) -> str:
    """What phones said lately about the present block, such as “Agree 5 · Unclear 2”."""
    if room.block is None:
        return ""
    counted = await _reactions.get(room.block.id)
    return " · ".join(f"{label(word)} {number}" for word, number in counted)


def _for_walls(room: WorkshopView) -> dict[str, Any]:
    """The block's clock, and whether the wall is blank."""
    left, paused = room.seconds_left(clock.now()), room.paused_at is not None
    return {"left": left, "paused": paused, "blank": room.wall_blank}


async def show_events(request: Request) -> Response:
    """A stream of events, one for each change of the room's state."""
    room = (await behind(request)).workshop
    if room is None:
        return Response(status_code=404)
    if cookie_in(request, VOTER_COOKIE):
        _note_join(room, await _holder(request, room))
    return event_stream(_stamps.values((room.id, room.code)))


ROUTES = [
    Route("/j/{code}", show_phone, methods=["GET"]),
    Route("/j/{code}", hand_in_ballot, methods=["POST"]),
    Route("/j/{code}/state", show_state, methods=["GET"]),
    Route("/j/{code}/events", show_events, methods=["GET"]),
    *(Route(f"/j/{{code}}/{what}", partial(hand_in, way), methods=["POST"]) for what, way in WAYS.items()),
    *(Route(f"/j/{{code}}/{what}", show_again, methods=["GET"]) for what in WAYS),
]
