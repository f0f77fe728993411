"""The rule for every column of an export that comes in.

Vocabularies and ranges are read from the tables' own constraints, limits on text are those of the commands.
Text of a column that is not listed here is running text of `LONGEST` characters at most.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import uuid
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, Date, Float, Integer, LargeBinary, Uuid

from db.base import Base, UtcDateTime
from db.words import ESCALATION_STEPS, STAGES
from lab.access.sessions.rules import HOURS, IDLE_MINUTES
from lab.disillusion.score.levels import from_text
from lab.disillusion.score.model import WEIGHTS
from lab.engagements.rules import LONGEST_COMMENT
from lab.exchange.withheld import TOKEN_LEFT_BEHIND
from lab.foundation import clock, text
from lab.foundation.errors import Invalid
from lab.foundation.folding import is_slug
from lab.foundation.text import LINE, PARAGRAPH
from lab.pictures.safe import MEDIA_TYPE
from lab.voting import rules as votes
from lab.voting.methods.registry import method_names
from lab.workshops.board.rules import LONGEST_CLUSTER, LONGEST_NOTE

Check = Callable[[Any], Any]
"""Gives a value as it may be stored, or raises `Invalid`."""

LONGEST: Final = 20_000
"""Characters of a text that no other limit is known for."""
FIRST_DAY: Final = dt.date(1990, 1, 1)
YEARS_AHEAD: Final = 10
LARGEST: Final = 2**31 - 1
"""The largest whole number that both databases store."""
DEEPEST: Final = 6
"""How deep lists and objects may lie in each other."""
MOST_PARTS: Final = 20_000
"""Values in one cell of JSON."""

_LINES: Final = {
    "account.name": LINE, "contact.email": LINE, "contact.name": LINE, "contact.phone": 40,
    "cluster.title": LONGEST_CLUSTER, "contribution.cluster": LINE, "engagement.chaired_by": LINE,
    "engagement.title": LINE, "lab.name": LINE, "note.hidden_why": LINE, "note.promised_by": LINE,
    "picture.description": LINE, "project.place": LINE, "project.reference": LINE, "project.title": LINE,
    "prototype.title": LINE, "recommendation.reference": LINE, "recommendation.title": LINE,
    "reply.how": LINE, "sponsor.name": LINE, "stakeholder.consent_for": LINE, "stakeholder.pseudonym": 80,
    "test.method": LINE, "vote_option.summary": LINE, "vote_option.title": LINE,
    "vote_round.decides_next": LINE, "vote_round.question": LINE, "workshop.hosts": LINE,
    "workshop.place": LINE, "workshop_block.prompt": LINE, "workshop_block.title": LINE,
    "workshop_photo.description": LINE,
}  # fmt: skip
"""Columns with one line of text, and the most characters."""
_PARAGRAPHS: Final = {
    "contribution.text": PARAGRAPH, "expectation.statement": 1000, "flag.cleared_reason": 2000,
    "flag.plan": 2000, "flag.snooze_reason": 2000, "foreseen_risk.finding_note": 1000,
    "foreseen_risk.statement": 1000, "note.text": LONGEST_NOTE, "progress_update.evidence": 2000,
    "progress_update.what": LONGEST, "project.challenge": PARAGRAPH, "project.outcome_reason": 1000,
    "project.paused_reason": 1000, "prototype.question": 1000, "pulse.comment": LONGEST_COMMENT,
    "recommendation.text": LONGEST, "reply.what_happened": LONGEST, "reply.what_next": LONGEST,
    "reply.why": LONGEST, "response.reason": LONGEST, "stall_reason.note": 1000, "test.findings": PARAGRAPH,
    "workshop.heard": PARAGRAPH, "workshop.what_next": PARAGRAPH,
}  # fmt: skip
"""Columns with running text, and the most characters."""
_DRIVER_TEXTS: Final = frozenset(
    {"driver", "title", "sentence", "subject_kind", "subject_id", "action", "tab"}
)
_DRIVER_PARTS: Final = _DRIVER_TEXTS | {"points", "after"}
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_EMPTIED: Final = frozenset({"note.text"})
"""Columns whose text is erased when its author takes it back."""
_SIGNED: Final = frozenset({"workshop.extra_seconds"})
_WORD: Final = re.compile(r"[a-z_]{1,40}")
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_CODE: Final = re.compile(f"[{votes.ALPHABET}]{{{votes.CODE_LENGTH}}}")
_RECEIPT: Final = re.compile(f"[{votes.ALPHABET}]{{{votes.RECEIPT_LENGTH}}}")
_TOKEN: Final = re.compile(f"{TOKEN_LEFT_BEHIND}[0-9a-f]{{7,32}}")
_NOTHING: Final = re.compile("")
_LISTED: Final = re.compile(r"^(\w+) IN \((.*)\)$")
_RANGED: Final = re.compile(r"^(?:\w+ IS NULL OR )?(\w+) BETWEEN (-?\d+) AND (-?\d+)$")
_AT_LEAST: Final = re.compile(r"^(?:\w+ IS NULL OR )?(\w+) >= (-?\d+)$")


def a_line(limit: int, *, required: bool) -> Check:
    """One line, cleaned like one that is typed."""
    return lambda value: text.line(value, "The text", required=required, limit=limit)


def a_paragraph(limit: int, *, required: bool) -> Check:
    """Running text, cleaned like one that is typed."""
    return lambda value: text.paragraph(value, "The text", required=required, limit=limit)


def a_pattern(*patterns: re.Pattern[str], what: str, or_empty: bool = False) -> Check:
    """A text of one of these forms."""

    def check(value: str) -> str:
        if not (or_empty and value == "") and not any(pattern.fullmatch(value) for pattern in patterns):
            raise Invalid(f"“{value[:40]}” is not {what}.")
        return value

    return check


def a_slug(value: str) -> str:
    """The last part of a public address, of the letters that the lab uses itself."""
    if not is_slug(value):
        raise Invalid(f"“{value[:40]}” is not an address: lower-case letters, digits and hyphens.")
    return value


def an_email(value: str) -> str:
    """An address to sign in with."""
    address = text.line(value, "E-mail address").lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise Invalid(f"“{address[:40]}” is not an e-mail address. It needs the form name@place.")
    return address


def a_time(value: str) -> Any:
    """HH:MM, or nothing."""
    return a_pattern(_TIME, what="a time such as 14:30", or_empty=True)(value)


def a_kind(value: str) -> str:
    """The name of a table."""
    if value not in Base.metadata.tables:
        raise Invalid(f"“{value[:40]}” is no kind of record of a lab.")
    return value


def an_alert(value: str) -> str:
    """The state of a project's alarm."""
    try:
        return from_text(value).as_text()
    except ValueError as error:
        raise Invalid("This is not the state of an alarm.") from error


def escalation_days(value: Any) -> Any:
    """Four numbers of days, each larger than the one before."""
    days = _numbers(value, 1, 730)
    if len(days) != len(ESCALATION_STEPS) or days != sorted(set(days)):
        raise Invalid("It needs four numbers of days, each larger than the one before, such as [7,28,56,84].")
    return days


def weights(value: Any) -> Any:
    """A weight for every driver."""
    is_map = isinstance(value, dict) and set(value) == set(WEIGHTS)
    if not is_map or not all(_is_number(each) and 0 <= each <= 1000 for each in value.values()):
        raise Invalid("It needs a number from 0 to 1,000 for each driver of the score.")
    if not sum(value.values()):
        raise Invalid("At least one driver needs a weight.")
    return value


def risk_lines(value: Any) -> Any:
    """The drivers of a score as lists show them."""
    if not isinstance(value, list) or len(value) > 100:
        raise Invalid("It needs a list of drivers.")
    for each in value:
        if not isinstance(each, dict) or not _DRIVER_TEXTS | {"points"} <= set(each) <= _DRIVER_PARTS:
            raise Invalid("A driver lacks something, or has something unknown.")
        if not all(isinstance(each[name], str) for name in _DRIVER_TEXTS):
            raise Invalid("What a driver says must be text.")
        if not all(_is_number(each[name]) for name in {"points", "after"} & set(each)):
            raise Invalid("The points of a driver must be a number.")
    a_flat_value(value)
    return value


def marks(value: Any) -> Any:
    """The marks of a ballot; whether they fit its round is asked once all rows are in."""
    return _numbers(value, -1, 100)


def _numbers(value: Any, low: int, high: int) -> list[int]:
    if not isinstance(value, list) or len(value) > votes.MOST_OPTIONS:
        raise Invalid("It needs a list of whole numbers.")
    if not all(
        isinstance(each, int) and not isinstance(each, bool) and low <= each <= high for each in value
    ):
        raise Invalid(f"Each number must be a whole one from {low} to {high}.")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def a_flat_value(value: Any) -> Any:
    """JSON that is neither deep nor large, with clean text and finite numbers."""
    waiting, seen = [(value, 1)], 0
    while waiting:
        each, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST or seen > MOST_PARTS:
            raise Invalid("The lists and objects in it are too deep or too many.")
        if isinstance(each, dict):
            waiting += [(part, depth + 1) for pair in each.items() for part in pair]
        elif isinstance(each, list):
            waiting += [(part, depth + 1) for part in each]
        elif isinstance(each, str):
            a_clean_text(each)
        elif each is not None and not isinstance(each, bool) and not _is_number(each):
            raise Invalid("A number in it is not finite.")
        elif isinstance(each, int) and abs(each) > LARGEST:
            raise Invalid("A number in it is too large.")
    return value


def a_clean_text(value: str) -> str:
    """A text in which nothing would have to be cleaned away."""
    if len(value) > LONGEST:
        raise Invalid(f"A text in it is longer than {LONGEST:,} characters.")
    if text.has_hidden(value):
        raise Invalid("A text in it has invisible or direction-changing characters.")
    return value


def a_day(value: dt.date) -> dt.date:
    """A day that a command would take, or a promise for one."""
    last = clock.now().year + YEARS_AHEAD
    if value < FIRST_DAY or value.year > last:
        raise Invalid(f"{value} is not between 1990 and {last}. Please check the year.")
    return value


def an_instant(value: dt.datetime) -> dt.datetime:
    """An instant with its time zone, on such a day."""
    if value.tzinfo is None:
        raise Invalid(f"{value.isoformat()} needs its time zone, such as +00:00.")
    a_day(dt.date(value.year, value.month, value.day))
    return value


def a_real(value: float) -> float:
    """A finite number."""
    if not _is_number(value) or abs(value) > 1e9:
        raise Invalid("It must be a number, and not larger than a thousand million.")
    return value


def a_whole_number(low: int, high: int) -> Check:
    """A whole number within the range of its column."""
    return lambda value: text.number(value, "The number", low, high)


_OWN: Final[Mapping[str, Check]] = {
    "account.email": an_email,
    "account.is_demo": lambda _value: False,  # one-click sign-in is never imported
    "ballot.marks": marks,
    "ballot_entry.commitment": a_pattern(_HEX, what="a SHA-256"),
    "ballot_entry.hash": a_pattern(_HEX, what="a SHA-256"),
    "event.subject_type": a_kind,
    "event.verb": a_pattern(_WORD, what="a verb such as “opened”"),
    "event.from_state": a_pattern(_WORD, what="a state such as “open”"),
    "event.to_state": a_pattern(_WORD, what="a state such as “open”"),
    "lab.escalation_days": escalation_days,
    "lab.session_hours": a_whole_number(*HOURS),
    "lab.session_idle_minutes": a_whole_number(*IDLE_MINUTES),
    "lab.time_zone": clock.zone_named,
    "picture.media_type": lambda value: text.chosen(value, (MEDIA_TYPE,), "The kind of picture"),
    "picture.sha256": a_pattern(_HEX, what="a SHA-256"),
    "project.slug": a_slug,
    "project_risk.alert_state": an_alert,
    "project_risk.lines": risk_lines,
    "risk_evaluation.alert_state": an_alert,
    "risk_model.weights": weights,
    "vote_join.receipt": a_pattern(_RECEIPT, what="a receipt"),
    "vote_join.token_hash": a_pattern(_HEX, _TOKEN, what="the hash of a token"),
    "vote_round.chain_head": a_pattern(_HEX, what="a SHA-256", or_empty=True),
    "vote_round.code": a_pattern(_CODE, what="a join code"),
    "vote_round.digest": a_pattern(_HEX, what="a SHA-256"),
    "vote_round.method": lambda value: text.chosen(value, method_names(), "The method"),
    "vote_slip.code_hash": a_pattern(_TOKEN, what="the place of a slip's code"),
    "vote_slip.used_by": a_pattern(_NOTHING, what="empty, as it is after the close"),
    "workshop.begins": a_time,
    "workshop.code": a_pattern(_CODE, what="a join code"),
    "workshop_join.token_hash": a_pattern(_HEX, _TOKEN, what="the hash of a token"),
    "workshop_photo.media_type": lambda value: text.chosen(value, (MEDIA_TYPE,), "The kind of picture"),
    "workshop_photo.sha256": a_pattern(_HEX, what="a SHA-256"),
}  # fmt: skip


@cache
def rule_of(column: Column[Any]) -> Check:
    """The rule for the values of a column that are not empty."""
    name = f"{column.table.name}.{column.name}"
    own = _OWN.get(name)
    words = vocabulary(column)
    if own is not None:
        return own
    if words:
        return lambda value: text.chosen(value, words, "The word")
    if isinstance(column.type, Integer):
        return a_whole_number(*_range(column, name))
    by_type: list[tuple[type, Check]] = [
        (Float, a_real), (UtcDateTime, an_instant), (Date, a_day), (JSON, a_flat_value),
        (Uuid, _same), (Boolean, _same), (LargeBinary, _same),
    ]  # fmt: skip
    for kind, rule in by_type:
        if isinstance(column.type, kind):
            return rule
    required = not column.nullable and column.default is None and name not in _EMPTIED
    if name in _LINES:
        return a_line(_LINES[name], required=required)
    return a_paragraph(_PARAGRAPHS.get(name, LONGEST), required=required)


def _same(value: uuid.UUID | bool | bytes) -> uuid.UUID | bool | bytes:
    return value


def vocabulary(column: Column[Any]) -> tuple[str, ...]:
    """The words that a column's constraint allows; none where any text is."""
    for found in _constraints(column, _LISTED):
        return tuple(re.findall(r"'([^']*)'", found[2]))
    return ()


def _range(column: Column[Any], name: str) -> tuple[int, int]:
    low = -LARGEST if name in _SIGNED else 0
    for found in _constraints(column, _RANGED):
        return int(found[2]), int(found[3])
    for found in _constraints(column, _AT_LEAST):
        low = int(found[2])
    return low, LARGEST


def _constraints(column: Column[Any], form: re.Pattern[str]) -> list[re.Match[str]]:
    texts = [str(each.sqltext) for each in column.table.constraints if isinstance(each, CheckConstraint)]
    matches = [match for match in map(form.match, texts) if match]
    return [match for match in matches if match[1] == column.name]


@cache
def states(subject_type: str) -> frozenset[str]:
    """The states that events of a kind of record may name; none where it has no states."""
    named = _STATES.get(subject_type, ())
    table = Base.metadata.tables[subject_type]
    found = {word for name in named for word in vocabulary(table.columns[name])}
    return frozenset(found | ({"paused", *STAGES} if subject_type == "project" else set()))


_STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "project": ("stage", "outcome"),
    "stakeholder": ("status",),
    "expectation": ("state",),
    "recommendation": ("status",),
    "foreseen_risk": ("finding",),
    "test": ("decision",),
    "vote_round": ("state",),
    "workshop": ("state",),
    "flag": ("state",),
}
