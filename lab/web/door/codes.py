"""Looks up join codes. Guessing is slowed down, whether the guess is right or not."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from lab.foundation.errors import TooMany
from lab.foundation.folding import code_of
from lab.foundation.place import lab_database
from lab.voting import queries, rules
from lab.voting.queries import RoundView
from lab.web.door import limits
from lab.web.door.cookies import VOTER_COOKIE, cookie_in
from lab.web.door.identity import Voter, keep_voter, network_of
from lab.web.fresh import Fresh
from lab.web.pages import plain_page, refused
from lab.workshops.room import seen

FRESHNESS: Final = 0.4
"""Seconds for which the state of a room is cached."""
REMEMBERED: Final = 20_000
_been_here: dict[tuple[str, str], None] = {}
"""(code, token) of phones that have used a code before."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What a join code opens: a vote, or a workshop and the vote that is held in it, if any."""

    vote: RoundView | None = None
    workshop: seen.WorkshopView | None = None


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


def _round_held(workshop: seen.WorkshopView, of_round: str) -> uuid.UUID | None:
    """The round of the current block, or the one that a late ballot names, if it is in the agenda."""
    if of_round:
        rounds = {str(block.round_id): block.round_id for block in workshop.blocks}
        return rounds.get(of_round)
    return workshop.block.round_id if workshop.block else None


_behind: Fresh[tuple[str, str], Behind] = Fresh(_read_behind, FRESHNESS)


async def behind(request: Request) -> Behind:
    """The vote or workshop behind the code in the address."""
    found: Behind | None = request.scope.get("behind")
    if found is not None:
        return found
    network = network_of(request)
    code = code_of(request.path_params["code"])
    named = request.method == "POST" and request.scope["query_string"]
    of_round = request.query_params.get("round", "")[:36] if named else ""
    # a code of the wrong length needs no query
    found = await _behind.get((code, of_round)) if len(code) == rules.CODE_LENGTH else Behind()
    if found == Behind():
        limits.guesses.wrong(network)
    # right codes are as slow as wrong ones, except for phones that used the code before
    if limits.guesses.is_guessing(network) and (code, cookie_in(request, VOTER_COOKIE)) not in _been_here:
        await limits.guesses.pause(network, hanging_up(request))
    request.scope["behind"] = found
    return found


def hanging_up(request: Request) -> limits.HasLeft | None:
    """How to find out whether the client has hung up; None where looking would swallow what it sends."""
    if request.method != "GET":
        return None

    async def has_left() -> bool:
        # the first look takes the empty body
        return await request.is_disconnected() or await request.is_disconnected()

    return has_left


def add_bounded(known: dict[Any, None], what: Any) -> None:
    """Add something to a set that is cleared when full."""
    if len(known) >= REMEMBERED:
        known.clear()
    known[what] = None


def forget(code: str) -> None:
    """Drop the cached state of a code, because it has changed."""
    _behind.forget((code, ""))


def no_room(request: Request) -> Response:
    """The response for a wrong code."""
    code = code_of(request.path_params["code"])
    network = network_of(request)
    refusal = TooMany("Too many wrong codes came from this network. Please wait a minute.", retry_after=60)
    if limits.guesses.is_guessing(network):
        return refused(refusal)
    problem = f"There is no vote or workshop with the code {code}."
    return plain_page("join.html", status=404, code=code, problem=problem)


def private_response(voter: Voter, request: Request, response: Response) -> Response:
    """A response that must not be cached, and remembers that this phone used the code."""
    response.headers["Cache-Control"] = "no-store"
    add_bounded(_been_here, (code_of(request.path_params["code"]), voter.token))
    keep_voter(request, response, voter)
    return response
