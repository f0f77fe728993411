"""A wrap-up shows what it will write before it writes anything."""

from __future__ import annotations

from collections import Counter

from db.engine import Database
from lab.access.rights import Actor
from lab.workshops.after.commands import confirm
from lab.workshops.after.preview import to_write
from lab.workshops.after.proposal import proposal
from lab.workshops.after.queries import kept
from tests.conftest import NOW
from tests.workshops.held import Held
from tests.workshops.held import held as held


def test_the_preview_names_every_record_that_keeping_writes_and_leaves_what_nobody_said_empty(
    database: Database, facilitator: Actor, held: Held
) -> None:
    with database.writing() as session:
        shown = to_write(proposal(session, facilitator, held.planned.id), held.choices)
        confirm(session, facilitator, held.planned.id, held.choices, now=NOW)
        written = kept(session, facilitator, held.planned.id)
    names = {"chosen_idea": "contribution"}
    foretold: Counter[str] = Counter()
    for each in shown:
        foretold[names.get(each.kind, each.kind)] += each.voices
    assert foretold == Counter(each.kind for each in written)
    empty = {each.words: each.empty for each in shown}
    assert empty["Heating before winter"] == ("by when",)
    assert empty["Pay for ten trials"] == ("who", "by when")
    assert empty["Damp behind the panels"] == ()
