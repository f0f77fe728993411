"""What is behind the sign-in, and who may open a screen."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from db.engine import Database
from lab.web.door.cookies import SESSION_COOKIE
from lab.web.processes.server import middleware
from tests.boards import signed_in


async def _answer(_request: Request) -> Response:
    return PlainTextResponse("Streamlit")


async def _screen(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_json(websocket.cookies)
    await websocket.close()


@pytest.fixture
def streamlit(phone: TestClient) -> TestClient:
    """A Streamlit that answers everything, behind the real doors."""
    app = Starlette(
        routes=[
            WebSocketRoute("/_stcore/stream", _screen),
            Route("/{path:path}", _answer, methods=["GET", "POST", "PUT"]),
        ],
        middleware=middleware(),
    )
    return TestClient(app, base_url="http://lab.example", follow_redirects=False)


SCREEN = "ws://lab.example/_stcore/stream"
OWN_NUMBERS = (
    "/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/agent/interact",
    "/_stcore/agent/openapi.json",
    "/_stcore/agent/mcp", "/_stcore/anything-new", "/_stcore",
)  # fmt: skip
FOR_SCREENS = (
    "/_stcore/host-config", "/_stcore/upload_file/a/b", "/_stcore/bidi-components/a", "/media/a.png",
    "/component/a/b",
)  # fmt: skip


@pytest.mark.parametrize("path", OWN_NUMBERS)
def test_what_streamlit_tells_of_itself_is_for_nobody(
    streamlit: TestClient, database: Database, path: str
) -> None:
    assert streamlit.get(path).status_code == 404
    streamlit.cookies.set(SESSION_COOKIE, signed_in(database, "Ada Moor"))
    assert streamlit.get(path).status_code == 404


@pytest.mark.parametrize("path", FOR_SCREENS)
def test_what_screens_ask_for_needs_a_session(streamlit: TestClient, database: Database, path: str) -> None:
    for method in ("GET", "PUT"):
        assert streamlit.request(method, path).status_code == 401
    streamlit.cookies.set(SESSION_COOKIE, signed_in(database, "Ada Moor"))
    assert streamlit.get(path).text == "Streamlit"


def test_scripts_and_health_are_open(streamlit: TestClient) -> None:
    for path in ("/static/js/index.js", "/_stcore/health"):
        assert streamlit.get(path).text == "Streamlit"


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://evil.example", "http://lab.example.evil.example", "http://lab.example:81"],
)
def test_a_screen_is_opened_by_our_own_pages_alone(
    streamlit: TestClient, database: Database, origin: str | None
) -> None:
    streamlit.cookies.set(SESSION_COOKIE, signed_in(database, "Ada Moor"))
    headers = {"Origin": origin} if origin else {}
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        streamlit.websocket_connect(SCREEN, headers=headers),
    ):
        pass
    assert refused.value.code == 4403


def test_a_screen_of_ours_gets_the_session_that_was_checked(
    streamlit: TestClient, database: Database
) -> None:
    headers = {"Origin": "http://lab.example"}
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        streamlit.websocket_connect(SCREEN, headers=headers),
    ):
        pass
    assert refused.value.code == 4401
    token = signed_in(database, "Ada Moor")
    streamlit.cookies.set(SESSION_COOKIE, token)
    with streamlit.websocket_connect(SCREEN, headers=headers) as screen:
        assert screen.receive_json() == {SESSION_COOKIE: token}


def test_behind_https_a_screen_reads_the_bound_cookie_under_its_plain_name(
    streamlit: TestClient, database: Database
) -> None:
    token = signed_in(database, "Ada Moor")
    proxied = TestClient(streamlit.app, base_url="http://lab.example", client=("127.0.0.1", 4711))
    headers = {
        "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9", "Origin": "https://lab.example",
        "Cookie": f"__Host-lab_session={token}; lab_session=planted",
    }  # fmt: skip
    with proxied.websocket_connect(SCREEN, headers=headers) as screen:
        assert screen.receive_json() == {SESSION_COOKIE: token}
    plain = headers | {"Cookie": f"lab_session={token}"}
    with pytest.raises(WebSocketDisconnect), proxied.websocket_connect(SCREEN, headers=plain):
        pass
