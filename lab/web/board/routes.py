"""A workshop's board for the browser: its notes, what has changed, and the hosts' changes.

Hosts use `/w/{workshop}/board…` with their session; the wall and anybody in the room use the code. A page
loads the whole board once, then only what changed after its revision. Hosts get an event for each new
revision.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db.words import GROUPS, NOTE_KINDS, SAID_BACK, WITHIN_POWER
from lab.access.rights import Actor, require
from lab.foundation import clock
from lab.foundation.errors import Invalid, LabError, NotFound, TooMany
from lab.foundation.folding import code_of
from lab.foundation.language import label
from lab.foundation.place import lab_database
from lab.voting.rules import CODE_LENGTH
from lab.web.door import limits
from lab.web.door.body import read_body
from lab.web.door.codes import hanging_up
from lab.web.door.cookies import SESSION_COOKIE, cookie_in
from lab.web.door.csrf import check_csrf, form_token, keep_form_token
from lab.web.door.identity import network_of, signed_in
from lab.web.door.session_end import until_session_ends
from lab.web.following import Following, event_stream
from lab.web.fresh import Fresh
from lab.web.pages import status_of
from lab.workshops.board import commands as board
from lab.workshops.board import queries as board_queries
from lab.workshops.board import several
from lab.workshops.board.suggestions import comparable_notes, suggest

LOOK_EVERY: Final = 0.25
"""Seconds between polls of a board that a host follows, and for which walls get a cached board."""
MOST_CHANGES: Final = 50
"""Changes in one request, made in one transaction."""


class _SentFields:
    """The fields of a change as a browser sent them; every type is checked."""

    def __init__(self, fields: object) -> None:
        if not isinstance(fields, dict):
            raise Invalid("This change could not be read.")
        self.fields: Mapping[str, Any] = fields

    def words(self, name: str, default: str | None = None) -> str:
        value = self.fields.get(name, default)
        if not isinstance(value, str):
            raise Invalid(f"“{name}” must be text.", field=name)
        return value

    def key(self, name: str) -> uuid.UUID:
        try:
            return uuid.UUID(self.words(name))
        except ValueError as error:
            raise Invalid(f"“{name}” is not a key.", field=name) from error

    def key_or_none(self, name: str) -> uuid.UUID | None:
        return None if self.fields.get(name) is None else self.key(name)

    def keys(self, name: str) -> list[uuid.UUID]:
        listed = self.fields.get(name)
        if not isinstance(listed, list):
            raise Invalid(f"“{name}” must be a list of keys.", field=name)
        return [_SentFields({name: each}).key(name) for each in listed]

    def number(self, name: str) -> int:
        value = self.fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Invalid(f"“{name}” must be a whole number.", field=name)
        return value

    def marks(self) -> dict[str, Any]:
        marks = self.fields.get("marks")
        if not isinstance(marks, dict):
            raise Invalid("“marks” must say how to mark the note.", field="marks")
        said = _SentFields(marks)
        return {name: said.mark(name) for name in marks}

    def mark(self, name: str) -> Any:
        value = self.fields[name]
        if name == "chosen" or value is None:
            return value
        if name == "importance":
            return self.number(name)
        if name == "prototype_id":
            return self.key(name)
        if name == "promised_for":
            try:
                return dt.date.fromisoformat(self.words(name))
            except ValueError as error:
                raise Invalid("Write the date as year-month-day.", field=name) from error
        return self.words(name)


_Change = Callable[[Session, Actor, uuid.UUID, _SentFields, dt.datetime], object]
_CHANGES: Final[Mapping[str, _Change]] = {
    "write": lambda session, actor, workshop, said, now: board.write_note(
        session, actor, workshop, note_id=said.key("note"), words=said.words("words"),
        kind=said.words("kind", "idea"), group=said.words("group", ""),
        is_paper=bool(said.fields.get("paper")), cluster_id=said.key_or_none("cluster"), now=now,
    ),
    "edit": lambda session, actor, workshop, said, now: board.edit_note(
        session, actor, workshop, said.key("note"), words=said.words("words"), now=now
    ),
    "move": lambda session, actor, workshop, said, now: board.move_note(
        session, actor, workshop, said.key("note"),
        cluster_id=said.key_or_none("cluster"), below=said.key_or_none("below"),
    ),
    "merge": lambda session, actor, workshop, said, now: board.merge_notes(
        session, actor, workshop, said.key("note"), into=said.key("into"), now=now
    ),
    "merge_several": lambda session, actor, workshop, said, now: several.merge_several(
        session, actor, workshop, said.keys("notes"), into=said.key("into"), now=now
    ),
    "set_apart": lambda session, actor, workshop, said, now: several.set_apart(
        session, actor, workshop, said.keys("notes")
    ),
    "move_several": lambda session, actor, workshop, said, now: several.move_several(
        session, actor, workshop, said.keys("notes"), cluster_id=said.key_or_none("cluster")
    ),
    "hide_several": lambda session, actor, workshop, said, now: several.hide_several(
        session, actor, workshop, said.keys("notes"), why=said.words("why", ""), now=now
    ),
    "part": lambda session, actor, workshop, said, now: board.part_note(
        session, actor, workshop, said.key("note"), now=now
    ),
    "hide": lambda session, actor, workshop, said, now: board.hide_note(
        session, actor, workshop, said.key("note"), why=said.words("why", ""), now=now
    ),
    "let_on_the_wall": lambda session, actor, workshop, said, now: board.let_on_the_wall(
        session, actor, workshop, said.key_or_none("note")
    ),
    "show": lambda session, actor, workshop, said, now: board.show_note(
        session, actor, workshop, said.key("note"), now=now
    ),
    "mark": lambda session, actor, workshop, said, now: board.mark_note(
        session, actor, workshop, said.key("note"), said.marks(), now=now
    ),
    "add_cluster": lambda session, actor, workshop, said, now: board.add_cluster(
        session, actor, workshop, cluster_id=said.key("cluster"), title=said.words("title")
    ),
    "rename_cluster": lambda session, actor, workshop, said, now: board.rename_cluster(
        session, actor, workshop, said.key("cluster"), title=said.words("title")
    ),
    "place_cluster": lambda session, actor, workshop, said, now: board.place_cluster(
        session, actor, workshop, said.key("cluster"), place=said.number("place")
    ),
    "drop_cluster": lambda session, actor, workshop, said, now: board.drop_cluster(
        session, actor, workshop, said.key("cluster")
    ),
}  # fmt: skip


def _read_revision(workshop_id: uuid.UUID) -> str:
    with lab_database().reading() as session:
        return str(board_queries.board_revision(session, workshop_id) or 0)


def _read_public(asked: tuple[str, int, int]) -> str | None:
    code, after, _ = asked
    with lab_database().reading() as session:
        workshop_id = board_queries.workshop_of_code(session, code)
        if workshop_id is None:
            return None
        return _json(asdict(board_queries.public_board(session, workshop_id, after=after)) | _words(after))


_followed = Following(_read_revision, LOOK_EVERY)
_public: Fresh[tuple[str, int, int], str | None] = Fresh(_read_public, LOOK_EVERY)
"""By code, the revision a page has, and the one it has heard of: a board cached before that is another."""


async def show_board(request: Request) -> Response:
    """What changed since the given revision, and the CSRF token for changes."""
    workshop_id, after = request.path_params["workshop_id"], revision(request.query_params.get("after"))
    token = form_token(request)

    def read() -> dict[str, Any]:
        with lab_database().reading() as session:
            return _board(session, signed_in(session, request), workshop_id, after)

    try:
        board = await run_in_threadpool(read)
    except LabError as refusal:
        return _refused(refusal)
    response = _answer(_json(board | {"token": token}))
    keep_form_token(request, response, token)
    return response


async def show_alike(request: Request) -> Response:
    """The notes that look alike, in the groups in which they could be merged."""
    workshop_id = request.path_params["workshop_id"]

    def read() -> dict[str, Any]:
        with lab_database().reading() as session:
            notes = comparable_notes(session, signed_in(session, request), workshop_id)
        return {"suggestions": [asdict(each) for each in suggest(notes)]}

    try:
        return _answer(_json(await run_in_threadpool(read)))
    except LabError as refusal:
        return _refused(refusal)


async def follow_board(request: Request) -> Response:
    """Send a host each new revision number as it appears."""
    workshop_id = request.path_params["workshop_id"]

    def guard() -> None:
        with lab_database().reading() as session:
            require(signed_in(session, request), "workshop.run")
            if board_queries.board_revision(session, workshop_id) is None:
                raise NotFound("This workshop does not exist (any more).")

    try:
        await run_in_threadpool(guard)
    except LabError as refusal:
        return _refused(refusal)
    token = cookie_in(request, SESSION_COOKIE)
    return event_stream(until_session_ends(_followed.values(workshop_id), token))


async def change_board(request: Request) -> Response:
    """Make one or several changes in one transaction, and return what changed since the host's revision."""
    workshop_id = request.path_params["workshop_id"]

    def carry_out(changes: list[_SentFields], after: int) -> dict[str, Any]:
        with lab_database().writing() as session:
            actor = signed_in(session, request)
            for change in changes:
                _CHANGES[change.words("do")](session, actor, workshop_id, change, clock.now())
            session.flush()
            return _board(session, actor, workshop_id, after)

    try:
        check_csrf(request, request.headers.get("x-form-token", ""))
        changes, after = _read_changes(await read_body(request))
        return _answer(_json(await run_in_threadpool(carry_out, changes, after)))
    except LabError as refusal:
        return _refused(refusal)


async def show_public_board(request: Request) -> Response:
    """The board without authors, hidden notes and the text of merged ones."""
    network, code = network_of(request), code_of(request.path_params["code"])
    after, heard = revision(request.query_params.get("after")), revision_heard(request)
    # pause before the look-up: a fast response would reveal a right code
    await limits.guesses.pause(network, hanging_up(request))
    board = await _public.get((code, after, heard)) if len(code) == CODE_LENGTH else None
    if board is None:
        limits.guesses.wrong(network)
        return _refused(NotFound(f"There is no workshop with the code {code}."))
    return _answer(board)


def _board(session: Session, actor: Actor, workshop_id: uuid.UUID, after: int) -> dict[str, Any]:
    found = board_queries.board(session, actor, workshop_id, after=after)
    return asdict(found) | _words(found.after)


def _words(after: int) -> dict[str, Any]:
    """The vocabulary's labels, sent with the whole board."""
    if after:
        return {}
    vocabulary = {
        "group": GROUPS,
        "kind": NOTE_KINDS,
        "within_power": WITHIN_POWER,
        "said_back": SAID_BACK,
    }
    return {"words": {name: {word: label(word) for word in words} for name, words in vocabulary.items()}}


def _read_changes(body: bytes) -> tuple[list[_SentFields], int]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Invalid("This change could not be read.") from error
    sent = _SentFields(parsed)
    listed = sent.fields.get("changes")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_CHANGES:
        raise Invalid(f"Send 1 to {MOST_CHANGES} changes at once.")
    changes = [_SentFields(each) for each in listed]
    if not all(change.words("do") in _CHANGES for change in changes):
        raise Invalid("The board knows no such change. Please reload the page.")
    return changes, sent.number("after")


def revision_heard(request: Request) -> int:
    """The board's revision that a wall's stream has told it of, and that it asks for now."""
    return revision(request.query_params.get("heard"))


def revision(typed: str | None) -> int:
    """A board's revision in an address; 0 if it is not a number."""
    is_number = typed is not None and typed.isascii() and typed.isdigit() and len(typed) < 10
    return int(typed) if typed and is_number else 0


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, default=str, ensure_ascii=False, separators=(",", ":"))


def _answer(content: str, status: int = 200) -> Response:
    return Response(content, status, media_type="application/json", headers={"Cache-Control": "no-store"})


def _refused(refusal: LabError) -> Response:
    response = _answer(_json({"problem": refusal.message}), status_of(refusal))
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


ROUTES = [
    Route("/w/{workshop_id:uuid}/board.json", show_board, methods=["GET"]),
    Route("/w/{workshop_id:uuid}/board/alike.json", show_alike, methods=["GET"]),
    Route("/w/{workshop_id:uuid}/board/events", follow_board, methods=["GET"]),
    Route("/w/{workshop_id:uuid}/board", change_board, methods=["POST"]),
]
PUBLIC_ROUTES = [Route("/j/{code}/board.json", show_public_board, methods=["GET"])]
