"""A project's votes: every round, and making a new one from the project's prototypes."""

from __future__ import annotations

from lab.lifecycle.thread.records import VoteRecord
from lab.voting.queries import RoundSummary, rounds_of
from pages.parts import dialogs, shell, vote_rounds
from pages.project import records
from pages.project.records import Screen


def render(screen: Screen) -> None:
    """Every round, the newest first."""
    if screen.writes and dialogs.button("Make a vote", type="primary", key="votes.new"):
        vote_rounds.make(screen.actor, screen.head.id)
    with shell.reading() as session:
        rounds = {each.id: each for each in rounds_of(session, screen.actor, screen.head.id)}
    records.listing(
        screen,
        [each for each in screen.thread.votes if each.id in rounds],
        lambda screen, each: _card(screen, each, rounds[each.id]),
        key="votes",
        nothing="No vote yet. A vote shows which prototypes people prefer, and where groups agree.",
    )


def _card(screen: Screen, each: VoteRecord, summary: RoundSummary) -> None:
    with records.card(screen, each):
        vote_rounds.summary(summary)
