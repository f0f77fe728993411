"""The audit as a download, for administrators. Taking it out is itself on the record."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from lab.access.audit.queries import AuditedActs
from lab.access.audit.words import Act
from lab.access.rights import Actor
from lab.exchange.audit import as_csv, as_json_lines, audit_pages
from lab.exchange.whole import remember_export
from lab.foundation import clock
from lab.foundation.errors import Invalid, LabError
from lab.foundation.place import lab_database
from lab.web.door.identity import signed_in
from lab.web.pages import refused

FORMS: Final[dict[str, tuple[str, Callable[[Iterator[tuple[Act, ...]]], Iterator[bytes]]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "jsonl": ("application/jsonl; charset=utf-8", as_json_lines),
}
"""Media type and writer by the file's ending."""


async def download(request: Request) -> Response:
    """All acts that the query asks for: person, kind, project, since and until."""
    ending = request.scope["path"].rpartition(".")[2]
    media_type, written = FORMS[ending]

    def guard() -> Actor:
        with lab_database().writing() as session:
            actor = signed_in(session, request)
            remember_export(session, actor, way=request.scope["path"], now=clock.now())
        return actor

    try:
        wanted = _asked(request)
        actor = await run_in_threadpool(guard)
    except LabError as refusal:
        return refused(refusal)
    return StreamingResponse(
        written(audit_pages(lab_database(), actor, wanted)),
        media_type=media_type,
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="audit-{clock.now():%Y-%m-%d}.{ending}"',
        },
    )


def _asked(request: Request) -> AuditedActs:
    given = request.query_params
    try:
        return AuditedActs(
            person=uuid.UUID(given["person"]) if given.get("person") else None,
            kind=given.get("kind") or None,
            project=uuid.UUID(given["project"]) if given.get("project") else None,
            since=dt.date.fromisoformat(given["since"]) if given.get("since") else None,
            until=dt.date.fromisoformat(given["until"]) if given.get("until") else None,
        )
    except ValueError:
        raise Invalid("The audit can't be asked for this. Please go back and choose again.") from None


ROUTES = [Route(f"/audit.{ending}", download, methods=["GET"]) for ending in FORMS]
