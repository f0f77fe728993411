"""The report to those who took part in a workshop, as a page and as Markdown."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lab.foundation import clock
from lab.foundation.place import lab_database
from lab.web.door.address import own_address
from lab.web.door.codes import behind
from lab.web.fresh import Fresh
from lab.web.pages import plain_page
from lab.workshops.after.report import (
    WHOLE_PROJECT,
    Report,
    as_markdown,
    finding_said,
    hope_said,
    promise_of_news,
    promise_said,
    report_of_code,
)

FRESHNESS = 1.0
"""Seconds for which a report is cached."""


def _read(code: str) -> tuple[Report | None, ZoneInfo]:
    """The report behind a code, and the lab's time zone."""
    with lab_database().reading() as session:
        return report_of_code(session, code), clock.zone(session)


_reports: Fresh[str, tuple[Report | None, ZoneInfo]] = Fresh(_read, FRESHNESS, most=50)


async def _report(request: Request) -> tuple[Report | None, dt.date]:
    """The requested report, and today in the lab."""
    room = (await behind(request)).workshop
    report, zone = await _reports.get(room.code) if room else (None, clock.UTC)
    return report, clock.day_in(zone, clock.now())


async def show_report(request: Request) -> Response:
    """The report as a page."""
    report, today = await _report(request)
    if report is None:
        return _nothing()
    return plain_page(
        "report.html",
        report=report,
        news=promise_of_news(report, today),
        hope_said=hope_said,
        promise_said=promise_said,
        finding_said=finding_said,
        whole_project=WHOLE_PROJECT,
    )


async def download_report(request: Request) -> Response:
    """The report as Markdown."""
    report, today = await _report(request)
    if report is None:
        return _nothing()
    text = as_markdown(report, f"{own_address(request)}/j/{report.code}/report", today)
    return Response(
        text,
        media_type="text/markdown",
        headers={
            "Content-Disposition": f'attachment; filename="report-{report.held_on}.md"',
            "Cache-Control": "no-store",
        },
    )


def _nothing() -> Response:
    return plain_page(
        "message.html",
        status=404,
        title="Nothing to see here",
        message="There is no workshop with this code. Please check it for a typing mistake.",
    )


ROUTES = [
    Route("/j/{code}/report", show_report, methods=["GET"]),
    Route("/j/{code}/report.md", download_report, methods=["GET"]),
]
