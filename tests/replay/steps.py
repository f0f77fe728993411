"""What each step of a record sets, read from the events of that step."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from db.models import Event
from lab.past.changes import Change, change_of, promised_cadence, promised_day
from lab.workshops.board.rules import TAKEN_BACK

if TYPE_CHECKING:
    from tests.replay.log import Log

Values = dict[str, Any]


def plain(value: Any) -> Any:
    """A value as an event keeps it."""
    if isinstance(value, dt.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=dt.UTC)).astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


class Asked(NamedTuple):
    """A row whose steps are asked for."""

    log: Log
    key: str
    row: Values
    past: list[Event]
    """What had happened to it by then, in the order in which it was written down."""
    at: dt.datetime

    def last(self, *verbs: str) -> Event | None:
        """The last step of these kinds."""
        return next((each for each in reversed(self.past) if each.verb in verbs), None)


Step = Callable[[Asked], Any]


def state_after(*verbs: str) -> Step:
    """The state that the last of these steps led to."""
    return lambda asked: each.to_state if (each := asked.last(*verbs)) else None


def when(verb: str, what: Callable[[Event], Any], *, until: Iterable[str] = ()) -> Step:
    """Something of the last step of a kind, unless it has been taken back since."""

    def found(asked: Asked) -> Any:
        each = asked.last(verb, *until)
        return what(each) if each is not None and each.verb == verb else None

    return found


def day(event: Event) -> Any:
    return event.day


def instant(event: Event) -> Any:
    return event.recorded_at


def reason(event: Event) -> Any:
    return event.reason


def actor(event: Event) -> Any:
    return event.actor_id


def or_empty(step: Step) -> Step:
    """The same, empty words for nothing."""
    return lambda asked: step(asked) or ""


def of_present(verb: str, name: str) -> Step:
    """What a step set for good: nothing before it, and since then what is there."""
    return lambda asked: asked.row[name] if asked.last(verb) else None


def last_news(asked: Asked) -> Any:
    """The day of the last status, or of evidence after it."""
    reported = [
        each
        for each in asked.log.events
        if each.subject_type == "progress_update"
        and each.detail.get("recommendation") == asked.key
        and each.detail.get("evidence")
        and each.recorded_at <= asked.at
    ]
    found: dt.date | None = None
    steps = [each for each in asked.past if each.to_state not in (None, "draft")]
    for each in sorted([*steps, *reported], key=lambda each: (each.recorded_at, each.id)):
        later = each.subject_type == "progress_update" and found is not None
        found = max(found, each.day) if later and found is not None else each.day
    return found


def moves(asked: Asked) -> list[Event]:
    """The events that moved a promised date."""
    found, is_draft = [], False
    for each in asked.past:
        is_draft = each.to_state == "draft" or (is_draft and each.to_state != "sent")
        is_moved = (each.detail.get("before") or {}).get("due") is not None
        if is_moved and not is_draft and "due" not in each.detail.get("corrects", ()):
            found.append(each)
    return found


def changes(asked: Asked) -> list[Change]:
    found, is_draft = [], False
    for each in asked.past:
        is_draft = each.to_state == "draft" or (is_draft and each.to_state != "sent")
        if changed := change_of(each.day, each.verb, each.detail, is_draft=is_draft):
            found.append(changed)
    return found


def as_day(value: Any) -> Any:
    return dt.date.fromisoformat(value) if value else None


def kept_due(asked: Asked) -> Any:
    sent = asked.last("sent")
    since = sent.day if sent else dt.date.max
    return promised_day(changes(asked), "due", as_day(asked.row["due"]), since, dt.date.max)


def kept_cadence(asked: Asked) -> Any:
    sent = asked.last("sent")
    since = sent.day if sent else dt.date.max
    return promised_cadence(changes(asked), asked.row["cadence_days"], since, dt.date.max)


def project_cadence(asked: Asked) -> Any:
    opened = as_day(asked.row["opened_on"])
    return promised_cadence(changes(asked), asked.row["cadence_days"], opened, dt.date.max)


def iteration(asked: Asked) -> int:
    """One more than the tests that decided to iterate."""
    tests = [key for key, row in asked.log.present.rows["test"].items() if row["prototype_id"] == asked.key]
    steps = [each for key in tests for each in asked.log.before("test", key, asked.at)]
    return 1 + sum(each.to_state == "iterate" for each in steps)


def explained(what: Callable[[Event], Any]) -> Step:
    """What was last said of why a recommendation does not move: the event is the recommendation's."""

    def found(asked: Asked) -> Any:
        past = asked.log.before("recommendation", asked.key, asked.at)
        return what([each for each in past if each.verb == "stall_explained"][-1])

    return found


def contribution(asked: Asked) -> Any:
    """What a note became: the event is the contribution's, and so is that it was taken back."""
    until = [each for each in asked.log.events if each.recorded_at <= asked.at]
    gone = {each.subject_id for each in until if each.verb == "taken_back"}
    return next(
        (
            each.subject_id
            for each in until
            if each.verb == "said" and each.detail.get("note") == asked.key and each.subject_id not in gone
        ),
        None,
    )


def merged(asked: Asked) -> Any:
    """The note it had been merged into: the merges and partings of its board, played again."""
    notes = asked.log.present.rows["note"]
    board = [key for key, row in notes.items() if row["workshop_id"] == asked.row["workshop_id"]]
    into: dict[str, str | None] = dict.fromkeys(board)
    for each in asked.log.events:
        key = str(each.subject_id)
        if each.subject_type != "note" or key not in into or each.recorded_at > asked.at:
            continue
        with_it = [other for other in board if into[other] == key]
        if each.verb == "merged":
            into |= dict.fromkeys([key, *with_it], each.detail["into"])
        elif each.verb in ("parted", "hidden"):
            with_it.sort(key=lambda other: (notes[other]["written_at"], other))
            into |= {other: None if other == with_it[0] else with_it[0] for other in with_it}
            into[key] = None
    return into[asked.key]


def hidden(step: Step, name: str, otherwise: Any) -> Step:
    """What a host said in hiding it. A note that its writer took back says itself since when."""

    def found(asked: Asked) -> Any:
        if asked.row["hidden_why"] == TAKEN_BACK:
            present = asked.log.present.rows["note"][asked.key]
            return present[name] if present["hidden_at"] <= plain(asked.at) else otherwise
        return step(asked) or otherwise

    return found


def verdict_of_flag(asked: Asked) -> Any:
    """What somebody said the alarm was good for, in clearing it or afterwards."""
    each = asked.last("cleared", "judged")
    return each.detail.get("outcome") if each else None


def judged(asked: Asked) -> Event | None:
    """The verdict that holds: taking a claim up again takes it away."""
    found = None
    for each in asked.past:
        if each.verb == "judged":
            found = each
        elif each.verb == "claimed" and each.to_state == "in_hand":
            found = None
    return found


def stage_since(asked: Asked) -> Any:
    """The day of the last move; of one that was undone, the day from before it."""
    each = asked.last("started", "moved", "move_undone")
    if each is None:
        return None
    return dt.date.fromisoformat(each.detail["since"]) if each.verb == "move_undone" else each.day


REOPENED: Final = ("reopened",)
RUNNING: Final = ("resumed", "closed", "reopened")
STEPS: Final[dict[str, dict[str, Step]]] = {
    "project": {
        "stage": state_after("started", "moved", "move_undone"),
        "stage_since": stage_since,
        "outcome": when("closed", lambda each: each.to_state, until=REOPENED),
        "outcome_reason": when("closed", reason, until=REOPENED),
        "closed_on": when("closed", day, until=REOPENED),
        "paused_on": when("paused", day, until=RUNNING),
        "paused_reason": when("paused", reason, until=RUNNING),
        "promised_cadence_days": project_cadence,
    },
    "stakeholder": {
        "status": state_after("joined", "withdrew"),
        "withdrawn_on": when("withdrew", day),
        "withdrawn_reason": when("withdrew", reason),
        "consent_withdrawn_on": when("consent_withdrawn", day),
    },
    "contribution": {"chosen": lambda asked: bool(when("chosen", day, until=("unchosen",))(asked))},
    "expectation": {
        "state": state_after("recorded", "claimed"),
        "verdict": lambda asked: each.detail["verdict"] if (each := judged(asked)) else None,
        "verdict_on": lambda asked: each.day if (each := judged(asked)) else None,
    },
    "recommendation": {
        "status": lambda asked: next(each.to_state for each in reversed(asked.past) if each.to_state),
        "sent_on": when("sent", lambda each: day(each) if each.detail.get("is_date_known", True) else None),
        "response_due": of_present("sent", "response_due"),
        "last_news_on": last_news,
        "due_moves": lambda asked: len(moves(asked)),
        "moved_twice_on": lambda asked: moves(asked)[1].day if len(moves(asked)) > 1 else None,
        "promised_due": kept_due,
        "promised_cadence_days": kept_cadence,
    },
    "prototype": {"iteration": iteration},
    "foreseen_risk": {
        "finding": state_after("raised", "found"),
        "finding_note": or_empty(when("found", reason)),
    },
    "flag": {
        "state": state_after("raised", "acknowledged", "cleared"),
        "acknowledged_on": when("acknowledged", day),
        "acknowledged_by": when("acknowledged", actor),
        "plan": or_empty(when("acknowledged", reason)),
        "review_on": when("acknowledged", lambda each: each.detail["review_on"]),
        "snoozed_until": when("snoozed", lambda each: each.detail["until"]),
        "snooze_reason": or_empty(when("snoozed", reason)),
        "cleared_on": when("cleared", day),
        "cleared_by": when("cleared", actor),
        "cleared_reason": or_empty(when("cleared", reason)),
        "outcome": verdict_of_flag,
    },
    "stall_reason": {
        "reason": explained(lambda each: each.detail["stall_reason"]),
        "note": explained(lambda each: each.reason or ""),
        "said_on": explained(day),
    },
    "account": {"disabled_at": when("disabled", instant, until=("enabled",))},
    "vote_round": {
        "state": lambda asked: next(each.to_state for each in reversed(asked.past) if each.to_state),
        "opened_at": when("opened", instant),
        "closed_at": when("closed", instant),
        "closed_on": when("closed", day),
        "revealed_at": when("revealed", instant),
        "digest": when("closed", lambda each: each.detail["digest"]),
    },
    "workshop": {
        "state": state_after("planned", "began", "ended", "wrapped_up", "wrap_up_undone"),
        "began_at": when("began", instant),
        "ended_at": when("ended", instant),
        "ended_on": when("ended", day),
        "wrapped_up_at": when("wrapped_up", instant, until=("wrap_up_undone",)),
        "wrapped_up_on": when("wrapped_up", day, until=("wrap_up_undone",)),
    },
    "note": {
        "merged_into": merged,
        "hidden_at": hidden(when("hidden", instant, until=("shown_again",)), "hidden_at", None),
        "hidden_by": hidden(when("hidden", actor, until=("shown_again",)), "hidden_by", None),
        "hidden_why": hidden(when("hidden", reason, until=("shown_again",)), "hidden_why", ""),
        "contribution_id": contribution,
    },
}  # fmt: skip
"""Columns that a step sets by what it is."""
