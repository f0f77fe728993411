"""A vote is duplicated as a draft."""

from __future__ import annotations

import datetime as dt

from db.engine import Database
from lab.access.rights import Actor
from lab.voting.commands import edit_round, enter_hands, open_round
from lab.voting.drafting import duplicate_round
from lab.voting.queries import room_of_round, turnout
from tests.conftest import NOW
from tests.workshops.conftest import draft_vote


def test_a_duplicated_vote_is_a_draft_without_ballots(database: Database, facilitator: Actor) -> None:
    with database.writing() as session:
        key = draft_vote(session, facilitator, None)
        room = room_of_round(session, facilitator, key)
        edit_round(
            session, facilitator, key, version=room.version, question="Which first?", method="dots",
            options=[(each.prototype_id, each.title.lower()) for each in room.options], budget=7,
            reveal="live", option_order="fixed", anonymity="anonymous", groups=["carer"],
            decides_next="The council", hear_by=NOW.date() + dt.timedelta(days=9), now=NOW,
        )  # fmt: skip
        open_round(session, facilitator, key, now=NOW)
        enter_hands(session, facilitator, key, hands=[3, 2], group="carer", now=NOW)
        later = NOW + dt.timedelta(days=10)
        copy = duplicate_round(session, facilitator, key, now=later)
        old, new = (room_of_round(session, facilitator, each) for each in (key, copy))
        assert (new.state, turnout(session, copy).voted) == ("draft", 0)
        assert new.code != old.code
        assert new.hear_by is None, "the day has passed"
        for name in (
            "question", "method", "options", "budget", "reveal", "option_order", "anonymity", "groups",
            "decides_next",
        ):  # fmt: skip
            assert getattr(new, name) == getattr(old, name), name
