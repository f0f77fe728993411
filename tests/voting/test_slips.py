"""One-time slips: each is good for one ballot, on a phone or on paper, and leads to nobody."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from db.engine import Database
from db.models import Ballot, VoteRound, VoteSlip
from lab.access.rights import COMMAND_LINE, Actor
from lab.foundation.errors import Invalid, LabError, WrongTransition
from lab.voting import rules
from lab.voting.commands import (
    close_round,
    drop_draft,
    enter_hands,
    enter_paper_ballot,
    make_round,
    open_round,
    take_back,
)
from lab.voting.intake.slips import NEEDED, UNKNOWN, USED
from lab.voting.slips import SlipCount, issue_slips, slips_of, withdraw_slips
from lab.voting.unlinking import unlink_open_rounds
from tests.conftest import NOW
from tests.voting.conftest import ballot, cast, opened

Prototypes = tuple[uuid.UUID, list[uuid.UUID]]


@dataclass
class Slipped:
    """An open round by slip."""

    database: Database
    host: Actor
    id: uuid.UUID
    codes: list[str]

    def sends(self, phone: str, code: str | None, marks: tuple[int, ...] = (1, 0, 0), **more: str) -> str:
        """The receipt, or why the ballot was refused."""
        slip = rules.slip_hash(self.id, code) if code else None
        (answer,) = cast(self.database, ballot(self.id, phone, marks, slip=slip, **more))
        return answer.message if isinstance(answer, LabError) else answer

    def on_paper(self, code: str) -> uuid.UUID:
        with self.database.writing() as session:
            return enter_paper_ballot(session, self.host, self.id, marks=(0, 1, 0), slip=code, now=NOW)

    def counted(self) -> tuple[SlipCount, int]:
        with self.database.reading() as session:
            ballots = session.scalars(select(Ballot).where(Ballot.round_id == self.id)).all()
            return slips_of(session, self.host, self.id), len(ballots)


@pytest.fixture
def slipped(database: Database, facilitator: Actor, prototypes: Prototypes) -> Slipped:
    project, made = prototypes
    with database.writing() as session:
        round_id = make_round(
            session, facilitator, project, question="Which first?", method="approval",
            options=[(each, "") for each in made], now=NOW,
        )  # fmt: skip
        codes = issue_slips(session, facilitator, round_id, number=4, now=NOW)
        open_round(session, facilitator, round_id, NOW)
    return Slipped(database, facilitator, round_id, codes)


def test_a_slip_gives_exactly_one_ballot(slipped: Slipped) -> None:
    one, two, *_ = slipped.codes
    receipt = slipped.sends("Ada", one)
    assert len(receipt) == rules.RECEIPT_LENGTH
    assert slipped.sends("Bo", one) == USED
    assert slipped.sends("Ada", one, (0, 0, 1)) == receipt, "its phone may change the ballot"
    assert slipped.sends("Ada", None, (0, 1, 1)) == receipt
    assert slipped.counted() == (SlipCount(issued=4, by_phone=1, on_paper=0), 1)
    assert len(slipped.sends("Bo", two)) == rules.RECEIPT_LENGTH
    assert slipped.counted() == (SlipCount(issued=4, by_phone=2, on_paper=0), 2)


def test_two_phones_with_one_slip_in_the_same_batch_have_one_ballot(slipped: Slipped) -> None:
    slip = rules.slip_hash(slipped.id, slipped.codes[0])
    answers = cast(
        slipped.database,
        *(ballot(slipped.id, phone, (1, 0, 0), slip=slip) for phone in ("Ada", "Bo", "Cy")),
    )
    assert [isinstance(each, str) for each in answers] == [True, False, False]
    assert slipped.counted() == (SlipCount(4, 1, 0), 1)


def test_without_a_slip_of_this_round_no_phone_has_a_ballot(slipped: Slipped) -> None:
    assert slipped.sends("Ada", None) == NEEDED
    assert slipped.sends("Ada", "A" * rules.SLIP_LENGTH) == UNKNOWN
    assert slipped.counted() == (SlipCount(4, 0, 0), 0)


def test_a_ballot_that_is_refused_for_its_marks_leaves_the_slip_good(slipped: Slipped) -> None:
    assert "A tick is" in slipped.sends("Ada", slipped.codes[0], (9, 0, 0)) or slipped.counted()[1] == 0
    assert slipped.counted() == (SlipCount(4, 0, 0), 0)
    assert len(slipped.sends("Bo", slipped.codes[0])) == rules.RECEIPT_LENGTH


def test_an_account_votes_without_a_slip(slipped: Slipped) -> None:
    assert len(slipped.sends("account", None, source="account")) == rules.RECEIPT_LENGTH


def test_a_paper_ballot_uses_its_slip_and_gives_it_back_when_it_is_taken_back(slipped: Slipped) -> None:
    one = slipped.codes[0]
    with pytest.raises(Invalid, match="needs a slip"):
        slipped.on_paper("")
    entered = slipped.on_paper(f"{one[:4]} {one[4:8].lower()}-{one[8:]}")
    assert slipped.sends("Ada", one) == USED
    with pytest.raises(Invalid, match="used already"):
        slipped.on_paper(one)
    assert slipped.counted() == (SlipCount(4, 0, 1), 1)
    with slipped.database.writing() as session:
        take_back(session, slipped.host, slipped.id, entered, now=NOW)
    assert slipped.counted() == (SlipCount(4, 0, 0), 0)
    assert len(slipped.sends("Ada", one)) == rules.RECEIPT_LENGTH


def test_a_raised_hand_has_no_slip(slipped: Slipped) -> None:
    with slipped.database.writing() as session, pytest.raises(Invalid, match="a raised hand has none"):
        enter_hands(session, slipped.host, slipped.id, hands=(1, 0, 0), now=NOW)


def links(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(VoteSlip.used_by).where(VoteSlip.used_by.is_not(None))))


def test_after_the_close_no_slip_leads_to_a_ballot_and_the_slips_still_add_up(slipped: Slipped) -> None:
    slipped.sends("Ada", slipped.codes[0])
    slipped.on_paper(slipped.codes[1])
    assert len(links(slipped.database)) == 2
    with slipped.database.writing() as session:
        close_round(session, slipped.host, slipped.id, now=NOW)
    assert links(slipped.database) == []
    assert slipped.counted() == (SlipCount(issued=4, by_phone=1, on_paper=1), 2)
    assert slipped.counted()[0].unused == 2


def test_a_copy_of_an_open_round_has_no_way_from_slip_to_ballot_and_used_slips_stay_used(
    slipped: Slipped,
) -> None:
    slipped.sends("Ada", slipped.codes[0])
    with slipped.database.writing() as session:
        unlink_open_rounds(session, COMMAND_LINE)
    assert links(slipped.database) == []
    assert slipped.sends("Bo", slipped.codes[0]) == USED


def test_codes_are_kept_nowhere(slipped: Slipped) -> None:
    with slipped.database.reading() as session:
        kept = " ".join(map(repr, session.execute(select(VoteSlip.code_hash)).all()))
        assert not any(code in kept for code in slipped.codes)
    assert len(set(slipped.codes)) == 4
    assert {len(code) for code in slipped.codes} == {rules.SLIP_LENGTH}


def test_slips_are_asked_for_before_a_round_opens_or_not_at_all(
    database: Database, facilitator: Actor, prototypes: Prototypes, slipped: Slipped
) -> None:
    bare = opened(database, facilitator, prototypes)
    with database.writing() as session:
        assert len(issue_slips(session, facilitator, slipped.id, number=2, now=NOW)) == 2
        with pytest.raises(WrongTransition, match="opened without slips"):
            issue_slips(session, facilitator, bare, number=2, now=NOW)
        with pytest.raises(WrongTransition, match="slips stay good"):
            withdraw_slips(session, facilitator, slipped.id, now=NOW)
        close_round(session, facilitator, slipped.id, now=NOW)
    with database.writing() as session, pytest.raises(WrongTransition, match="closed"):
        issue_slips(session, facilitator, slipped.id, number=2, now=NOW)


def test_a_draft_may_do_without_its_slips_again_and_be_thrown_away(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    project, made = prototypes
    with database.writing() as session:
        round_id = make_round(
            session, facilitator, project, question="Which first?", method="approval",
            options=[(each, "") for each in made], now=NOW,
        )  # fmt: skip
        issue_slips(session, facilitator, round_id, number=3, now=NOW)
        withdraw_slips(session, facilitator, round_id, now=NOW)
        assert session.get_one(VoteRound, round_id).by_slip is False
        issue_slips(session, facilitator, round_id, number=3, now=NOW)
        drop_draft(session, facilitator, round_id, NOW)
    with database.reading() as session:
        assert session.scalars(select(VoteSlip)).all() == []
