"""Renders our own pages from templates; everything is escaped."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from db.engine import is_out_of_reach
from lab.foundation.errors import LabError, NotAllowed, NotFound, TooMany, WrongTransition
from lab.foundation.language import label
from lab.foundation.text import quantity, shortened, spoken
from lab.voting.words import NOBODY_VOTED
from lab.web.door.csrf import form_token, keep_form_token

AWAY: Final = 5
"""Seconds to wait before trying again when the database cannot be reached."""
HERE = Path(__file__).parent
ASSETS = {
    "pages.css": "text/css",
    "room.css": "text/css",
    "ballot.js": "text/javascript",
    "late.js": "text/javascript",
    "wall.css": "text/css",
    "wall.js": "text/javascript",
    "noteboard.css": "text/css",
    "noteboard.js": "text/javascript",
    "workshop.js": "text/javascript",
    "set_up.js": "text/javascript",
    "run_sheet.css": "text/css",
    "remote.css": "text/css",
    "remote.js": "text/javascript",
    "chime.js": "text/javascript",
    "print.css": "text/css",
    **{f"noteboard/{each.name}": "text/javascript" for each in (HERE / "assets/noteboard").glob("*.js")},
}
_log = logging.getLogger("followthrough")
templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters["day"] = spoken
templates.filters["quantity"] = quantity
templates.filters["label"] = label
templates.filters["short"] = shortened
templates.globals["nobody_voted"] = NOBODY_VOTED


def plain_page(template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page without a form, or whose form has its own CSRF token."""
    return HTMLResponse(templates.get_template(template).render(**facts), status_code=status)


def page(request: Request, template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page with a form, and the cookie for its CSRF token."""
    token = form_token(request)
    response = plain_page(template, status=status, form_token=token, **facts)
    keep_form_token(request, response, token)
    return response


def status_of(refusal: LabError) -> int:
    """The HTTP status for an error."""
    by_kind = ((TooMany, 429), (NotAllowed, 403), (NotFound, 404), (WrongTransition, 409))
    return next((status for kind, status in by_kind if isinstance(refusal, kind)), 422)


def refused(refusal: LabError) -> HTMLResponse:
    """A page with the error's message."""
    response = plain_page(
        "message.html",
        status=status_of(refusal),
        title="That did not work",
        message=refusal.message,
    )
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def exception_handlers() -> dict[Any, Any]:
    """Exception handlers for our own pages."""
    return {DBAPIError: no_database, TooMany: crowded_out}


async def not_now(request: Request, error: Exception) -> Response:
    """The answer to a ballot that can't be looked at just now."""
    handler = no_database if isinstance(error, DBAPIError) else crowded_out
    return await handler(request, error)


async def crowded_out(request: Request, error: Exception) -> Response:
    """Answer 503: too many wait already. The page asks again by itself, also without a script."""
    assert isinstance(error, TooMany)
    if "application/json" in request.headers.get("accept", ""):
        response: Response = JSONResponse({"problem": error.message})
    else:
        response = refused(error)
        response.headers["Refresh"] = str(error.retry_after)
    response.headers["Retry-After"] = str(error.retry_after)
    response.status_code = 503
    return response


async def no_database(request: Request, error: Exception) -> Response:
    """Answer 503: the database is unreachable, full, read-only, locked or replaced."""
    if not is_out_of_reach(error):
        raise error
    _log.error("The database did not answer: %s", error)
    away = TooMany("The lab's records cannot be reached just now. Please try again.", retry_after=AWAY)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(
            {"problem": away.message}, status_code=503, headers={"Retry-After": str(away.retry_after)}
        )
    response = refused(away)
    response.status_code = 503
    return response


async def show_asset(request: Request) -> Response:
    """A style sheet or script of these pages."""
    name = request.path_params["name"]
    kind = ASSETS.get(name)
    if kind is None:
        return Response(status_code=404)
    content = await run_in_threadpool((HERE / "assets" / name).read_bytes)
    if not name.startswith("noteboard"):
        return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=3600"})
    # modules must all be the same version, so browsers revalidate each time
    version = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"Cache-Control": "no-cache", "ETag": version}
    known = request.headers.get("if-none-match", "").removeprefix("W/")
    if known == version:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)
