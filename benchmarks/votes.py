"""Measures a durable ballot against the same handler without a database and a plain Django vote.

Everything is measured in turns, on one machine, in one run; what counts is the ratios.
`python -m benchmarks.votes` measures all, or the parts that are named: durable, latency, disk, tally, desk.
`--way serve` or `--way streamlit` chooses how the lab is served.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.desk import Desk
from benchmarks.load import Measured, compiled, measure
from benchmarks.peers import django_votes
from benchmarks.peers.postgres import postgres
from benchmarks.ways import arguments
from db.engine import Database
from db.upgrade import upgrade
from lab.access.queries import demo_people
from lab.demo.commands import fill_demo
from lab.foundation import clock
from tests.accounts import session_for
from tests.served import Round, Server, fill, form_of, open_a_round, token_in

TURNS = int(os.environ.get("LAB_BENCH_TURNS", "5"))
SECONDS = float(os.environ.get("LAB_BENCH_SECONDS", "4"))
VOTERS = 2000
Figures = list[Measured]


def main() -> None:
    """Measure the parts that are asked for."""
    parts: dict[str, Callable[[], None]] = {
        "durable": durable, "latency": latency, "disk": disk, "tally": tally, "desk": desk,
    }  # fmt: skip
    for name in arguments() or parts:
        parts[name]()


@contextmanager
def lab(
    kind: str = "",
    reveal: str = "hidden",
    prepare: Callable[[Database], None] = fill,
    url: str = "",
    **environment: str,
) -> Iterator[tuple[Server, Round]]:
    """A served lab with an open round of twelve prototypes, on a new file or on the empty database at `url`;
    `kind` chooses a variant."""
    with tempfile.TemporaryDirectory() as place:
        url = url or f"sqlite:///{place}/lab.db"
        database = Database(url)
        prepare(database)
        found = open_a_round(database, reveal=reveal)
        database.close()
        program = ["-m", "benchmarks.other_front", kind] if kind else None
        server = Server(url, Path(place) / "server.log", program=program, **environment)
        try:
            server.start()
            server.wait_for_room()
            yield server, found
        finally:
            server.stop()


def ballots(server: Server, found: Round, voters: int = VOTERS) -> list[bytes]:
    """Each voter's request with a ballot, after opening the page for its token."""
    with closing(HTTPConnection("127.0.0.1", server.port)) as line:
        tokens = [_joined(line, found.code) for _ in range(voters)]
    return [_ballot(server.port, found.code, token, place) for place, token in enumerate(tokens)]


def _joined(line: HTTPConnection, code: str) -> str:
    """The token that the server gives a new phone."""
    line.request("GET", f"/j/{code}")
    page = line.getresponse()
    page.read()
    return token_in(page.headers["Set-Cookie"])


def _ballot(port: int, code: str, token: str, place: int) -> bytes:
    body = urlencode({"voter": token} | form_of([(place >> each) & 1 for each in range(12)]))
    return (
        f"POST /j/{code} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: lab_voter={token}\r\n"
        "Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def question(port: int, path: str) -> list[bytes]:
    """One request for a page."""
    return [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()]


def in_turns(ways: Mapping[str, Callable[[], Measured]], turns: int = TURNS) -> dict[str, Figures]:
    """Run the variants in turn, several times, so that other load on the machine affects all equally."""
    figures: dict[str, Figures] = {name: [] for name in ways}
    for _ in range(turns):
        for name, way in ways.items():
            figures[name].append(way())
    return figures


def middle(figures: Figures, what: str) -> float:
    """The median over turns."""
    return statistics.median(getattr(each, what) for each in figures)


def show(title: str, figures: dict[str, Figures]) -> None:
    """A table of medians."""
    print(f"\n{title}")
    print(f"{'':<34}{'a second':>10}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'errors':>8}")
    for name, each in figures.items():
        print(
            f"{name:<34}{middle(each, 'rate'):>10,.0f}{middle(each, 'p50'):>9.1f}{middle(each, 'p95'):>9.1f}"
            f"{middle(each, 'p99'):>9.1f}{sum(one.errors for one in each):>8}"
        )


def promise(words: str, found: float, promised: float, at_most: bool = False) -> None:
    """Print a ratio and its promised bound."""
    kept = found <= promised if at_most else found >= promised
    print(
        f"  {words}: {found:.2f} "
        f"({'at most' if at_most else 'at least'} {promised:g}: {'yes' if kept else 'NO'})"
    )


def ratio(figures: dict[str, Figures], one: str, other: str, what: str = "rate") -> float:
    """The median over turns of the ratio within a turn."""
    return statistics.median(
        getattr(a, what) / getattr(b, what) for a, b in zip(figures[one], figures[other], strict=True)
    )


def durable() -> None:
    """Durable ballots a second on both databases: 50 connections, and one alone."""
    cores = os.cpu_count() or 2
    with ExitStack() as running:
        ours, our_round = running.enter_context(lab())
        on_postgres = running.enter_context(postgres()).replace("postgresql:", "postgresql+psycopg:", 1)
        theirs, their_round = running.enter_context(lab(url=on_postgres))
        bare, bare_round = running.enter_context(lab("without-database"))
        django = running.enter_context(django_votes.served(workers=cores, threads=4))
        requests = {
            "durable (SQLite, synchronous FULL)": (ours.port, ballots(ours, our_round)),
            "durable (PostgreSQL)": (theirs.port, ballots(theirs, their_round)),
            "the same without a database": (bare.port, ballots(bare, bare_round)),
            "Django and PostgreSQL": (django, django_votes.ballots(django, "ABCDEF", VOTERS)),
        }
        *stored, without, peer = requests
        for connections, promised in ((50, 15), (1, 3.5)):
            figures = in_turns(
                {
                    name: partial(measure, port, sent, connections, SECONDS)
                    for name, (port, sent) in requests.items()
                }
            )
            show(f"Ballots at {connections} connections", figures)
            for each in stored:
                promise(f"{each}, of Django's", ratio(figures, each, peer), promised)
                if connections == 1:
                    continue
                promise(f"{each}, p95 of Django's", ratio(figures, each, peer, "p95"), 0.2, at_most=True)
            if connections > 1:
                promise("of the same handler without a database", ratio(figures, stored[0], without), 0.5)


def latency() -> None:
    """Measure latency: percentiles by number of connections."""
    with lab() as (server, found):
        sent = ballots(server, found)
        figures = in_turns(
            {
                f"{number} connections": partial(measure, server.port, sent, number, SECONDS)
                for number in (10, 50, 100, 200)
            },
            turns=3,
        )
    show("Ballots by connections", figures)
    for name, each in figures.items():
        spread = statistics.median(one.p99 / one.p50 for one in each)
        promise(f"p99 of p50, {name}", spread, 5, at_most=True)


def disk() -> None:
    """A disk with 2 ms per sync: many ballots per transaction, and one."""
    with ExitStack() as running:
        shim = str(compiled("slow_disk.c", "-shared", "-fPIC", "-ldl"))
        grouped, one_round = running.enter_context(lab(LD_PRELOAD=shim))
        alone, other_round = running.enter_context(lab("one-by-one", LD_PRELOAD=shim))
        sent, others = ballots(grouped, one_round), ballots(alone, other_round)
        figures = in_turns(
            {
                "whatever waits is one transaction": lambda: measure(grouped.port, sent, 200, SECONDS),
                "a transaction for each ballot": lambda: measure(alone.port, others, 200, SECONDS),
            },
            turns=3,
        )
    show("Ballots at 200 connections, 2 ms for a sync", figures)
    promise("of one transaction for each", ratio(figures, *figures), 15)


def tally() -> None:
    """Reading a live tally of 2,000 ballots."""
    with ExitStack() as running:
        ours, found = running.enter_context(lab(reveal="live"))
        django = running.enter_context(django_votes.served(workers=os.cpu_count() or 2, threads=4))
        for port, sent in (
            (ours.port, ballots(ours, found)),
            (django, django_votes.ballots(django, "ABCDEF", VOTERS)),
        ):
            measure(port, sent, 50, seconds=SECONDS * 2)
        wall, theirs = question(ours.port, f"/j/{found.code}/wall"), question(django, "/j/ABCDEF/tally")
        figures = in_turns(
            {
                "the wall with its live result": lambda: measure(ours.port, wall, 20, SECONDS),
                "Django's tally": lambda: measure(django, theirs, 20, SECONDS),
            },
            turns=3,
        )
    show("Reading the tally at 20 connections", figures)
    promise("of Django's", ratio(figures, *figures), 10)


def desk() -> None:
    """Rerun times of a facilitator's screen, at half of the maximum rate of ballots."""
    tokens: list[str] = []

    def demo(database: Database) -> None:
        upgrade(database.engine)
        now = clock.now()
        with database.writing() as session:
            fill_demo(session, seed=7, now=now)
            session.flush()
            tokens.append(session_for(session, demo_people(session)[0].id, now))

    with lab(prepare=demo) as (server, found), ThreadPoolExecutor(1) as room:
        sent = ballots(server, found)
        screen = Desk(server.port, tokens[0], "vote", round=found.id)
        screen.rerun(shows="Which first?")
        rate = measure(server.port, sent, 50, SECONDS).rate / 2
        quiet: list[float] = []
        voting: list[float] = []
        ratios = []
        for _ in range(TURNS):
            idle = screen.reruns(SECONDS)
            votes = room.submit(measure, server.port, sent, 50, SECONDS, rate)
            busy = screen.reruns(SECONDS)
            came = votes.result()
            assert not came.errors, came
            assert came.rate > 0.9 * rate, came
            ratios.append(_p95(busy) / _p95(idle))
            quiet += idle
            voting += busy
        screen.close()
    print(f"\nReruns of the facilitator's screen, alone and beside {rate:,.0f} ballots a second")
    for name, took in (("idle", quiet), ("while votes run", voting)):
        print(f"{name:<34}{len(took):>6} reruns{statistics.median(took):>9.1f}{_p95(took):>9.1f} ms p50 p95")
    promise("p95 of idle", statistics.median(ratios), 1.5, at_most=True)


def _p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


if __name__ == "__main__":
    main()
