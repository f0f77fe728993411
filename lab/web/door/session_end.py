"""Ends what a session keeps open, screens' websockets and hosts' streams, within a second of its own end.

One query for all of them, twice a second, while any is open: whoever ends a session may be another process.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lab.access.sessions.queries import still_open
from lab.foundation import clock
from lab.foundation.place import lab_database

LOOK_EVERY: Final = 0.5
"""Seconds between two queries."""
SIGNED_OUT: Final = 4401
"""Close code of a websocket without a session."""

_log = logging.getLogger("followthrough")
Value = TypeVar("Value")


class SessionEnds:
    """Tells who keeps something open that its session has ended."""

    def __init__(self) -> None:
        self._open: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def following(self, token: str) -> Iterator[asyncio.Event]:
        """Within the block, an event that is set when the session ends."""
        ended = asyncio.Event()
        self._open[token].add(ended)
        if (
            self._looking is None
            or self._looking.done()
            or self._looking.get_loop() is not asyncio.get_running_loop()
        ):
            self._looking = asyncio.ensure_future(self._look())
        try:
            yield ended
        finally:
            self._open[token].discard(ended)
            if not self._open[token]:
                del self._open[token]

    async def _look(self) -> None:
        while self._open:
            await asyncio.sleep(LOOK_EVERY)
            tokens = list(self._open)
            try:
                valid = await run_in_threadpool(_valid, tokens)
            except SQLAlchemyError as error:  # an unreachable database ends nobody's session
                _log.warning("Whether sessions have ended could not be read; trying again: %s", error)
                continue
            for token in set(tokens) - valid:
                for ended in self._open.get(token, ()):
                    ended.set()


def _valid(tokens: list[str]) -> set[str]:
    with lab_database().reading() as session:
        return still_open(session, tokens, clock.now())


session_ends: Final = SessionEnds()


async def pass_while_signed_in(app: ASGIApp, token: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Pass a websocket on; when its session ends, close it for both sides."""
    with session_ends.following(token) as ended:
        waiting: asyncio.Task[Message] | None = None
        over = asyncio.ensure_future(ended.wait())

        async def receive_until_ended() -> Message:
            nonlocal waiting
            waiting = waiting or asyncio.ensure_future(receive())
            await asyncio.wait((waiting, over), return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                message, waiting = waiting.result(), None
                return message
            await send({"type": "websocket.close", "code": SIGNED_OUT})
            return {"type": "websocket.disconnect", "code": SIGNED_OUT}

        async def send_until_ended(message: Message) -> None:
            if not over.done():
                await send(message)

        try:
            await app(scope, receive_until_ended, send_until_ended)
        finally:
            over.cancel()
            if waiting is not None:
                waiting.cancel()


async def until_session_ends(values: AsyncIterator[Value], token: str) -> AsyncIterator[Value]:
    """The values until the session ends."""
    with session_ends.following(token) as ended:
        over = asyncio.ensure_future(ended.wait())
        following: asyncio.Future[Value] | None = None
        try:
            while True:
                following = asyncio.ensure_future(anext(values))
                await asyncio.wait((following, over), return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    return
                try:
                    yield following.result()
                except StopAsyncIteration:
                    return
        finally:
            over.cancel()
            if following is not None:
                following.cancel()
