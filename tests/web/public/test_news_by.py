"""By when people hear, and whether that is late: every page, screen and report gives the same answer."""

from __future__ import annotations

import datetime as dt
import html
import re
import uuid
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Project, VoteRound, Workshop
from lab.access.rights import Actor
from lab.disillusion.upkeep.digest import digest
from lab.followthrough.commands import reply_to_people
from lab.lifecycle.queries import board, news_of_project
from lab.lifecycle.today import promises_due
from lab.prototypes.commands import make_prototype
from lab.voting.commands import close_round, make_round, open_round
from lab.web import news
from lab.web.public import report
from lab.workshops.after.commands import confirm
from tests.conftest import NOW
from tests.workshops.held import HEAR_BY, Held
from tests.workshops.held import held as held

pytestmark = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
DAY = dt.timedelta(days=1)
PROMISED = re.compile(rf"(?:hear (?:from us )?by|again by|news by) {HEAR_BY.day} {HEAR_BY:%b %Y}")
LATE = re.compile(r"(?:and|we) are late")


@pytest.fixture
def round_id(database: Database, facilitator: Actor, held: Held) -> uuid.UUID:
    """The workshop is wrapped up with news promised for `HEAR_BY`; a vote of the same day promised it for a
    day later. The project is public."""
    with database.writing() as session:
        project = session.get_one(Project, held.planned.project_id)
        project.is_public, project.slug = True, "warm-homes"
        loan = make_prototype(session, facilitator, project.id, title="Loan", fidelity="paper", now=NOW)
        made = make_round(
            session, facilitator, project.id, question="Which first?", method="approval",
            options=[(held.prototype_id, ""), (loan, "")], hear_by=HEAR_BY + DAY, now=NOW,
        )  # fmt: skip
        open_round(session, facilitator, made, NOW)
        close_round(session, facilitator, made, reveal=True, now=NOW)
        confirm(session, facilitator, held.planned.id, held.choices, now=NOW)
    return made


def pages(phone: TestClient, database: Database, held: Held, round_id: uuid.UUID) -> dict[str, str]:
    """What each page says, without its markup."""
    report._reports._kept.clear()
    news._promised._kept.clear()
    with database.reading() as session:
        workshop = session.get_one(Workshop, held.planned.id).code
        vote = session.get_one(VoteRound, round_id).code
    addresses = (
        f"/j/{workshop}", f"/j/{workshop}/wall", f"/j/{workshop}/report", f"/j/{workshop}/report.md",
        f"/j/{vote}", f"/j/{vote}/wall", f"/v/{round_id}", "/p/warm-homes",
    )  # fmt: skip
    found = {}
    for address in addresses:
        answer = phone.get(address)
        assert answer.status_code == 200
        words = html.unescape(re.sub(r"<[^>]*>|\*\*", " ", answer.text))
        found[address] = re.sub(r"\s+", " ", words)
    return found


def screens(database: Database, actor: Actor, held: Held, today: dt.date) -> set[dt.date | None]:
    """By when people hear: the project's screen and the board; Home and the digest, if due soon."""
    key = held.planned.project_id
    with database.reading() as session:
        cards = [card for column in board(session, actor, as_of=today, today=today) for card in column.cards]
        on_board = {card.news.by for card in cards if card.id == key}
        at_home = {each.promised_for for each in promises_due(session, actor, as_of=today)}
        late = {each.promised_for for each in digest(session, actor, today=today).late_news}
        return {news_of_project(session, actor, key, as_of=today).by} | on_board | at_home | late


@pytest.mark.parametrize(
    ("replied_after", "stands"),
    [(0, True), (5, False)],
    ids=["on the day of the promise", "on a later day"],
)
def test_a_reply_without_a_next_date_says_the_same_of_the_workshops_promise_everywhere(
    phone: TestClient, database: Database, facilitator: Actor, held: Held, round_id: uuid.UUID,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replied_after: int, stands: bool,
) -> None:  # fmt: skip
    """On the day of the promise it adds to it, on a later day it is the news that was promised."""
    clock = tmp_path / "clock"
    monkeypatch.setenv("LAB_CLOCK_FILE", str(clock))
    now = NOW + replied_after * DAY
    clock.write_text(now.isoformat())
    with database.writing() as session:
        reply_to_people(session, facilitator, held.planned.project_id, what_happened="We read it.", now=now)
    found = pages(phone, database, held, round_id)
    assert {name: bool(PROMISED.search(words)) for name, words in found.items()} == dict.fromkeys(
        found, stands
    )
    assert not [name for name, words in found.items() if LATE.search(words)]
    assert screens(database, facilitator, held, now.date()) == {HEAR_BY if stands else None}


def test_news_that_is_late_is_late_on_every_page_and_screen(
    phone: TestClient, database: Database, facilitator: Actor, held: Held, round_id: uuid.UUID,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    clock = tmp_path / "clock"
    monkeypatch.setenv("LAB_CLOCK_FILE", str(clock))
    late = dt.datetime.combine(HEAR_BY + DAY, dt.time(12), tzinfo=dt.UTC)
    clock.write_text(late.isoformat())
    found = pages(phone, database, held, round_id)
    assert {name: bool(LATE.search(words)) for name, words in found.items()} == dict.fromkeys(found, True)
    assert screens(database, facilitator, held, late.date()) == {HEAR_BY}
    with database.reading() as session:
        assert len(digest(session, facilitator, today=late.date()).late_news) == 1
