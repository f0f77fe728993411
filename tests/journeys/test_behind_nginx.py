"""The lab behind a real nginx with HTTPS, by the very settings that docs/running has for it: set-up, sign-in,
screens, upload, vote, wall, code to scan and streams, over IPv4 and IPv6.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import segno
from playwright.sync_api import Browser, Page, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from db.engine import Database
from tests.journeys.test_coming_in import PASSWORD
from tests.nginx import NAME, Nginx, free_port, nginx
from tests.served import Meeting, Round, Server, any_marks, begin_a_workshop, form_of, open_a_round

pytestmark = pytest.mark.journey

LOOPBACKS = ("127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Behind:
    """A lab, and the nginx in front of it."""

    front: Nginx
    lab: Server
    window: Page
    """Its first administrator's, who set it up through nginx."""
    round: Round
    meeting: Meeting

    def client(self, loopback: str, **facts: object) -> httpx.Client:
        """A browser without scripts, which comes over IPv4 or IPv6 and trusts the certificate."""
        return httpx.Client(
            base_url=f"https://{loopback}:{self.front.port}",
            headers={"Host": f"{NAME}:{self.front.port}"},
            verify=self.front.trusting(),
            transport=httpx.HTTPTransport(verify=self.front.trusting(), http2=False),
            timeout=60,
            **facts,  # type: ignore[arg-type]
        )


SNI = {"sni_hostname": NAME}


@pytest.fixture(scope="module")
def behind(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """One lab behind one nginx, set up through it in a browser."""
    place = tmp_path_factory.mktemp("nginx")
    url = f"sqlite:///{place / 'lab.db'}"
    lab, database = Server(url, place / "server.log"), Database(url)
    with nginx(place, lab.port, port=free_port()) as front:
        try:
            lab.start()
            context = browser.new_context(ignore_https_errors=True, base_url=front.address)
            page = context.new_page()
            page.set_default_timeout(60_000)
            _set_up(page, front.address)
            meeting, vote = begin_a_workshop(database), open_a_round(database)
            yield Behind(front, lab, page, vote, meeting)
            context.close()
        finally:
            lab.kill()
            database.close()


def _set_up(page: Page, address: str) -> None:
    page.goto("/")
    expect(page.get_by_label(re.compile("^Public address"))).to_have_value(address)
    page.get_by_label("Name of the lab").fill("Harbour Lab")
    page.get_by_label("Your name").fill("Ada Moor")
    page.get_by_label("Your e-mail address").fill("ada@example.org")
    page.get_by_label(re.compile("^Password 15")).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Start the lab").click()
    expect(page.get_by_role("heading", name="Good day, Ada Moor")).to_be_visible()


def test_the_session_is_bound_to_https_and_to_the_host(behind: Behind) -> None:
    ours = [each for each in behind.window.context.cookies() if "lab_" in each.get("name", "")]
    assert "__Host-lab_session" in {each.get("name") for each in ours}
    assert all(each.get("name", "").startswith("__Host-") for each in ours)
    assert all(each.get("secure") and each.get("httpOnly") for each in ours)


def test_administration_finds_nothing_to_mend_and_takes_a_file(behind: Behind, tmp_path: Path) -> None:
    page = behind.window
    page.goto("/administration")
    page.get_by_text("The lab", exact=True).click()
    expect(page.get_by_text(f"This browser shows {behind.front.address}")).to_be_visible()
    expect(page.get_by_role("textbox", name="Public address")).to_have_value(behind.front.address)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    (tmp_path / "register.csv").write_text(
        "project,recommendation\nLetters,Write shorter ones\n" + "x,y\n" * 300_000
    )
    page.get_by_text("Take in a register", exact=True).click()
    page.locator("input[type=file]").first.set_input_files(tmp_path / "register.csv")
    expect(page.get_by_text(re.compile("rows at most"))).to_be_visible()


@pytest.mark.parametrize("loopback", LOOPBACKS)
def test_a_phone_votes_and_is_known_again(behind: Behind, loopback: str) -> None:
    page = f"/j/{behind.round.code}"
    with behind.client(loopback) as phone:
        joined = phone.get(page, extensions=SNI)
        (cookie,) = [each for each in joined.headers.get_list("set-cookie") if "lab_voter" in each]
        assert cookie.startswith("__Host-lab_voter=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= {
            each.strip() for each in cookie.split(";")
        }
        token = cookie.partition("=")[2].partition(";")[0]
        receipts = set()
        for _ in range(2):
            sent = urlencode({"voter": token} | form_of(any_marks()))
            origin = {"Origin": behind.front.address, "Accept": "application/json"}
            form = {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": f"__Host-lab_voter={token}",
            }
            taken = phone.post(page, content=sent, headers=origin | form, extensions=SNI)
            assert taken.status_code == 200
            receipts.add(taken.json()["receipt"])
        assert len(receipts) == 1, "the second ballot replaced the first"


def test_the_wall_and_the_code_lead_to_the_public_address(behind: Behind) -> None:
    with behind.client("127.0.0.1") as client:
        wall = client.get(f"/j/{behind.round.code}/wall", extensions=SNI)
        assert f"{NAME}:{behind.front.port}/j" in wall.text
        drawn = client.get(f"/j/{behind.round.code}/qr.svg", extensions=SNI).content
    expected = BytesIO()
    segno.make(f"{behind.front.address}/j/{behind.round.code}", error="m").save(
        expected, kind="svg", scale=8, border=3, light="#fff", dark="#000", xmldecl=False
    )
    assert drawn == expected.getvalue()


@pytest.mark.parametrize("loopback", LOOPBACKS)
def test_a_workshops_stream_passes_as_it_comes(behind: Behind, loopback: str) -> None:
    stream = f"/j/{behind.meeting.code}/events"
    with behind.client(loopback) as phone, phone.stream("GET", stream, extensions=SNI) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert next(line for line in answer.iter_lines() if line.startswith("data:"))


def test_a_visitor_neither_claims_another_address_nor_to_speak_http(behind: Behind) -> None:
    claims = {
        "X-Forwarded-For": "198.51.100.1",
        "X-Forwarded-Proto": "http",
        "X-Lab-Parent": "x",
        "Forwarded": "for=1.1.1.1",
    }
    for loopback in LOOPBACKS:
        with behind.client(loopback) as client:
            told = client.get("/health", headers=claims, extensions=SNI)
        arrived = told.json()["arrived"]
        assert arrived == {
            "scheme": "https", "host": f"{NAME}:{behind.front.port}", "client": loopback.strip("[]"),
            "not_believed": "", "is_direct": False,
        }  # fmt: skip


def test_http_leads_to_https_and_browsers_remember_it(behind: Behind) -> None:
    told = httpx.get(f"http://127.0.0.1:{behind.front.plain_port}/sign-in", headers={"Host": NAME})
    assert (told.status_code, told.headers["location"]) == (301, f"https://{NAME}/sign-in")
    with behind.client("127.0.0.1") as client:
        assert "max-age=" in client.get("/sign-in", extensions=SNI).headers["strict-transport-security"]


@pytest.mark.parametrize("link", ["/password/1secret", "/pulse/secret"])
def test_links_that_open_by_their_address_alone_stand_in_no_log(behind: Behind, link: str) -> None:
    with behind.client("127.0.0.1") as client:
        client.get(link, extensions=SNI)
        httpx.get(f"http://127.0.0.1:{behind.front.plain_port}{link}", headers={"Host": NAME})
        client.get("/health?afterwards", extensions=SNI)
    logged = behind.front.log.read_text(encoding="utf-8")
    assert "GET /health?afterwards" in logged
    assert "secret" not in logged


def test_another_name_for_the_server_shows_no_lab(behind: Behind) -> None:
    with behind.client("127.0.0.1") as client:
        told = client.get("/sign-in", headers={"Host": "evil.example"}, extensions=SNI)
    assert told.status_code == 421
    assert behind.front.address in told.text


@pytest.mark.parametrize("origin", [None, "https://evil.example", f"https://{NAME}"])
def test_a_screen_opens_for_pages_of_this_lab_alone(behind: Behind, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        _screen(behind, origin)
    assert refused.value.response.status_code == 403
    _screen(behind, behind.front.address).close()


def _screen(behind: Behind, origin: str | None) -> ClientConnection:
    """A screen's websocket with the administrator's cookie."""
    kept = {each.get("name"): each.get("value") for each in behind.window.context.cookies()}
    return connect(
        f"wss://{NAME}:{behind.front.port}/_stcore/stream",
        sock=socket.create_connection(("127.0.0.1", behind.front.port)),
        ssl=behind.front.trusting(),
        origin=origin,  # type: ignore[arg-type]
        additional_headers={"Cookie": f"__Host-lab_session={kept['__Host-lab_session']}"},
        subprotocols=["streamlit"],  # type: ignore[list-item]
        proxy=None,
        open_timeout=60,
    )
