"""The report that those who took part can open at the address they know already."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lab.foundation import clock
from lab.foundation.errors import TooMany
from lab.foundation.place import lab_database
from lab.voting.rules import CODE_LENGTH, as_typed
from lab.web.pages import plain_page, refused
from lab.web.rooms import guesses
from lab.workshops.report import Report, as_markdown, report_of

_GUESSED: Final = "Too many wrong codes came from this network. Please wait a minute."


async def _report(request: Request) -> Report | None:
    address = request.client.host if request.client else ""
    await guesses.pause(address)
    code = as_typed(request.path_params["code"])

    def read() -> Report | None:
        with lab_database().reading() as session:
            return report_of(session, code)

    found = await run_in_threadpool(read) if len(code) == CODE_LENGTH else None
    if found is None:
        guesses.wrong(address)
    return found


def _unknown(request: Request) -> Response:
    address = request.client.host if request.client else ""
    if guesses.is_guessing(address):
        return refused(TooMany(_GUESSED, retry_after=60))
    return plain_page(
        "message.html",
        status=404,
        title="Nothing to see here",
        message="There is no workshop with this code.",
    )


async def show_report(request: Request) -> Response:
    """What we heard, what was promised, and what became of it since."""
    report = await _report(request)
    if report is None:
        return _unknown(request)
    response = plain_page("report.html", report=report, today=clock.now().date())
    response.headers["Cache-Control"] = "no-store"
    return response


async def show_markdown(request: Request) -> Response:
    """The same, as a file to keep or to send on."""
    report = await _report(request)
    if report is None:
        return _unknown(request)
    return Response(
        as_markdown(report),
        media_type="text/markdown; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="workshop-{report.held_on}.md"',
            "Cache-Control": "no-store",
        },
    )


ROUTES = [
    Route("/j/{code}/report", show_report, methods=["GET"]),
    Route("/j/{code}/report.md", show_markdown, methods=["GET"]),
]
