"""Who a visitor behind proxies is: by the word of trusted proxies, and nobody else's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from db.engine import Database
from lab.access.commands import set_network
from lab.access.network import (
    LOOPBACK,
    Arrival,
    NetworkSettings,
    TrustedProxies,
    client_behind,
    mismatches,
    network_in,
    origin_of,
    public_address_named,
    scheme_behind,
)
from lab.access.rights import COMMAND_LINE
from lab.foundation import clock
from lab.foundation.errors import Invalid
from lab.web.door.proxies import ClientBehind
from lab.web.door.settings import network_settings
from lab.web.pages import HERE
from tests.loops import run

OURS = TrustedProxies.named(f"{LOOPBACK}, 10.0.0.0/8 fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # nobody's proxy
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),  # a proxy on 127.0.0.1, at a dual-stack socket
        ("127.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "[2001:DB8::7]:4711", "2001:db8::7"),
        ("127.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("fe80::1%eth0", "203.0.113.9", "fe80::1"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # what the visitor wrote stands left
        ("127.0.0.1", "203.0.113.9, 10.1.2.3", "203.0.113.9"),  # two proxies of ours
        ("127.0.0.1", "198.51.100.1, 203.0.113.9, 10.1.2.3, fd00::5", "203.0.113.9"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),  # a visitor in our own network
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1, <script>, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", ", ,,", "127.0.0.1"),
        ("127.0.0.1", "999.1.1.1", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9" + ", 10.0.0.1" * 5000, "10.0.0.1"),
        ("127.0.0.1", "1" * 100_000, "127.0.0.1"),
        ("testclient", "203.0.113.9", "testclient"),
    ],
)
def test_the_client_is_the_nearest_hop_that_is_no_proxy_of_ours(
    peer: str, forwarded_for: str, client: str
) -> None:
    assert client_behind(peer, [forwarded_for.encode()] if forwarded_for else [], OURS) == client


def test_a_header_sent_twice_is_read_as_one() -> None:
    assert client_behind("127.0.0.1", [b"198.51.100.1", b"203.0.113.9"], OURS) == "203.0.113.9"


@given(st.lists(st.binary(max_size=60), max_size=4), st.ip_addresses())
def test_nothing_a_visitor_writes_changes_who_they_are(written: list[bytes], address: object) -> None:
    trusted = TrustedProxies.named("127.0.0.1")
    if str(address) == "127.0.0.1":
        return
    plain = client_behind(str(address), [], trusted)
    assert client_behind(str(address), written, trusted) == plain
    assert client_behind("127.0.0.1", [*written, str(address).encode()], trusted) == plain


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("127.0.0.1", [b"https"], "https"),
        ("::ffff:127.0.0.1", [b"https"], "https"),
        ("127.0.0.1", [b"wss"], "https"),
        ("127.0.0.1", [b"HTTPS"], "https"),
        ("127.0.0.1", [b"https, http"], "http"),
        ("127.0.0.1", [b"https", b"http"], "http"),
        ("127.0.0.1", [b"gopher"], None),
        ("127.0.0.1", [], None),
        ("203.0.113.9", [b"https"], None),
    ],
)
def test_only_a_trusted_proxy_says_that_the_browser_speaks_https(
    peer: str, said: list[bytes], scheme: str | None
) -> None:
    assert scheme_behind(peer, said, OURS) == scheme


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.10", False),
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::8", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
    ],
)
def test_limits_count_an_ipv6_subscriber_as_one(one: str, other: str, same: bool) -> None:
    assert (network_in(one) == network_in(other)) is same


@pytest.mark.parametrize("wrong", ["proxy.example.org", "10.0.0.0/64", "*", "10.0.0.1:80"])
def test_a_proxy_that_is_neither_an_address_nor_a_network_is_refused_in_words(wrong: str) -> None:
    with pytest.raises(Invalid, match="neither an address nor a network"):
        TrustedProxies.named(f"127.0.0.1, {wrong}")


@pytest.mark.parametrize(("kind", "scheme"), [("http", "https"), ("websocket", "wss")])
def test_pages_see_the_browsers_address_and_scheme(kind: str, scheme: str) -> None:
    seen = {}

    async def app(scope: dict[str, object], _receive: object, _send: object) -> None:
        seen.update(scope)

    headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-proto", b"https")]
    client = None  # a Unix socket has none
    scope = {"type": kind, "scheme": "http", "client": client, "headers": headers}
    run(ClientBehind(app)(scope, None, None))  # type: ignore[arg-type]
    assert (seen["client"], seen["scheme"]) == (("203.0.113.9", 0), scheme)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://lab.example.org", "https://lab.example.org"),
        (" https://Lab.Example.org/ ", "https://lab.example.org"),
        ("https://lab.example.org:443", "https://lab.example.org"),
        ("https://lab.example.org:8443", "https://lab.example.org:8443"),
        ("http://192.168.1.20:8501", "http://192.168.1.20:8501"),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
        ("https://bürgerlab.example", "https://xn--brgerlab-65a.example"),
        ("", ""),
    ],
)
def test_a_public_address_is_kept_as_browsers_write_it(given: str, kept: str) -> None:
    assert public_address_named(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "lab.example.org", "ftp://lab.example.org", "https://", "https://lab.example.org/page", "https://a b",
        "https://u:p@lab.example.org", "https://lab.example.org?x", "https://lab.example.org:99999",
        "javascript://lab", "https://" + "a" * 400, "https://lab\n.example.org", "https://-lab.example.org",
    ],
)  # fmt: skip
def test_what_is_no_public_address_is_refused_in_words(given: str) -> None:
    with pytest.raises(Invalid, match="is not a public address"):
        public_address_named(given)


@pytest.mark.parametrize(
    ("scheme", "host", "origin"),
    [
        ("https", "Lab.example.org:443", "https://lab.example.org"),
        ("http", "lab:8501", "http://lab:8501"),
        ("http", "[::1]:8501", "http://[::1]:8501"),
        ("http", "evil/lab", ""),
        ("http", "lab@evil", ""),
        ("http", "", ""),
    ],
)
def test_the_origin_of_a_request_is_read_from_its_host(scheme: str, host: str, origin: str) -> None:
    assert origin_of(scheme, host) == origin


PUBLIC = NetworkSettings("https://lab.example.org")
WELL = Arrival("https", "lab.example.org", "203.0.113.9")


@pytest.mark.parametrize(
    ("shown", "came", "words"),
    [
        ("https://lab.example.org", Arrival("http", "lab.example.org", "203.0.113.9"), "X-Forwarded-Proto"),
        ("https://lab.example.org", Arrival("https", "127.0.0.1:8501", "203.0.113.9"), "pass the host on"),
        ("", Arrival("https", "lab.example.org", "127.0.0.1", "", True), "X-Forwarded-For"),
        ("https://lab.example.org", Arrival("https", "lab.example.org", "10.0.0.5", "10.0.0.5"), "10.0.0.5"),
        ("", Arrival("http", "lab.example.org", "203.0.113.9"), "X-Forwarded-Proto"),
        (
            "https://old.example.org",
            Arrival("https", "old.example.org", "203.0.113.9"),
            "only that is answered",
        ),
    ],
)
def test_what_arrives_unlike_the_settings_is_named_with_what_to_do(
    shown: str, came: Arrival, words: str
) -> None:
    assert words in " ".join(mismatches(shown, came, PUBLIC))
    assert mismatches("https://lab.example.org", WELL, PUBLIC) == ()


def test_a_laptop_without_a_public_address_has_nothing_to_mend() -> None:
    came = Arrival("http", "localhost:8501", "127.0.0.1")
    assert mismatches("http://localhost:8501", came, NetworkSettings()) == ()


@pytest.fixture
def public(phone: TestClient, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A lab with a public address, behind a proxy on this machine."""
    monkeypatch.setenv("LAB_PUBLIC_ADDRESS", "https://lab.example.org")
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    return TestClient(
        phone.app, base_url="http://lab.example.org", headers=headers, client=("::ffff:127.0.0.1", 4711),
        follow_redirects=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "host", ["evil.example", "lab.example.org.evil.example", "lab.example.org:81", "10.0.0.1"]
)
def test_once_there_is_a_public_address_other_names_are_refused_in_words(
    public: TestClient, host: str
) -> None:
    answer = public.get("/sign-in", headers={"Host": host})
    assert answer.status_code == 421
    assert "https://lab.example.org" in answer.text
    assert public.get("/sign-in").status_code == 200
    assert public.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["", "a b", "evil/lab", "lab@evil", "lab:port"])
def test_a_host_that_is_none_is_refused_with_or_without_a_public_address(
    phone: TestClient, host: str
) -> None:
    assert phone.get("/sign-in", headers={"Host": host}).status_code == 400


def test_somebody_on_the_machine_still_gets_in_when_the_public_address_is_wrong(public: TestClient) -> None:
    here = TestClient(public.app, base_url="http://localhost:8501", client=("127.0.0.1", 4711))
    assert here.get("/sign-in").status_code == 200
    assert public.get("/sign-in", headers={"Host": "localhost:8501"}).status_code == 421


def test_browsers_are_told_to_come_by_https_alone_where_the_public_address_does(public: TestClient) -> None:
    for path in ("/sign-in", "/j/none", "/assets/pages.css"):
        assert public.get(path).headers["strict-transport-security"] == "max-age=31536000"
    here = TestClient(public.app, base_url="http://localhost:8501", client=("127.0.0.1", 4711))
    assert "strict-transport-security" not in here.get("/sign-in").headers


def test_the_labs_own_address_is_made_in_one_place() -> None:
    users = {
        path.relative_to(HERE).as_posix()
        for path in HERE.rglob("*.py")
        if re.search(r"\bbase_url\b|request\.url\b|[\"']host[\"']", path.read_text(encoding="utf-8"))
    }
    assert users == {"door/address.py", "door/proxies.py", "processes/passing_on.py"}


def test_health_tells_how_a_request_arrived(public: TestClient) -> None:
    assert public.get("/health").json()["arrived"] == {
        "scheme": "https", "host": "lab.example.org", "client": "203.0.113.9", "not_believed": "",
        "is_direct": False,
    }  # fmt: skip


def test_a_proxy_that_nobody_trusts_is_named_and_not_believed(phone: TestClient) -> None:
    proxy = TestClient(phone.app, base_url="http://lab.example", client=("10.0.0.5", 4711))
    told = proxy.get("/health", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.1"})
    arrived = told.json()["arrived"]
    assert (arrived["scheme"], arrived["client"]) == ("http", "10.0.0.5")
    assert arrived["not_believed"] == "10.0.0.5"


def test_the_trusted_proxies_set_in_the_lab_are_in_force_at_once(
    phone: TestClient, database: Database
) -> None:
    with database.writing() as session:
        set_network(session, COMMAND_LINE, public_address="", trusted_proxies="10.0.0.0/8", now=clock.now())
    network_settings.forget()
    proxy = TestClient(phone.app, base_url="http://lab.example", client=("10.0.0.5", 4711))
    told = proxy.get("/health", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.1"})
    assert told.json()["arrived"]["client"] == "198.51.100.1"


@pytest.mark.parametrize("path", ["/", "/health", "/j/none", "/_stcore/health", "/sign-in"])
def test_screens_behind_the_light_process_answer_that_process_alone(path: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(scope["client"][0])(scope, receive, send)

    desk = TestClient(ClientBehind(app, parent="secret"), client=("127.0.0.1", 4711))
    assert desk.get(path).status_code == 403
    assert desk.get(path, headers={"X-Lab-Parent": "guess"}).status_code == 403
    told = desk.get(path, headers={"X-Lab-Parent": "secret", "X-Forwarded-For": "203.0.113.9"})
    assert (told.status_code, told.text) == (200, "203.0.113.9")
