"""The body of a request: read once, up to one limit for all of our pages."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from lab.foundation.errors import Invalid
from lab.web.door.csrf import check_csrf

LARGEST_BODY: Final = 160 * 1024
"""Bytes. Fits a ballot on thirty options with the longest worry about each, in any script."""
MOST_FIELDS: Final = 100
PLAIN: Final = re.compile(r"[\w-]+=[\w-]*(&[\w-]+=[\w-]*){0,99}", re.ASCII)
"""A form body without percent escapes."""
TOO_LONG: Final = "This is too long. Please shorten what you wrote."
UNREADABLE: Final = "This could not be read. Please reload the page and send it again."


@dataclass(frozen=True, slots=True)
class PostedForm:
    """The fields of a form that could be read, so that a refused form can be shown again as typed."""

    fields: dict[str, str]
    problem: str | None = None

    def check(self) -> None:
        """Raises `Invalid` when the form is too long or not in UTF-8."""
        if self.problem:
            raise Invalid(self.problem)


async def read_body(request: Request) -> bytes:
    """The body of a request.

    Raises:
        Invalid: it is longer than `LARGEST_BODY`.
    """
    body = await _read(request)
    if len(body) > LARGEST_BODY:
        raise Invalid(TOO_LONG)
    return body


async def read_form(request: Request) -> PostedForm:
    """The form in a request's body; callers must call `check`."""
    body = await _read(request)
    fields, is_readable = _fields_in(body)
    if len(body) > LARGEST_BODY:
        return PostedForm(fields, TOO_LONG)
    return PostedForm(fields, None if is_readable else UNREADABLE)


async def checked_form(request: Request) -> dict[str, str]:
    """The fields of a form that one of our own pages sent from this browser.

    Raises:
        NotAllowed: it came from another site, or without this browser's token.
        Invalid: it is too long, or not in UTF-8.
    """
    form = await read_form(request)
    check_csrf(request, form.fields.get("form_token", ""))
    form.check()
    return form.fields


async def _read(request: Request) -> bytes:
    """The body, cut one byte after the limit."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            break
    return body[: LARGEST_BODY + 1]


def _fields_in(body: bytes) -> tuple[dict[str, str], bool]:
    """The fields that could be read, and whether all could."""
    for errors in ("strict", "replace"):
        with suppress(ValueError):
            text = body.decode("utf-8", errors)
            if PLAIN.fullmatch(text):
                # fast path for ballots without worries: decoding escapes takes four times as long
                return dict(each.split("=") for each in text.split("&")), True
            pairs = parse_qsl(text, keep_blank_values=True, errors=errors, max_num_fields=MOST_FIELDS)
            return dict(pairs), errors == "strict"
    return {}, False
