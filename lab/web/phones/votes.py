"""The room's pages: joining by code, voting by phone, the wall, and the result that anybody may check.

No phone gets more than small server-rendered pages. They work without a script; with one, choices are kept
while the phone sleeps, sending is tried again until it is acknowledged, and the page follows the vote.
"""

from __future__ import annotations

import random
import re
import secrets
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

import segno
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lab.access.queries import identity_of
from lab.access.rights import Actor
from lab.foundation import clock, text
from lab.foundation.errors import Invalid, LabError, NotAllowed, TooMany, WrongTransition
from lab.foundation.place import lab_database
from lab.voting import queries, rules
from lab.voting.commands import account_token, voter_of_account
from lab.voting.counting.sums import NO_MARK
from lab.voting.intake.ballots import CLOSED, NOT_OPEN, HandedIn
from lab.voting.intake.queue import intake
from lab.voting.methods.registry import method_named
from lab.voting.queries import OwnBallot, Room, Turnout
from lab.voting.results import Result
from lab.voting.words import UNKNOWN_OPTION, said_aloud
from lab.web.door.guard import SESSION_COOKIE, guard_origin
from lab.web.door.limits import Guesses
from lab.web.fresh import Fresh
from lab.web.pages import plain_page, refused, status_of
from lab.workshops.room import seen
from lab.workshops.room.rules import token_hash

VOTER_COOKIE: Final = "lab_voter"
LARGEST_BALLOT: Final = 160 * 1024
"""Bytes of a ballot's form: thirty options with the longest worry each, in any script, fit."""
BALLOT: Final = re.compile("/j/(?P<code>[^/]+)")
"""The address that ballots are sent to."""
PLAIN: Final = re.compile(r"[\w-]+=[\w-]*(&[\w-]+=[\w-]*){0,99}", re.ASCII)
"""A form in which nothing is escaped."""
MARK: Final = re.compile(r"-?[0-9]{1,5}")
FRESHNESS: Final = 0.4
"""Seconds for which the state of a room is handed out without asking the database again."""
REMEMBERED: Final = 20_000

guesses = Guesses()
_joined: dict[str, None] = {}
_been_here: dict[tuple[str, str], None] = {}
"""Codes with the tokens of phones that were answered under them."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What a join code opens: a vote, or a workshop and the vote that is held in it, if any."""

    vote: Room | None = None
    workshop: seen.Room | None = None


def _read_behind(asked: tuple[str, str]) -> Behind:
    code, of_round = asked
    with lab_database().reading() as session:
        vote = queries.room_of_code(session, code)
        workshop = None if vote else seen.room_of_code(session, code)
        held = _round_held(workshop, of_round) if workshop else None
        if workshop and held:
            vote = queries.room_in_workshop(
                session, held, workshop_id=workshop.id, block=workshop.current_place, code=workshop.code
            )
        return Behind(vote, workshop)


def _round_held(workshop: seen.Room, of_round: str) -> uuid.UUID | None:
    """The round of the present block, or the one that a late ballot names, if the agenda has it."""
    if of_round:
        rounds = {str(block.round_id): block.round_id for block in workshop.blocks}
        return rounds.get(of_round)
    return workshop.block.round_id if workshop.block else None


def _read_turnout(round_id: uuid.UUID) -> Turnout:
    with lab_database().reading() as session:
        return queries.turnout(session, round_id)


def _read_result(room: Room) -> Result | None:
    with lab_database().reading() as session:
        return queries.public_result(session, room)


_behind: Fresh[tuple[str, str], Behind] = Fresh(_read_behind, FRESHNESS)
_turnouts: Fresh[uuid.UUID, Turnout] = Fresh(_read_turnout, FRESHNESS)
_results: Fresh[Room, Result | None] = Fresh(_read_result, 1.0, most=50)


class Voter(NamedTuple):
    """Who holds the phone: a random token, or the stakeholder whose account is signed in."""

    token: str
    is_new: bool
    stakeholder_id: uuid.UUID | None = None
    group: str | None = None
    account: str | None = None

    def hash_in(self, room: Room) -> str:
        return rules.token_hash(room.round_id, self.account or self.token)


async def _voter(request: Request, room: Room) -> Voter:
    voter = await holder(request, lambda session, actor: voter_of_account(session, actor, room.round_id))
    workshop_id = room.workshop_id
    if workshop_id is None or voter.account:
        return voter

    def read() -> str | None:
        with lab_database().reading() as session:
            return seen.group_of(session, workshop_id, token_hash(workshop_id, voter.token))

    return voter._replace(group=await run_in_threadpool(read))


async def holder(
    request: Request, found_by: Callable[[Session, Actor], tuple[uuid.UUID, str] | None]
) -> Voter:
    """Who holds the phone; `found_by` tells as whom an account takes part, if it does."""
    kept = request.cookies.get(VOTER_COOKIE, "")
    is_new = not 32 <= len(kept) <= 64
    token = secrets.token_urlsafe(24) if is_new else kept
    session_token = request.cookies.get(SESSION_COOKIE)
    if not session_token:
        return Voter(token, is_new)

    def read() -> Voter:
        with lab_database().reading() as session:
            actor = identity_of(session, session_token, clock.now())
            found = found_by(session, actor) if actor else None
        if actor is None or found is None:
            return Voter(token, is_new)
        return Voter(token, is_new, found[0], found[1], account_token(actor))

    return await run_in_threadpool(read)


def keep(request: Request, response: Response, voter: Voter) -> Response:
    """An answer to this phone alone, which remembers its token."""
    response.headers["Cache-Control"] = "no-store"
    remember(_been_here, (rules.as_typed(request.path_params["code"]), voter.token))
    if voter.is_new:
        response.set_cookie(
            VOTER_COOKIE,
            voter.token,
            max_age=30 * 24 * 3600,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
            path="/j/",
        )
    return response


async def behind(request: Request) -> Behind:
    """What is behind the address's code; guessing is slowed down, whether the guess is right or not."""
    found: Behind | None = request.scope.get("behind")
    if found is not None:
        return found
    address = request.client.host if request.client else ""
    code = rules.as_typed(request.path_params["code"])
    named = request.method == "POST" and request.scope["query_string"]
    of_round = request.query_params.get("round", "")[:36] if named else ""
    # only a code of the right length is worth a question to the database
    found = await _behind.get((code, of_round)) if len(code) == rules.CODE_LENGTH else Behind()
    if found == Behind():
        guesses.wrong(address)
    # a right code is answered as slowly as a wrong one, but to phones that were here with it before
    if guesses.is_guessing(address) and (code, request.cookies.get(VOTER_COOKIE)) not in _been_here:
        await guesses.pause(address)
    request.scope["behind"] = found
    return found


def remember(known: dict[Any, None], what: Any) -> None:
    """Keep something in a memory of bounded size."""
    if len(known) >= REMEMBERED:
        known.clear()
    known[what] = None


def forget(code: str) -> None:
    """Look anew what is behind a code: it is known to have changed."""
    _behind.forget((code, ""))


async def _room(request: Request) -> Room | None:
    return (await behind(request)).vote


def no_room(request: Request) -> Response:
    """Nothing is behind the code."""
    code = rules.as_typed(request.path_params["code"])
    address = request.client.host if request.client else ""
    refusal = TooMany("Too many wrong codes came from this network. Please wait a minute.", retry_after=60)
    if guesses.is_guessing(address):
        return refused(refusal)
    problem = f"There is no vote or workshop with the code {code}."
    return plain_page("join.html", status=404, code=code, problem=problem)


async def show_join(request: Request) -> Response:
    """A place to type a code in, for phones that cannot scan."""
    code = rules.as_typed(request.query_params.get("code", ""))
    if code:
        return RedirectResponse(f"/j/{code}", status_code=303)
    return plain_page("join.html", code="", problem="")


async def show_room(request: Request) -> Response:
    """What a phone shows: waiting, the ballot, the receipt, or the result."""
    room = await _room(request)
    if room is None:
        return no_room(request)
    voter = await _voter(request, room)
    if not voter.is_new:
        _note_join(room, voter)
    return keep(request, await _phone(request, room, voter), voter)


async def _phone(
    request: Request, room: Room, voter: Voter, *, problem: str = "", typed: Mapping[str, str] | None = None
) -> Response:
    def read() -> OwnBallot | None:
        with lab_database().reading() as session:
            return queries.own_ballot(session, room.round_id, voter.hash_in(room))

    own = await run_in_threadpool(read)
    facts: dict[str, Any] = {"room": room, "own": own, "state": room.state}
    if room.state == "revealed":
        return plain_page("phone_result.html", **facts, result=await _results.get(room))
    if room.state != "open":
        return plain_page("phone_waiting.html", **facts)
    if own and own.receipt and "change" not in request.query_params and not problem:
        kept = bool(voter.account) or VOTER_COOKIE in request.cookies
        return plain_page("phone_recorded.html", **facts, words=_own_words(room, own), kept=kept)
    method = method_named(room.method)
    return plain_page(
        "phone_ballot.html",
        status=422 if problem else 200,
        **facts,
        options=_ordered(room, voter),
        voter=voter,
        fields=_fields(room, own) if typed is None else typed,
        group=(typed or {}).get("group") or voter.group or (own.group if own else None),
        method=method,
        widget=method.widget(len(room.options), room.budget),
        longest_worry=rules.LONGEST_WORRY,
        problem=problem,
    )


def _ordered(room: Room, voter: Voter) -> list[queries.Option]:
    """The options in this voter's order: shuffled, but the same again after every reload."""
    options = list(room.options)
    if room.option_order == "shuffled":
        random.Random(voter.hash_in(room)).shuffle(options)
    return options


def _fields(room: Room, own: OwnBallot | None) -> dict[str, str]:
    if own is None or own.marks is None:
        return {}
    marks = {f"mark-{place}": str(mark) for place, mark in enumerate(own.marks) if mark != NO_MARK}
    return marks | {f"worry-{place}": words for place, words in own.worries}


def _own_words(room: Room, own: OwnBallot) -> list[tuple[str, str]]:
    """The voter's own ballot in words, until the close."""
    if own.marks is None:
        return []
    method = method_named(room.method)
    marked = [each for each in zip(own.marks, room.options, strict=True) if each[0] != NO_MARK]
    marked.sort(key=lambda each: each[0], reverse=not method.takes_orders)
    in_words = [(option.title, method.mark_in_words(mark)) for mark, option in marked]
    return [(title, words) for title, words in in_words if words]


def _note_join(room: Room, voter: Voter) -> None:
    """Let a phone that came back with its cookie count as joined, without making it wait."""
    token_hash = voter.hash_in(room)
    if token_hash in _joined or room.state not in ("draft", "open"):
        return
    try:
        intake().submit(
            HandedIn(
                room.round_id, token_hash, group=voter.group, stakeholder_id=voter.stakeholder_id,
                source="account" if voter.account else "phone",
            )
        )  # fmt: skip
        remember(_joined, token_hash)
    except TooMany:
        return  # it is noted with its next question


async def show_state(request: Request) -> Response:
    """Where the vote stands, for pages that follow it: a few bytes, the same for all."""
    room = await _room(request)
    if room is None:
        return JSONResponse({"state": "unknown"}, status_code=404)
    if VOTER_COOKIE in request.cookies:
        _note_join(room, await _voter(request, room))
    turnout = await _turnouts.get(room.round_id)
    told = {"state": room.state, "joined": turnout.joined, "voted": turnout.voted}
    if room.block is not None:
        told["block"] = room.block
    return JSONResponse(told, headers={"Cache-Control": "no-store"})


async def hand_in(request: Request) -> Response:
    """Take a ballot. The answer comes only when it is durably stored; sent again, it replaces itself."""
    wants_json = "application/json" in request.headers.get("accept", "")
    room = await _room(request)
    if room is None:
        return no_room(request)
    voter = await _voter(request, room)
    cookie = request.cookies.get(VOTER_COOKIE)
    fields: dict[str, str] = {}
    try:
        guard_origin(request)
        body = await read_body(request)
        fields, is_readable = fields_in(body)
        guard_body(body, is_readable)
        voter = sent_by(cookie, fields, voter)
        receipt = await _store(room, voter, fields)
    except LabError as refusal:
        return await _not_taken(request, room, voter, fields, refusal, wants_json)
    if wants_json:
        # letters and digits: nothing that JSON would write otherwise
        return keep(request, Response(f'{{"receipt":"{receipt}"}}', media_type="application/json"), voter)
    if cookie is None:
        # after a redirect a phone that keeps no cookies would be a stranger, and be asked to vote again
        return keep(request, await _phone(request, room, voter), voter)
    return keep(request, RedirectResponse(f"/j/{room.code}", status_code=303), voter)


def sent_by(cookie: str | None, fields: Mapping[str, str], voter: Voter) -> Voter:
    """The form carries the voter's own token, which nobody else can know: so no other site can send it,
    and a phone that refuses cookies can vote all the same."""
    token = fields.get("voter", "")
    other = cookie is not None and not secrets.compare_digest(cookie.encode(), token.encode())
    if other or not 32 <= len(token) <= 64:
        raise NotAllowed("This page had been open for too long. Please reload it and send it again.")
    return voter._replace(token=token) if voter.is_new else voter


async def read_body(request: Request) -> bytes:
    """What was sent, up to the first byte too many."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BALLOT:
            break
    return body[: LARGEST_BALLOT + 1]


def fields_in(body: bytes) -> tuple[dict[str, str], bool]:
    """The fields as far as they can be read, since even a form that is refused is shown again as it was
    typed, and whether all is readable."""
    for errors in ("strict", "replace"):
        with suppress(ValueError):
            told = body.decode("utf-8", errors)
            if PLAIN.fullmatch(told):
                # as long as nobody has a worry; to look for what is escaped would take four times as long
                return dict(each.split("=") for each in told.split("&")), True
            pairs = parse_qsl(told, keep_blank_values=True, errors=errors, max_num_fields=100)
            return dict(pairs), errors == "strict"
    return {}, False


def guard_body(body: bytes, is_readable: bool) -> None:
    """Refuse what is no form of ours.

    Raises:
        Invalid: it is too long, or not in UTF-8.
    """
    if len(body) > LARGEST_BALLOT:
        raise Invalid("This is too long. Please shorten what you wrote.")
    if not is_readable:
        raise Invalid("This could not be read. Please reload the page and send it again.")


async def _store(room: Room, voter: Voter, fields: Mapping[str, str]) -> str:
    if room.state != "open":
        raise WrongTransition(NOT_OPEN if room.state == "draft" else CLOSED)
    marks, worries = _ballot_in(room, fields)
    return await intake().take(
        HandedIn(
            round_id=room.round_id,
            token_hash=voter.hash_in(room),
            marks=marks,
            group=voter.group if voter.account else fields.get("group"),
            worries=worries,
            source="account" if voter.account else "phone",
            stakeholder_id=voter.stakeholder_id,
        )
    )


def _ballot_in(room: Room, fields: Mapping[str, str]) -> tuple[tuple[int, ...], dict[int, str]]:
    """The marks as the form sent them, whose meaning is judged where they are stored, and the worries.

    Raises:
        Invalid: a field is about something that is not in the vote, or a mark is no number.
    """
    known = _form(len(room.options))
    marks = [method_named(room.method).blank] * len(room.options)
    worries = {}
    for name, value in fields.items():
        if name not in known:
            raise Invalid(UNKNOWN_OPTION)
        kind, place = known[name]
        if kind == "worry":
            worries[place] = value if text.says_something(value) else ""
        elif kind == "mark" and (mark := value.strip()):
            if not MARK.fullmatch(mark):
                raise Invalid(f"“{mark[:20]}” is no mark that a ballot can carry. Please change it.")
            marks[place] = int(mark)
    return tuple(marks), worries


@cache
def _form(options: int) -> Mapping[str, tuple[str, int]]:
    """What each field of a ballot's form says, and of which option."""
    of_options = {f"{kind}-{place}": (kind, place) for kind in ("mark", "worry") for place in range(options)}
    return of_options | {"voter": ("voter", -1), "group": ("group", -1)}


async def _not_taken(
    request: Request,
    room: Room,
    voter: Voter,
    fields: Mapping[str, str],
    refusal: LabError,
    wants_json: bool,
) -> Response:
    is_busy = isinstance(refusal, TooMany)
    if wants_json:
        status = 503 if is_busy else status_of(refusal)
        response: Response = JSONResponse({"problem": refusal.message}, status_code=status)
    elif room.state != "open" or isinstance(refusal, WrongTransition):
        response = RedirectResponse(f"/j/{room.code}", status_code=303)
    else:
        response = await _phone(request, room, voter, problem=refusal.message, typed=fields)
        response.status_code = 503 if is_busy else status_of(refusal)
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return keep(request, response, voter)


async def show_wall(request: Request) -> Response:
    """The projector's page: how to join, how many have voted, then the result and what comes of it."""
    room = await _room(request)
    if room is None:
        return no_room(request)
    turnout = await _turnouts.get(room.round_id)
    result = await _results.get(room) if room.state == "revealed" or room.reveal == "live" else None
    return plain_page(
        "wall.html",
        room=room,
        turnout=turnout,
        result=result,
        headline=_headline(room, result) if result else "",
        **how_to_join(request),
    )


def how_to_join(request: Request) -> dict[str, Any]:
    """What the wall says of how to join."""
    address = str(request.base_url)
    return {
        "address": address.removeprefix("https://").removeprefix("http://") + "j",
        "only_here": request.url.hostname in ("localhost", "127.0.0.1", "::1"),
    }


def _headline(room: Room, result: Result) -> str:
    """Who leads, short enough for the wall however long the titles and however many are tied."""
    said = said_aloud(result.count, [text.shortened(option.title, 60) for option in room.options])
    return text.shortened(said, 230)


async def show_qr(request: Request) -> Response:
    """The code that a phone scans to join."""
    found = await behind(request)
    room = found.workshop or found.vote
    if room is None:
        return Response(status_code=404)
    drawing = BytesIO()
    segno.make(f"{request.base_url}j/{room.code}", error="m").save(
        drawing, kind="svg", scale=8, border=3, light="#fff", dark="#000", xmldecl=False
    )
    return Response(
        drawing.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=600"}
    )


async def show_voters_picture(request: Request) -> Response:
    """The small size of a prototype's picture, for those who vote on it."""
    picture_id = request.path_params["picture_id"]
    room = await _room(request)
    if room is None:
        return Response(status_code=404)

    def read() -> tuple[bytes, str] | None:
        with lab_database().reading() as session:
            return queries.voters_picture(session, room.round_id, picture_id)

    found = await run_in_threadpool(read)
    if found is None:
        return Response(status_code=404)
    return Response(found[0], media_type=found[1], headers={"Cache-Control": "private, max-age=3600"})


async def show_result(request: Request) -> Response:
    """The result of a round for anybody, and whether a receipt is in the count."""
    round_id = request.path_params["round_id"]
    receipt = rules.as_typed(request.query_params.get("receipt", ""))

    def read() -> tuple[Room | None, bool]:
        with lab_database().reading() as session:
            room = queries.revealed_room(session, round_id)
            return room, bool(receipt) and queries.has_receipt(session, round_id, receipt)

    room, counted = await run_in_threadpool(read)
    if room is None:
        return plain_page(
            "message.html",
            status=404,
            title="Nothing to see here",
            message="There is no result at this address, or it has not been revealed yet.",
        )
    return plain_page(
        "result.html",
        room=room,
        result=await _results.get(room),
        receipt=receipt,
        counted=counted,
    )


async def show_record(request: Request) -> Response:
    """The published record of a closed round: receipts and ballots, as two lists that nothing ties."""

    def read() -> dict[str, Any] | None:
        with lab_database().reading() as session:
            return queries.public_record(session, request.path_params["round_id"])

    record = await run_in_threadpool(read)
    if record is None:
        return JSONResponse({"problem": "There is no published record at this address."}, status_code=404)
    return JSONResponse(record, headers={"Content-Disposition": 'attachment; filename="record.json"'})


class BallotBox:
    """Takes ballots, before anything that pages need: finding the one of many that is meant, and being ready
    for whatever it may do, costs as much as taking a ballot."""

    def __init__(
        self,
        app: ASGIApp,
        take: Callable[[Request], Awaitable[Response]],
        away: Callable[[Request, OperationalError], Awaitable[Response]],
    ) -> None:
        self.app = app
        self.take = take
        self.away = away

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        meant = BALLOT.fullmatch(scope["path"]) if is_post else None
        if meant is None:
            await self.app(scope, receive, send)
            return
        scope["path_params"] = meant.groupdict()
        request = Request(scope, receive, send)
        try:
            response = await self.take(request)
        except OperationalError as error:
            response = await self.away(request, error)
        await response(scope, receive, send)


ROUTES = [
    Route("/j", show_join, methods=["GET"]),
    Route("/j/{code}/qr.svg", show_qr, methods=["GET"]),
    Route("/j/{code}/picture/{picture_id:uuid}", show_voters_picture, methods=["GET"]),
    Route("/v/{round_id:uuid}", show_result, methods=["GET"]),
    Route("/v/{round_id:uuid}/record.json", show_record, methods=["GET"]),
]
