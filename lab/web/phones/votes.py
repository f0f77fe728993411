"""A vote on the phones: joining by code, the ballot, and where the vote stands.

Phones get small server-rendered pages that work without a script. With one, choices survive sleep, sending is
retried until acknowledged, and the page follows the vote.
"""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lab.foundation import text
from lab.foundation.errors import Invalid, LabError, TooMany, WrongTransition
from lab.foundation.folding import code_of
from lab.foundation.place import lab_database
from lab.voting import queries, rules
from lab.voting.commands import voter_of_account
from lab.voting.counting.sums import NO_MARK
from lab.voting.intake.ballots import NOT_OPEN, TOO_LATE, BallotIn
from lab.voting.intake.queue import intake
from lab.voting.intake.slips import UNKNOWN as UNKNOWN_SLIP
from lab.voting.methods.registry import method_named
from lab.voting.queries import OwnBallot, RoundTurnout, RoundView
from lab.voting.results import Result
from lab.voting.tally import validate_row
from lab.voting.words import UNKNOWN_OPTION
from lab.web.door import limits
from lab.web.door.body import read_form
from lab.web.door.codes import FRESHNESS, add_bounded, behind, no_room, private_response
from lab.web.door.cookies import VOTER_COOKIE, cookie_in
from lab.web.door.identity import InBefore, Voter, checked_voter, network_of, problem_for, voter_of
from lab.web.fresh import Fresh
from lab.web.news import news_facts
from lab.web.pages import plain_page, status_of
from lab.workshops.room import seen
from lab.workshops.room.rules import token_hash

BALLOT: Final = re.compile("/j/(?P<code>[^/]+)")
"""The address that ballots are sent to."""
MARK: Final = re.compile(r"-?[0-9]{1,5}")

_joined: dict[str, None] = {}


def _read_turnout(round_id: uuid.UUID) -> RoundTurnout:
    with lab_database().reading() as session:
        return queries.turnout(session, round_id)


def _read_result(room: RoundView) -> Result | None:
    with lab_database().reading() as session:
        return queries.public_result(session, room)


turnouts: Fresh[uuid.UUID, RoundTurnout] = Fresh(_read_turnout, FRESHNESS)
results: Fresh[RoundView, Result | None] = Fresh(_read_result, 1.0, most=50)


def _hash(room: RoundView, voter: Voter) -> str:
    return rules.token_hash(room.round_id, voter.key)


def _phone_hash(room: RoundView, voter: Voter) -> str | None:
    """Of the phone on which an account votes."""
    return rules.token_hash(room.round_id, voter.phone_key) if voter.account else None


async def _voter(request: Request, room: RoundView) -> Voter:
    voter = await voter_of(
        request, lambda session, actor: voter_of_account(session, actor, room.round_id), _in_before(room)
    )
    workshop_id = room.workshop_id
    if workshop_id is None or voter.account:
        return voter

    def read() -> str | None:
        with lab_database().reading() as session:
            return seen.group_of(session, workshop_id, token_hash(workshop_id, voter.key))

    return voter._replace(group=await run_in_threadpool(read))


def _in_before(room: RoundView) -> InBefore:
    def known(session: Session, unsigned: str) -> bool:
        if queries.was_in_before_signing(session, room.round_id, rules.token_hash(room.round_id, unsigned)):
            return True
        workshop = room.workshop_id
        return workshop is not None and seen.was_here_before_signing(
            session, workshop, token_hash(workshop, unsigned)
        )

    return known


async def _room(request: Request) -> RoundView | None:
    return (await behind(request)).vote


async def show_join(request: Request) -> Response:
    """A form for the join code, for phones that can't scan."""
    code = code_of(request.query_params.get("code", ""))
    if code:
        return RedirectResponse(f"/j/{code}", status_code=303)
    return plain_page("join.html", code="", problem="")


async def show_room(request: Request) -> Response:
    """The phone's page: waiting, ballot, receipt, or result."""
    room = await _room(request)
    if room is None:
        return no_room(request)
    voter = await _voter(request, room)
    if not voter.is_new:
        _note_join(room, voter)
    return private_response(voter, request, await _phone(request, room, voter))


async def _own(room: RoundView, voter: Voter) -> OwnBallot | None:
    def read() -> OwnBallot | None:
        with lab_database().reading() as session:
            return queries.own_ballot(session, room.round_id, _hash(room, voter), _phone_hash(room, voter))

    return await run_in_threadpool(read)


async def _phone(
    request: Request,
    room: RoundView,
    voter: Voter,
    *,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    own = await _own(room, voter)
    facts: dict[str, Any] = {"room": room, "own": own, "state": room.state}
    if room.state == "revealed":
        facts |= await news_facts(room.project_id)
        return plain_page("phone_result.html", **facts, result=await results.get(room))
    if room.state != "open":
        return plain_page("phone_waiting.html", **facts)
    is_changing = "change" in request.query_params or problem
    if own and (own.is_of_an_account or (own.receipt and not is_changing)):
        kept = bool(voter.account) or not voter.is_new
        return plain_page("phone_recorded.html", **facts, words=_own_words(room, own), kept=kept)
    method = method_named(room.method, room.blank_means)
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
        slip=_slip_asked(request, room, voter, own, typed),
        problem=problem,
    )


def _slip_asked(
    request: Request, room: RoundView, voter: Voter, own: OwnBallot | None, typed: Mapping[str, str] | None
) -> str | None:
    """The slip's code as typed or scanned; None where no slip is asked for (any more)."""
    if not room.by_slip or voter.account or (own and own.receipt):
        return None
    return code_of((typed or {}).get("slip") or request.query_params.get("slip", ""))


def _ordered(room: RoundView, voter: Voter) -> list[queries.Option]:
    """The options in this voter's order: shuffled, but the same after every reload."""
    options = list(room.options)
    if room.option_order == "shuffled":
        random.Random(_hash(room, voter)).shuffle(options)
    return options


def _fields(room: RoundView, own: OwnBallot | None) -> dict[str, str]:
    if own is None or own.marks is None:
        return {}
    marks = {f"mark-{index}": str(mark) for index, mark in enumerate(own.marks) if mark != NO_MARK}
    return marks | {f"worry-{index}": words for index, words in own.worries}


def _own_words(room: RoundView, own: OwnBallot) -> list[tuple[str, str]]:
    """The voter's own ballot in words, until the close."""
    return [] if own.marks is None else _in_words(room, own.marks)


def _in_words(room: RoundView, marks: Sequence[int]) -> list[tuple[str, str]]:
    method = method_named(room.method, room.blank_means)
    marked = [each for each in zip(marks, room.options, strict=True) if each[0] != NO_MARK]
    marked.sort(key=lambda each: each[0], reverse=not method.takes_orders)
    in_words = [(option.title, method.mark_in_words(mark)) for mark, option in marked]
    return [(title, words) for title, words in in_words if words]


def _typed(room: RoundView, fields: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """A ballot that was not taken, for its voter to read."""
    titles = {str(each.place): each.title for each in room.options}
    typed: dict[str, dict[str, str]] = {"mark": {}, "worry": {}}
    for name, value in fields.items():
        kind, _, place = name.partition("-")
        if kind in typed and place in titles and text.says_something(value):
            typed[kind][titles[place]] = value
    try:
        marks, _ = _ballot_in(room, fields)
        said = _in_words(room, validate_row(room.method, marks, range(len(marks)), budget=room.budget))
    except Invalid:  # marks that no ballot can carry: as they were typed
        said = list(typed["mark"].items())
    return {"said": said, "worries": list(typed["worry"].items())}


def _note_join(room: RoundView, voter: Voter) -> None:
    """Count a phone that came back with its cookie as joined, without waiting for the write."""
    token_hash = _hash(room, voter)
    is_known = token_hash + voter.phone_key
    if is_known in _joined or room.state not in ("draft", "open"):
        return
    try:
        intake().submit(
            BallotIn(
                room.round_id, token_hash, group=voter.group, stakeholder_id=voter.stakeholder_id,
                source="account" if voter.account else "phone", phone_hash=_phone_hash(room, voter),
            )
        )  # fmt: skip
        add_bounded(_joined, is_known)
    except TooMany:
        return  # counted with its next request


async def show_state(request: Request, **of_workshop: Any) -> Response:
    """The vote's state for polling pages: a few bytes, the same for all. `of_workshop` is what a wall also
    follows where the vote is held in a workshop."""
    room = await _room(request)
    if room is None:
        return JSONResponse({"state": "unknown"}, status_code=404)
    if cookie_in(request, VOTER_COOKIE) and not (voter := await _voter(request, room)).is_new:
        _note_join(room, voter)
    turnout = await turnouts.get(room.round_id)
    state = {"state": room.state, "joined": turnout.joined, "voted": turnout.voted}
    if room.block is not None:
        state["block"] = room.block
    return JSONResponse(state | of_workshop, headers={"Cache-Control": "no-store"})


async def hand_in(request: Request) -> Response:
    """Take a ballot. Responds after it is durably stored; sent again, it replaces itself."""
    wants_json = "application/json" in request.headers.get("accept", "")
    room = await _room(request)
    if room is None:
        return no_room(request)
    voter = await _voter(request, room)
    fields: dict[str, str] = {}
    try:
        form = await read_form(request)
        fields = form.fields
        voter = await checked_voter(request, fields, voter, _in_before(room))
        form.check()
        receipt = await _store(room, voter, fields)
    except LabError as refusal:
        if refusal.message == UNKNOWN_SLIP:
            limits.guesses.wrong(network_of(request))
        return await _not_taken(request, room, voter, fields, refusal, wants_json)
    if wants_json:
        # a receipt is letters and digits: nothing to escape
        taken = Response(f'{{"receipt":"{receipt}"}}', media_type="application/json")
        return private_response(voter, request, taken)
    if voter.is_new:
        # no redirect, because a phone without cookies would lose its token
        return private_response(voter, request, await _phone(request, room, voter))
    return private_response(voter, request, RedirectResponse(f"/j/{room.code}", status_code=303))


async def _store(room: RoundView, voter: Voter, fields: Mapping[str, str]) -> str:
    if room.state != "open":
        raise WrongTransition(NOT_OPEN if room.state == "draft" else TOO_LATE)
    marks, worries = _ballot_in(room, fields)
    return await intake().take(
        BallotIn(
            round_id=room.round_id,
            token_hash=_hash(room, voter),
            marks=marks,
            group=voter.group if voter.account else fields.get("group"),
            worries=worries,
            source="account" if voter.account else "phone",
            stakeholder_id=voter.stakeholder_id,
            phone_hash=_phone_hash(room, voter),
            slip=rules.slip_hash(room.round_id, slip) if (slip := code_of(fields.get("slip", ""))) else None,
        )
    )


def _ballot_in(room: RoundView, fields: Mapping[str, str]) -> tuple[tuple[int, ...], dict[int, str]]:
    """The marks and worries in a form. The store checks whether the marks are allowed. Raises: Invalid: a
    field names no option of the vote, or a mark is not a number.
    """
    known = _form(len(room.options))
    marks = [method_named(room.method, room.blank_means).blank] * len(room.options)
    worries = {}
    for name, value in fields.items():
        if name not in known:
            raise Invalid(UNKNOWN_OPTION)
        kind, index = known[name]
        if kind == "worry":
            worries[index] = value if text.says_something(value) else ""
        elif kind == "mark" and (mark := value.strip()):
            if not MARK.fullmatch(mark):
                raise Invalid(f"“{mark[:20]}” is no mark that a ballot can carry. Please change it.")
            marks[index] = int(mark)
    return tuple(marks), worries


@cache
def _form(options: int) -> Mapping[str, tuple[str, int]]:
    """What each field of a ballot's form holds, and for which option."""
    of_options = {f"{kind}-{index}": (kind, index) for kind in ("mark", "worry") for index in range(options)}
    return of_options | {name: (name, -1) for name in ("voter", "group", "slip")}


async def _not_taken(
    request: Request,
    room: RoundView,
    voter: Voter,
    fields: Mapping[str, str],
    refusal: LabError,
    wants_json: bool,
) -> Response:
    is_busy = isinstance(refusal, TooMany)
    own = None
    if isinstance(refusal, WrongTransition):
        own = await _own(room, voter)
        if refusal.message == TOO_LATE and own and own.receipt:
            earlier = f" The one that was handed in here before counts. Its receipt: {own.receipt}."
            refusal = WrongTransition(TOO_LATE + earlier)
    if wants_json:
        status = 503 if is_busy else status_of(refusal)
        response: Response = JSONResponse(problem_for(voter, refusal), status_code=status)
    elif isinstance(refusal, WrongTransition):
        facts = {"room": room, "problem": refusal.message, **_typed(room, fields)}
        response = plain_page("phone_late.html", status=409, **facts)
    else:
        response = await _phone(request, room, voter, problem=refusal.message, typed=fields)
        response.status_code = 503 if is_busy else status_of(refusal)
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return private_response(voter, request, response)


async def show_voters_picture(request: Request) -> Response:
    """The thumbnail of a prototype in the vote."""
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


class BallotBox:
    """Takes ballots without routing, which costs as much as a ballot."""

    def __init__(
        self,
        app: ASGIApp,
        take: Callable[[Request], Awaitable[Response]],
        away: Callable[[Request, Exception], Awaitable[Response]],
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
        except (DBAPIError, TooMany) as error:
            response = await self.away(request, error)
        await response(scope, receive, send)


ROUTES = [
    Route("/j", show_join, methods=["GET"]),
    Route("/j/{code}/picture/{picture_id:uuid}", show_voters_picture, methods=["GET"]),
]
