"""No column starts with a value that says something which nobody said."""

from __future__ import annotations

from typing import Final

from db.models import Base

STARTS: Final = "where every record of its kind begins; a command moves it on"
SETTING: Final = "how the product behaves, chosen in a form that shows it"
RULE: Final = "a stated rule of the lab, shown where it is applied"
EMPTY: Final = "empty text: nothing was said"
COUNTER: Final = "counts what the product itself did"
CLOSED: Final = "nothing is public until somebody says so"

ALLOWED: Final[dict[str, str]] = {
    "lab.id": "there is one lab",
    "lab.is_demo": SETTING,
    "lab.escalation_days": RULE,
    "lab.time_zone": "the zone in which days were counted so far; set-up asks for the lab's own",
    "lab.session_idle_minutes": SETTING,
    "lab.session_hours": SETTING,
    "event.detail": "no further facts",
    "account.is_demo": SETTING,
    "known_device.wrong_in_a_row": COUNTER,
    "flag.state": STARTS,
    "flag.plan": EMPTY,
    "flag.cleared_reason": EMPTY,
    "flag.snooze_reason": EMPTY,
    "stall_reason.note": EMPTY,
    "project_risk.lines": "nothing adds to the score",
    "contribution.cluster": EMPTY,
    "workshop.wall_blank": SETTING,
    "workshop.wall_words": SETTING,
    "workshop.signals_end": SETTING,
    "note.waits": STARTS,
    "contribution.chosen": STARTS,
    "engagement.chaired_by": EMPTY,
    "pulse.comment": EMPTY,
    "pulse.standing": STARTS,
    "project.pulse_links_ended": COUNTER,
    "expectation.state": STARTS,
    "expectation.is_public": CLOSED,
    "recommendation.status": STARTS,
    "recommendation.cadence_days": RULE,
    "recommendation.promised_cadence_days": RULE,
    "recommendation.promised_due": "the date that was promised, where one was",
    "recommendation.due_moves": COUNTER,
    "recommendation.is_public": CLOSED,
    "response.reason": EMPTY,
    "progress_update.evidence": EMPTY,
    "reply.how": EMPTY,
    "reply.why": EMPTY,
    "reply.what_next": EMPTY,
    "reply.is_public": CLOSED,
    "project.challenge": EMPTY,
    "project.place": EMPTY,
    "project.stage": STARTS,
    "project.cadence_days": RULE,
    "project.promised_cadence_days": RULE,
    "project.is_public": CLOSED,
    "prototype.question": EMPTY,
    "prototype.iteration": STARTS,
    "prototype.is_public": CLOSED,
    "foreseen_risk.finding": STARTS,
    "foreseen_risk.finding_note": EMPTY,
    "test.method": EMPTY,
    "stakeholder.people": "a stakeholder is at least one person",
    "stakeholder.consent_for": EMPTY,
    "stakeholder.status": STARTS,
    "contact.name": EMPTY,
    "contact.email": EMPTY,
    "contact.phone": EMPTY,
    "vote_round.budget": SETTING,
    "vote_round.by_slip": "no slip is asked for until slips are made",
    "vote_round.blank_means": "the rule on the ballots of rounds from before; new ones take their method's",
    "vote_round.reveal": SETTING,
    "vote_round.option_order": SETTING,
    "vote_round.anonymity": SETTING,
    "vote_round.decides_next": EMPTY,
    "vote_round.state": STARTS,
    "vote_round.entries": COUNTER,
    "vote_round.chain_head": "no entry yet",
    "vote_option.summary": EMPTY,
    "ballot.weight": "a ballot is one person's unless hands were counted",
    "workshop.begins": EMPTY,
    "workshop.place": EMPTY,
    "workshop.hosts": EMPTY,
    "workshop.state": STARTS,
    "workshop.extra_seconds": COUNTER,
    "workshop.phones_open": SETTING,
    "workshop.revision": COUNTER,
    "workshop.board_revision": COUNTER,
    "workshop.heard": EMPTY,
    "workshop.what_next": EMPTY,
    "workshop_block.prompt": EMPTY,
    "workshop_block.dots": SETTING,
    "workshop_join.people": "a phone is one person",
    "cluster.is_dropped": STARTS,
    "note.chosen": STARTS,
    "note.promised_by": EMPTY,
    "note.hidden_why": EMPTY,
}
"""Every column with a value of its own to start with, and why that says nothing nobody said."""

MAY_BE_UNSAID: Final = (
    "engagement.agenda_set_by",
    "engagement.sponsor_present",
    "engagement.declared_influence",
    "engagement.actual_influence",
    "expectation.importance",
    "expectation.within_power",
    "expectation.said_back",
    "expectation.hoped_for",
    "expectation.confidence",
    "recommendation.importance",
    "recommendation.due",
    "project.mode",
    "project.cycle_phase",
    "stakeholder.voice_role",
    "stakeholder.expert_by_experience",
    "test.sponsor_present",
    "workshop.hear_by",
    "workshop_block.raised_by",
    "workshop_invitation.hoped_for",
)


def columns() -> dict[str, bool]:
    """Columns by name, and whether they may be empty."""
    return {
        f"{table.name}.{column.name}": bool(column.nullable)
        for table in Base.metadata.sorted_tables
        for column in table.columns
    }


def test_every_column_that_starts_with_a_value_is_listed_with_the_reason() -> None:
    starting = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if (column.default is not None or column.server_default is not None)
        and column.name != "version"
        and not column.name.endswith("_folded")  # worked out from another column
        and not (column.primary_key and column.name == "id" and table.name != "lab")
    }
    assert starting - set(ALLOWED) == set(), "say why this value tells nothing that nobody said"
    assert set(ALLOWED) - starting == set(), "these columns start empty now"


def test_what_may_be_unsaid_can_be_empty_and_starts_empty() -> None:
    nullable = columns()
    for name in MAY_BE_UNSAID:
        assert nullable[name], name
        assert name not in ALLOWED
