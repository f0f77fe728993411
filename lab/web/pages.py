"""How our own pages are made: one set of templates, everything escaped, a form token for every browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from lab.foundation.errors import LabError, NotAllowed, NotFound, TooMany, WrongTransition
from lab.foundation.language import label
from lab.foundation.text import shortened
from lab.web.guard import form_token, keep_form_token

HERE = Path(__file__).parent
templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters["day"] = lambda day: f"{day.day} {day:%B %Y}"
templates.filters["label"] = label
templates.filters["short"] = shortened
templates.filters["said"] = lambda word: word.replace("_", " ")


def plain_page(template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page that changes nothing here, or proves in a way of its own where its form comes from."""
    return HTMLResponse(templates.get_template(template).render(**facts), status_code=status)


def page(request: Request, template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page with a form of ours, and the cookie that its form token is checked against."""
    token = form_token(request)
    response = plain_page(template, status=status, form_token=token, **facts)
    keep_form_token(request, response, token)
    return response


def status_of(refusal: LabError) -> int:
    """The HTTP status that says what kind of refusal it is."""
    by_kind = ((TooMany, 429), (NotAllowed, 403), (NotFound, 404), (WrongTransition, 409))
    return next((status for kind, status in by_kind if isinstance(refusal, kind)), 422)


def refused(refusal: LabError) -> HTMLResponse:
    """A page that says why something could not be done."""
    response = plain_page(
        "message.html",
        status=status_of(refusal),
        title="That did not work",
        message=refusal.message,
    )
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response
