"""An agenda that is being edited outlives the server's half of its page."""

from __future__ import annotations

import uuid

from lab.workshops.plan.agendas import TEMPLATES, Block
from pages.workshop.agenda_draft import Draft, read_draft, written_draft


def test_a_draft_is_read_as_it_was_written() -> None:
    vote = Block("vote", "Which first?", 15, "Which of these?", "community", uuid.uuid4(), 7)
    base = list(TEMPLATES["test"].blocks)
    draft = Draft([("0-1", base[0]), ("a1b2", vote)], base, 4)
    assert read_draft(written_draft(draft)) == draft
    assert draft.is_changed
    assert not Draft([(str(place), block) for place, block in enumerate(base)], base, 4).is_changed


def test_what_is_no_draft_is_none() -> None:
    for text in ("", "null", "[]", '{"rows": 1}', '{"rows": [["a", {}]], "base": [], "version": 1}'):
        assert read_draft(text) is None
