"""A project's public page: you said, we did, why not yet; and its pictures."""

from __future__ import annotations

import datetime as dt
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lab.access import queries
from lab.foundation import clock
from lab.foundation.place import lab_database
from lab.lifecycle.public import public_story, public_thumbnail
from lab.web.pages import page


async def show_story(request: Request) -> Response:
    """The public page of a project: you said, we did, why not yet."""

    def read() -> tuple[Any, str, dt.date]:
        with lab_database().reading() as session:
            lab, today = queries.lab_facts(session), clock.today(session, clock.now())
            story = public_story(session, request.path_params["slug"], today=today)
            return story, lab.name if lab else "", today

    story, lab, today = await run_in_threadpool(read)
    if story is None:
        return page(
            request,
            "message.html",
            status=404,
            title="Nothing to see here",
            message="There is no public page at this address. It may have been withdrawn, or mistyped.",
        )
    return page(request, "story.html", story=story, lab=lab, today=today)


async def show_picture(request: Request) -> Response:
    """The small size of a public picture."""

    def read() -> tuple[bytes, str] | None:
        with lab_database().reading() as session:
            return public_thumbnail(session, request.path_params["picture_id"])

    found = await run_in_threadpool(read)
    if found is None:
        return Response(status_code=404)
    content, media_type = found
    return Response(content, media_type=media_type, headers={"Cache-Control": "public, max-age=3600"})


ROUTES = [
    Route("/p/{slug}", show_story, methods=["GET"]),
    Route("/pictures/{picture_id:uuid}", show_picture, methods=["GET"]),
]
