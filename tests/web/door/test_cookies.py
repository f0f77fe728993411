"""Over HTTPS, cookies are bound to HTTPS and to this host; over HTTP, as on a laptop, they are plain."""

from __future__ import annotations

import ast
from http.cookies import SimpleCookie

import pytest
from starlette.testclient import TestClient

from lab.web.door.cookies import only_this_session
from lab.web.pages import HERE
from tests.sources import parsed

BY_PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}


@pytest.fixture
def proxied(phone: TestClient) -> TestClient:
    """The same lab behind a trusted proxy that speaks HTTPS."""
    return TestClient(
        phone.app, base_url="http://lab.example", headers=BY_PROXY, client=("::ffff:127.0.0.1", 4711)
    )


def _set_by(client: TestClient, path: str) -> dict[str, str]:
    answer = client.get(path)
    return {each.partition("=")[0]: each for each in answer.headers.get_list("set-cookie")}


def test_behind_a_proxy_that_speaks_https_cookies_are_secure_and_bound_to_the_host(
    proxied: TestClient,
) -> None:
    found = _set_by(proxied, "/sign-in")
    assert set(found) == {"__Host-lab_form"}
    cookie = SimpleCookie(found["__Host-lab_form"])["__Host-lab_form"]
    assert cookie["secure"]
    assert cookie["httponly"]
    assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", "lax")


def test_without_https_cookies_have_plain_names_so_that_a_laptop_works(phone: TestClient) -> None:
    found = _set_by(phone, "/sign-in")
    assert set(found) == {"lab_form"}
    assert "secure" not in found["lab_form"].lower()


def test_a_visitor_cannot_claim_https_past_the_proxy(phone: TestClient) -> None:
    phone.headers.update(BY_PROXY)
    assert set(_set_by(phone, "/sign-in")) == {"lab_form"}


def test_over_https_a_cookie_without_the_prefix_is_not_read(proxied: TestClient) -> None:
    planted = "x" * 32
    answer = proxied.post(
        "/sign-in",
        data={"form_token": planted, "email": "a@example.org", "password": "x"},
        headers={"Cookie": f"lab_form={planted}"},
    )
    assert answer.status_code == 403


def test_screens_see_the_session_that_was_checked_and_no_other() -> None:
    headers = [
        (b"host", b"lab"),
        (b"cookie", b"a=1; lab_session=planted;lab_session=again"),
        (b"cookie", b"__Host-lab_session=checked; _streamlit_xsrf=2|x|y"),
    ]
    assert only_this_session(headers, "checked") == [
        (b"host", b"lab"),
        (b"cookie", b"a=1; _streamlit_xsrf=2|x|y; lab_session=checked"),
    ]


def test_cookies_are_set_and_read_in_one_place() -> None:
    users = {
        path.relative_to(HERE).as_posix()
        for path in HERE.rglob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in ("set_cookie", "delete_cookie", "cookies")
    }
    assert users == {"door/cookies.py"}
