"""One door for every page: who is asking, where it was sent from, and how much of it is read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from lab.web.door.body import LARGEST_BODY
from lab.web.pages import HERE
from lab.web.routes import ROUTES
from tests.sources import parsed

POSTS = {
    "/sign-in": "form_token", "/sign-in/demo": "form_token", "/sign-out": "form_token",
    "/setup": "form_token", "/setup/demo": "form_token", "/password": "form_token",
}  # fmt: skip


def python_files() -> list[Path]:
    return [path for path in HERE.rglob("*.py") if "door" not in path.parent.parts]


def test_every_page_that_takes_a_form_is_known_here() -> None:
    posts = {route.path for route in ROUTES if "POST" in (route.methods or ())}
    by_code = {path for path in posts if path.startswith("/j/{code}")}
    by_hosts = {
        "/w/{workshop_id:uuid}/board",
        "/w/{workshop_id:uuid}/remote/do",
        "/rounds/{round_id:uuid}/slips/print",
    }
    assert posts - by_code == {*POSTS, *by_hosts, "/pulse/{signed}"}


@pytest.mark.parametrize("path", POSTS)
def test_a_form_from_another_site_is_refused_everywhere(phone: TestClient, path: str) -> None:
    token = phone.cookies.get("lab_form") or phone.get("/setup").cookies.get("lab_form", "")
    fields = {"form_token": phone.cookies.get("lab_form", token)}
    answer = phone.post(path, data=fields, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "another site" in answer.text


@pytest.mark.parametrize("path", POSTS)
def test_a_form_without_this_browsers_token_is_refused_everywhere(phone: TestClient, path: str) -> None:
    phone.get("/setup")
    for token in ("", "x" * 32):
        assert phone.post(path, data={"form_token": token}).status_code == 403


@pytest.mark.parametrize("path", POSTS)
def test_a_form_that_is_too_long_is_refused_everywhere(phone: TestClient, path: str) -> None:
    phone.get("/setup")
    fields = {"form_token": phone.cookies["lab_form"], "name": "x" * LARGEST_BODY}
    answer = phone.post(path, data=fields)
    assert answer.status_code == 422
    assert "too long" in answer.text


@pytest.mark.parametrize(
    "asking", ["who_uses", "compare_digest", "request.stream", "request.form", "request.client"]
)
def test_nobody_but_the_door_looks_who_is_asking(asking: str) -> None:
    users = {
        path.relative_to(HERE).as_posix()
        for path in python_files()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).endswith(asking)
    }
    assert users == set()
