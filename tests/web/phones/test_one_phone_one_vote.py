"""A phone and the account that signs in on it are one person: one ballot, one set of dots, one answer."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Ballot, Engagement, Note, NoteDots, PhoneLink, Pulse, VoteJoin, WorkshopJoin
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE, Actor
from lab.foundation import clock
from lab.stakeholders.commands import add_stakeholder
from lab.voting.commands import close_round
from lab.voting.integrity import damaged_rounds
from lab.voting.queries import public_record, turnout
from lab.voting.record import verify
from lab.web.door import codes
from lab.web.door.cookies import SESSION_COOKIE
from lab.workshops.room.commands import end_workshop
from lab.workshops.room.one_person import forget_phones
from lab.workshops.room.pulse import pulse_link
from lab.workshops.room.seen import room_of_code
from tests.accounts import session_for
from tests.conftest import NOW
from tests.voting.conftest import opened
from tests.web.phones.test_votes import Prototypes, code_of, token_on
from tests.web.phones.workshop import Workshop_, form, write
from tests.web.phones.workshop import workshop as workshop

pytestmark = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
JSON = {"Accept": "application/json"}


@dataclass
class People:
    """Two people of a project with accounts."""

    sessions: list[str]

    def sign_in(self, phone: TestClient, who: int) -> None:
        phone.cookies.set(SESSION_COOKIE, self.sessions[who])

    def sign_out(self, phone: TestClient) -> None:
        phone.cookies.delete(SESSION_COOKIE)


def people_of(database: Database, project: uuid.UUID) -> People:
    sessions = []
    with database.writing() as session:
        for name in ("Sam", "Kim"):
            account = add_account(
                session, COMMAND_LINE, name=name, email=f"{name}@example.org", role="stakeholder",
                password=None, now=NOW,
            )  # fmt: skip
            add_stakeholder(
                session, COMMAND_LINE, project, pseudonym=name, group="carer", account_id=account, now=NOW
            )
            sessions.append(session_for(session, account, clock.now()))
    return People(sessions)


def ballots(database: Database) -> list[list[int]]:
    with database.reading() as session:
        return sorted(list(marks) for marks in session.scalars(select(Ballot.marks)))


def vote(phone: TestClient, code: str, *options: int) -> Any:
    page = phone.get(f"/j/{code}", params={"change": "1"}).text
    if 'name="voter"' not in page:
        return page
    sent = {"voter": token_on(page)} | {f"mark-{option}": "1" for option in options}
    return phone.post(f"/j/{code}", data=sent, headers=JSON).json()


def test_one_phone_has_one_ballot_anonymous_signed_in_and_signed_out_and_another_account_has_its_own(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    people = people_of(database, prototypes[0])
    round_id = opened(database, facilitator, prototypes)
    code = code_of(database, round_id)
    receipt = vote(phone, code, 0)["receipt"]

    people.sign_in(phone, 0)
    assert receipt[:5] in phone.get(f"/j/{code}").text, "the phone's ballot is its account's"
    assert vote(phone, code, 1) == {"receipt": receipt}
    assert ballots(database) == [[0, 1, 0]]

    people.sign_out(phone)
    refused = vote(phone, code, 2)
    assert "under the account that was signed in here" in str(refused)
    assert receipt[:5] not in phone.get(f"/j/{code}").text
    assert ballots(database) == [[0, 1, 0]]

    people.sign_in(phone, 1)
    other = vote(phone, code, 2)["receipt"]
    assert other != receipt
    people.sign_in(phone, 0)
    assert vote(phone, code, 0)["receipt"] == receipt
    assert ballots(database) == [[0, 0, 1], [1, 0, 0]]
    with database.writing() as session:
        assert (turnout(session, round_id).joined, turnout(session, round_id).voted) == (2, 2)
        assert list(damaged_rounds(session, COMMAND_LINE)) == []
        close_round(session, facilitator, round_id, now=NOW)
        record = public_record(session, round_id)
        assert record
        assert verify(record).problems == ()
        assert session.scalar(select(func.count()).select_from(PhoneLink)) == 0, "the close forgets it"
        assert session.scalars(select(VoteJoin.voter_id).where(VoteJoin.voter_id.is_not(None))).all() == []


def test_whoever_voted_on_a_phone_and_under_an_account_elsewhere_has_one_ballot_once_they_meet(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    people = people_of(database, prototypes[0])
    round_id = opened(database, facilitator, prototypes)
    code = code_of(database, round_id)
    people.sign_in(phone, 0)
    at_home = vote(phone, code, 0)["receipt"]
    phone.cookies.clear()
    vote(phone, code, 1)
    assert len(ballots(database)) == 2
    people.sign_in(phone, 0)
    assert vote(phone, code, 2)["receipt"] == at_home
    assert ballots(database) == [[0, 0, 1]]
    with database.reading() as session:
        assert list(damaged_rounds(session, COMMAND_LINE)) == []
        assert turnout(session, round_id).joined == 1


def test_one_phone_that_signs_in_before_it_votes_has_no_second_ballot_once_signed_out(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    people = people_of(database, prototypes[0])
    code = code_of(database, opened(database, facilitator, prototypes))
    people.sign_in(phone, 0)
    vote(phone, code, 0)
    people.sign_out(phone)
    vote(phone, code, 1)
    assert ballots(database) == [[1, 0, 0]]


def test_one_phone_has_its_notes_dots_and_answers_once_whoever_is_signed_in(
    phone: TestClient, workshop: Workshop_
) -> None:
    with workshop.database.reading() as session:
        room = room_of_code(session, workshop.code)
        assert room
    people = people_of(workshop.database, room.project_id)
    workshop.goes_to("ideas")
    write(phone, workshop.code, "A neighbour who knows")
    (idea,) = workshop.notes()

    def hand_in(way: str, **more: str) -> None:
        codes.forget(workshop.code)
        sent = form(phone.get(f"/j/{workshop.code}").text, way) | more
        phone.post(f"/j/{workshop.code}/{way}", data=sent)

    dots = f"dots-{idea.id.hex}"
    workshop.goes_to("dots")
    hand_in("dots", **{dots: "1"})
    people.sign_in(phone, 0)
    assert "A neighbour who knows" in phone.get(f"/j/{workshop.code}").text
    hand_in("dots", **{dots: "2"})
    people.sign_out(phone)
    hand_in("dots", **{dots: "3"})

    def put() -> list[int]:
        with workshop.database.reading() as session:
            return sorted(session.scalars(select(NoteDots.dots)))

    assert put() == [3]
    people.sign_in(phone, 1)
    hand_in("dots", **{dots: "1"})
    assert put() == [1, 3]
    people.sign_in(phone, 0)
    phone.post(
        f"/j/{workshop.code}/change",
        data={"voter": form(phone.get(f"/j/{workshop.code}").text, "dots")["voter"], "note": str(idea.id),
              "words": "A neighbour who knows the way"},
    )  # fmt: skip
    people.sign_out(phone)
    workshop.goes_to("pulse")
    hand_in("pulse", trust="1", difference="1")
    people.sign_in(phone, 0)
    hand_in("pulse", trust="2", difference="2")
    people.sign_out(phone)
    hand_in("pulse", trust="3", difference="3")
    with workshop.database.reading() as session:
        assert [note.text for note in session.scalars(select(Note))] == ["A neighbour who knows the way"]
        assert session.scalars(select(Pulse.trust)).all() == [3]
        assert session.scalar(select(func.sum(WorkshopJoin.people))) == 2


def test_one_browser_answers_a_pulse_once_whoever_is_signed_in(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    people = people_of(database, prototypes[0])
    with database.reading() as session:
        signed = pulse_link(session, facilitator, prototypes[0], now=clock.now())

    def answer(trust: str) -> list[int]:
        sent = form_on(phone.get(f"/pulse/{signed}").text)
        phone.post(f"/pulse/{signed}", data=sent | {"trust": trust, "difference": "1"})
        with database.reading() as session:
            return sorted(session.scalars(select(Pulse.trust)))

    def form_on(page: str) -> dict[str, str]:
        return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))

    assert answer("1") == [1]
    people.sign_in(phone, 0)
    assert answer("2") == [2]
    people.sign_out(phone)
    assert answer("3") == [3]
    people.sign_in(phone, 1)
    assert answer("5") == [3, 5]
    phone.cookies.clear()
    people.sign_in(phone, 1)
    assert answer("4") == [3, 4]
    people.sign_out(phone)
    assert answer("2") == [2, 3]


def test_a_pulse_on_a_phone_and_another_under_the_account_elsewhere_are_one(
    phone: TestClient, workshop: Workshop_
) -> None:
    with workshop.database.reading() as session:
        project = session.get_one(Engagement, workshop.id).project_id
    people = people_of(workshop.database, project)
    workshop.goes_to("pulse")

    def answer(trust: str) -> list[int]:
        page = phone.get(f"/j/{workshop.code}").text
        sent = form(page, "pulse") | {"trust": trust, "difference": "1"}
        phone.post(f"/j/{workshop.code}/pulse", data=sent)
        return trusts()

    def trusts() -> list[int]:
        with workshop.database.reading() as session:
            return sorted(session.scalars(select(Pulse.trust)))

    assert answer("1") == [1]
    own = dict(phone.cookies)
    phone.cookies.clear()  # another device
    people.sign_in(phone, 0)
    assert answer("2") == [1, 2]  # nobody can know yet that they are one person
    phone.cookies.clear()
    phone.cookies.update(own)
    people.sign_in(phone, 0)
    phone.get(f"/j/{workshop.code}")
    assert answer("3") == [3]
    people.sign_out(phone)
    assert answer("4") == [4]
    phone.cookies.clear()
    people.sign_in(phone, 0)
    assert answer("5") == [5]
    phone.cookies.clear()
    phone.cookies.update(own)
    people.sign_in(phone, 1)
    assert answer("1") == [1, 5]


def test_whose_a_phone_was_is_forgotten_once_a_workshop_takes_nothing_more(
    phone: TestClient, workshop: Workshop_
) -> None:
    with workshop.database.reading() as session:
        project = session.get_one(Engagement, workshop.id).project_id
    people = people_of(workshop.database, project)
    workshop.goes_to("ideas")
    write(phone, workshop.code, "Warm homes")
    people.sign_in(phone, 0)
    write(phone, workshop.code, "Cold homes")
    workshop.does(end_workshop)
    links = select(func.count()).select_from(PhoneLink)
    for days, left in ((29, 1), (31, 0)):
        with workshop.database.writing() as session:
            forget_phones(session, now=clock.now() + dt.timedelta(days=days))
            assert session.scalar(links) == left
