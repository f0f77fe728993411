"""A register of recommendations that somebody else kept, in their own columns, read into a plan.

Nothing is guessed in silence. Every row is planned or rejected; a date that cannot be read stays empty and is
reported; an answer is taken only from words that leave no doubt, because calling a refusal an acceptance
would be the worst error.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Literal

from lab.exchange.tables import Table
from lab.foundation.errors import Invalid

Answer = Literal["accepted", "partly_accepted", "declined"]
ProblemKind = Literal[
    "text_missing",
    "project_missing",
    "row_repeated",
    "reference_repeated",
    "project_title_differs",
    "maybe_no_recommendation",
    "text_garbled",
    "sent_unread",
    "due_unread",
    "reply_undated",
    "reply_date_unread",
    "date_ambiguous",
    "date_misspelt",
    "date_in_future",
    "reply_before_sent",
    "answer_mixed",
    "status_disagrees",
    "not_within_limits",
    "sent_unknown",
    "due_out_of_order",
    "done_without_evidence",
    "text_differs",
]

TITLE_CHARACTERS = 120
AROUND_CHARACTERS = 120
ROWS_NAMED = 30
EARLIEST_YEAR = 1900


@dataclass(frozen=True)
class Columns:
    """Which column of the register holds what; None where the register has no such column."""

    text: str
    project_from: str
    """Rows with the same words here belong to the same project."""
    reference: str | None = None
    addressed_to: str | None = None
    sent: str | None = None
    reply: str | None = None
    status: str | None = None
    due: str | None = None
    title: str | None = None
    project_title: str | None = None


@dataclass(frozen=True)
class PlannedReply:
    """One reply as it stands in the register; `text` is never shortened."""

    received_on: date | None
    text: str
    answer: Answer | None
    """None where the words do not say clearly."""


@dataclass(frozen=True)
class PlannedRecommendation:
    """One row of the register, ready to be recorded. Columns the register lacks give empty text or None."""

    row: int
    """The number a spreadsheet shows beside the row."""
    project_key: str
    project_title: str
    reference: str
    addressed_to: str
    title: str
    text: str
    sent_on: date | None
    replies: tuple[PlannedReply, ...]
    """In the order of their dates where all have one, else as written."""
    claims_implemented: bool
    """The register says it is done. A claim: it comes without the evidence that `implemented` needs."""
    due_on: date | None = None


@dataclass(frozen=True)
class RowProblem:
    """Something a person should look at: `message` says where and what, `around` quotes the register."""

    row: int
    kind: ProblemKind
    message: str
    around: str = ""


@dataclass(frozen=True)
class RegisterPlan:
    """What would be recorded, which rows would not, and what was doubtful."""

    recommendations: tuple[PlannedRecommendation, ...]
    rejected: tuple[RowProblem, ...]
    warnings: tuple[RowProblem, ...]


# --- Columns ----------------------------------------------------------------------------------

_HEADINGS: dict[str, tuple[str, ...]] = {
    "reference": (
        "reference", "ref", "recommendation id", "recommendation number", "recommendation no",
        "recommendation ref", "recommendation reference", "rec id", "rec no", "rec number", "number", "no",
        "id",
    ),
    "project_title": (
        "project title", "project name", "report title", "report name", "inquiry title", "review title",
        "case title",
    ),
    "project_from": (
        "project", "project id", "project key", "project code", "report", "report id", "report no",
        "report number", "report ref", "inquiry", "inquiry id", "investigation", "review", "case",
        "case id", "case number",
    ),
    "due": (
        "due", "due date", "due on", "deadline", "target date", "completion date", "implementation date",
        "by when",
    ),
    "sent": (
        "sent", "sent on", "date sent", "made", "made on", "date made", "issued", "issued on",
        "date issued", "issue date", "recommendation date", "date of recommendation", "published",
        "date published", "date",
    ),
    "reply": (
        "reply", "reply text", "replies", "response", "response text", "responses", "agency response",
        "government response", "management response", "answer", "response from agency",
    ),
    "status": (
        "status", "recommendation status", "current status", "implementation status", "state", "outcome",
    ),
    "addressed_to": (
        "addressed to", "addressee", "recipient", "directed to", "made to", "agency", "organisation",
        "organization", "responsible", "responsible body", "department", "owner", "to",
    ),
    "title": (
        "title", "short title", "recommendation title", "summary", "subject", "heading",
    ),
    "text": (
        "recommendation", "recommendation text", "text of recommendation", "safety recommendation", "text",
        "full text", "action requested", "wording", "description",
    ),
}  # fmt: skip
_NOT_PROSE = {"id", "no", "number", "ref", "date", "due", "status", "title", "code", "on", "by"}


def suggest_columns(table: Table) -> Columns:
    """The columns as their headings suggest; where text or project are not told, as the cells do.

    Raises Invalid when the table has fewer than two columns, for a register needs a project and a text.
    """
    if len(table.columns) < 2:
        raise Invalid(
            "A register needs at least two columns: one with the recommendations, one that says "
            "which project each belongs to. If yours has more, check what separates them: comma, "
            "semicolon or tab."
        )
    found: dict[str, str] = {}
    words = {column: _words(column) for column in table.columns}
    for role, headings in _HEADINGS.items():
        for heading in headings:
            match = next((c for c in table.columns if words[c] == heading and c not in found.values()), None)
            if match:
                found[role] = match
                break
    for role, headings in _HEADINGS.items():
        for heading in (heading for heading in headings if len(heading) > 3 and role not in found):
            match = next(
                (c for c in table.columns if c not in found.values() and _hints(words[c], heading, role)),
                None,
            )
            if match:
                found[role] = match
    left = [column for column in table.columns if column not in found.values()]
    if "text" not in found:
        choice = max(left or table.columns, key=lambda column: sum(len(row[column]) for row in table.rows))
        found["text"] = choice
        left = [column for column in left if column != choice]
    if "project_from" not in found:
        others = left or [column for column in table.columns if column != found["text"]]
        found["project_from"] = found.get("project_title") or min(
            others, key=lambda column: len({row[column] for row in table.rows})
        )
    return Columns(**found)


def _words(heading: str) -> str:
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", heading)
    return " ".join(re.findall(r"[^\W_]+", spaced.lower()))


def _hints(words: str, heading: str, role: str) -> bool:
    if role in {"text", "reply"} and _NOT_PROSE & set(words.split()):
        return False
    return f" {heading} " in f" {words} "


# --- Dates ------------------------------------------------------------------------------------

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_WEEKDAY = r"(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\.?,?\s+)?"
_DAY = r"\d{1,2}(?:\s?(?:st|nd|rd|th))?"
_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?\s?(?:Z|[+-]\d{2}:?\d{2}|[ap]\.?m\.?)?)?"
_ISO = re.compile(rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_TIME}", re.I)
_NUMERIC = re.compile(
    rf"(?P<a>\d{{1,2}})\s?[-/.]\s?(?P<b>\d{{1,2}})\s?[-/.]\s?(?P<y>\d{{4}}|\d{{2}}){_TIME}", re.I
)
_DAY_MONTH = re.compile(
    rf"{_WEEKDAY}(?P<d>{_DAY})(?:\s+day)?(?:\s+of)?[\s-]*(?P<m>[A-Za-z]{{3,12}})\.?,?[\s-]+(?P<y>\d{{4}}|\d{{2}})",
    re.I,
)
_MONTH_DAY = re.compile(rf"{_WEEKDAY}(?P<m>[A-Za-z]{{3,12}})\.?\s+(?P<d>{_DAY}),?\s+(?P<y>\d{{4}})", re.I)


@dataclass(frozen=True)
class _Reading:
    """What a piece of text says as a date; `why` is why there is none, `doubt` what else it might mean."""

    on: date | None = None
    why: str = ""
    doubt: ProblemKind | None = None
    doubt_message: str = ""


def _read_date(text: str, today: date) -> _Reading:
    """Days come before months, unless that is impossible; years of two digits are not in the future."""
    text = " ".join(text.split())
    if found := _ISO.fullmatch(text):
        return _dated(int(found["y"]), int(found["m"]), int(found["d"]))
    if found := _NUMERIC.fullmatch(text):
        year, first, second = _year(found["y"], today), int(found["a"]), int(found["b"])
        day, month = (second, first) if second > 12 >= first else (first, second)
        reading = _dated(year, month, day)
        if reading.on and first <= 12 and second <= 12 and first != second:
            return _Reading(
                reading.on,
                doubt="date_ambiguous",
                doubt_message=f"“{text}” was read day first, as {_spoken(reading.on)}; it may be month first",
            )
        return reading
    if found := _DAY_MONTH.fullmatch(text) or _MONTH_DAY.fullmatch(text):
        numbered, distance = _month(found["m"])
        if not numbered:
            return _Reading(why=f"“{found['m']}” is not a month")
        day = int(re.match(r"\d+", found["d"])[0])  # type: ignore[index]
        reading = _dated(_year(found["y"], today), numbered, day)
        if reading.on and distance > 1:
            return _Reading(
                reading.on, doubt="date_misspelt", doubt_message=f"“{text}” was read as {_spoken(reading.on)}"
            )
        return reading
    return _Reading(why="day, month and year are not all there in a form we know")


def _dated(year: int, month: int, day: int) -> _Reading:
    if year < EARLIEST_YEAR:
        return _Reading(why=f"the year {year} is before {EARLIEST_YEAR}")
    try:
        return _Reading(date(year, month, day))
    except ValueError:
        return _Reading(why="there is no such day")


def _year(digits: str, today: date) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return 2000 + year if 2000 + year <= today.year else 1900 + year


def _month(word: str) -> tuple[int, int]:
    """The month's number and how many slips of the pen away it is; (0, 0) where no single one is nearest."""
    word = word.lower()
    for number, month in enumerate(_MONTHS, start=1):
        if word in (month, month[:3]) or (word == "sept" and month == "september"):
            return number, 0
    near = sorted((_slips(word, month), number) for number, month in enumerate(_MONTHS, start=1))
    distance, number = near[0]
    if distance > (1 if len(_MONTHS[number - 1]) <= 5 else 2) or near[1][0] == distance:
        return 0, 0
    return number, distance


def _slips(left: str, right: str) -> int:
    """Letters left out, put in, changed or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        before, row, last = row, [i], before
        for j, b in enumerate(right, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _spoken(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1].capitalize()} {day.year}"


# --- Replies in one cell ----------------------------------------------------------------------

_ANY_DATE = "|".join(
    # In prose a year has four digits: “on 3 June 10 operators” is no date, but “3-Jun-10” is.
    [re.sub(r"\?P<\w+>", "?:", pattern.pattern) for pattern in (_ISO, _NUMERIC, _MONTH_DAY)]
    + [
        re.sub(r"\?P<\w+>", "?:", _DAY_MONTH.pattern).replace(r"\d{4}|\d{2}", r"\d{4}"),
        r"\d{1,2}-[A-Za-z]{3,9}-\d{2}",
    ]
)
_MONTH_NAME = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sep|Oct|Nov|Dec)[a-z]{0,7}\.?"
_NOT_QUITE_DATE = (
    rf"{_DAY}\s+(?:of\s+)?{_MONTH_NAME}|{_MONTH_NAME}(?:\s+{_DAY}|,?\s+\d{{4}})|\[?date\]?\b|\?+"
)
_DATE = rf"(?P<date>{_ANY_DATE}|{_NOT_QUITE_DATE})(?![\w/])"
_REPLY_VERB = r"replied|replies|responded|responds|answered|wrote|writes"
_TELLING_VERB = (
    "advised|advises|confirmed|confirms|stated|states|said|informed|reported|accepted|accepts|declined|declines|"
    "rejected|rejects|refused|agreed|disagreed|noted|commented|indicated|acknowledged|notified|told|explained|announced"
)
_REPLY_CAME = r"(?:reply|response|answer|letter|e-?mail)\s+(?:was\s+received|came|arrived)"
_SUBJECT = r"(?:[^.!?;\n]|\n(?!\s*\n)|\b(?:Dr|Mr|Mrs|Ms|St|Hon|Prof|Ltd|Inc|Co|No)\.){0,160}?"
_MAY_HOLD_DATE = re.compile(r"\d|\bdate\b|\?", re.I)
HEAD_CHARACTERS = 300
"""No dated reply begins with more than this before its date."""
_OPENING = r"[\s\"'“‘(\[*•·–—-]{0,4}"
_BY = (
    r"(?:(?:On|In|By|At|Dated)\s+)?(?:(?:a|an|its|his|her|their|the)\s+)?"
    r"(?:(?:letter|e-?mail|reply|response)\s+(?:of|on|dated)\s+)?"
)
_ADJUNCT = (
    r"(?:\s+(?:to\s+(?:the\s+)?\w+|by\s+(?:letter|e-?mail|phone|telephone)|"
    r"in\s+(?:writing|part|full)|us|them|me|back|again))"
)


def _head(verbs: str) -> tuple[re.Pattern[str], ...]:
    """How a dated reply begins: the date and then who replied, or who replied and then the date."""
    return (
        re.compile(rf"{_OPENING}{_BY}{_DATE},?\s(?P<subject>{_SUBJECT})\b(?:{verbs})\b", re.I),
        re.compile(
            rf"{_OPENING}(?P<subject>{_SUBJECT})\b(?:{verbs})\b{_ADJUNCT}{{0,2}}(?:,?\s+(?:on|in)\s+|\s*\(){_DATE}",
            re.I,
        ),
    )


_HEAD_ANYWHERE = (
    *_head(f"{_REPLY_VERB}|{_REPLY_CAME}"),
    re.compile(
        rf"{_OPENING}(?:(?:further|first|second|third|final|interim|official|formal)\s+)?"
        rf"(?:reply|response|answer|update|letter|e-?mail|date)\b(?:\s+(?:received|from|by|of|dated|on|to)\b[^.!?;:\n]{{0,60}}?)?"
        rf"[\s,:(]+{_DATE}\s*(?:[)\]:,.–—-]|\n|$)",
        re.I,
    ),
    re.compile(rf"{_OPENING}(?P<date>{_ANY_DATE})[)\]]?\s*(?::|[–—]|\s-\s)", re.I),
)
_HEAD_OF_LINE = (
    *_head(_TELLING_VERB),
    re.compile(rf"{_OPENING}(?P<date>{_ANY_DATE})[)\]]?(?:\s*(?:\n|$)|\s+(?=(?-i:[A-Z“\"])))", re.I),
)
_BOUNDARY = re.compile(r"(?<=[.!?;:…])[\"'”’)\]]*\s+|\n\s*")
_FIRST_PERSON = re.compile(r"\b(?:we|I|our)\b")
_OTHER_VERB = re.compile(
    r"\b(?:was|were|been|met|held|began|came|took|went|became|ran|set|put|had|made|sent|gave|found|"
    r"(?!United\b|Limited\b|Incorporated\b|Associated\b)\w+ed)\b(?!\s*$)"
)
_PASSIVE = re.compile(r"\b(?:was|were|been|be|being|as|when|if|until|after|before|because|since)\b", re.I)
_LEADS_TO_DATE = re.compile(r"\b(?:on|in|by|at|dated|of|received|from)\s*[(\[]?$", re.I)
_LOOKS_DATED = re.compile(
    r"\d{4}[-/.].+|\d{1,2}\s?[-/]\s?\d{1,2}\s?[-/].+|\d{1,2}\s?\.\s?\d{1,2}\s?\.\s?\d{4}.*"
)
_MENTIONED = re.compile(rf"(?<![\w/])(?:{_ANY_DATE})(?![\w/])", re.I)


@dataclass(frozen=True)
class _Part:
    text: str
    date_text: str | None
    body: str
    """The text after a mere “3 March 2004:”, so that it begins with the word that counts."""


def _parts(cell: str) -> list[_Part]:
    """The cell cut where a dated reply begins; nothing but the space between the parts is lost.

    A date counts as that of a reply only where the words around it say so: many replies tell of other things
    on other dates. A sentence in the first person goes on with the reply it stands in.
    """
    heads: list[tuple[int, str | None, int]] = []
    starts = {0: True} | {found.end(): "\n" in found[0] for found in _BOUNDARY.finditer(cell)}
    for start, begins_line in sorted(starts.items()):
        if not _MAY_HOLD_DATE.search(cell, start, start + HEAD_CHARACTERS):
            continue
        for pattern in _HEAD_ANYWHERE + (_HEAD_OF_LINE if begins_line else ()):
            found = pattern.match(cell, start)
            if found and _is_head(cell, start, found):
                heads.append(
                    (start, found["date"], start if "subject" in pattern.groupindex else found.end())
                )
                break
    if not heads or cell[: heads[0][0]].strip():
        heads.insert(0, (0, None, 0))
    ends = [start for start, _, _ in heads[1:]] + [len(cell)]
    return [
        _Part(cell[start:end].strip(), date_text, cell[body:end].strip())
        for (start, date_text, body), end in zip(heads, ends, strict=True)
    ]


def _is_head(cell: str, start: int, found: re.Match[str]) -> bool:
    date_text = found["date"]
    whole = re.fullmatch(_ANY_DATE, date_text, re.I)
    if not whole and not _LEADS_TO_DATE.search(cell[start : found.start("date")]):
        return False
    subject = found.groupdict().get("subject")
    if subject is None:
        # “1.2.12 Works” is a paragraph number, and “12 items 2012:” counts something.
        return bool(not whole or _LOOKS_DATED.fullmatch(date_text) or _month_in(date_text))
    return not (_FIRST_PERSON.search(subject) or _OTHER_VERB.search(subject) or _PASSIVE.search(subject))


def _month_in(date_text: str) -> bool:
    return any(_month(word)[0] for word in re.findall(r"[A-Za-z]{3,12}", date_text))


# --- Answers ----------------------------------------------------------------------------------

_RECOMMENDATION = r"(?:recommendations?|proposals?)"
_THE = r"(?:the|this|that|these|those|your|its|our|both|all|each|said)"
_THE_RECOMMENDATION = (
    rf"(?:{_THE}\s+(?:(?:[\w-]+['’]s?|specific|proposed|safety|above|draft|final|urgent|new|entire|whole|following|two|"
    r"three|four|five|six|commission|council|board|committee|panel|inquiry|review|report|lab|coroner)\s+){0,3}"
    rf"{_RECOMMENDATION}|recommendations?\s+[A-Z]{{0,2}}\d[\w/.-]*)\b(?!['’]s)"
)
_SHARE = (
    r"(?:thrust|intent|intention|spirit|principle|purpose|aim|gist|substance|essence|elements?|aspects?|parts?|"
    r"portions?|some|most|many|several|first|second|third|half)"
)
_BE = r"(?:is|are|was|were|be|been|being)"

_NOT_ITSELF = r"(?!\s+(?:is|was|has|have|are|were|would|could|may|might|as|that|to)\b)"
"""After “accept the recommendation”, words that make it “accept (that) the recommendation is …”."""
_DIRECTLY = r"(?:(?:fully|gladly|formally|hereby|therefore|also|now|both)\s+)?"
_ACCEPT = (
    rf"(?:\b(?:I|we|they|and|will|shall|would|to|we\s+do)\s+{_DIRECTLY}accept|"
    r"^\W*accept|\baccepts|\baccepted)"
)
"""Not the bare verb alone: in “we cannot, it must be said, accept this” the refusal stands far before it."""

_DECLINES = re.compile(
    rf"""
    \b(?:do|does|did|will|would|can|could|has|have|is|are|shall)(?:\s+not|n['’]t)\b[\w\s,'’]{{0,40}}?
        \b(?:accept|accepted|support|supported|endorse|adopt|adopted|implement|agree\s+(?:with|to))\b
        (?=\s+(?:{_THE_RECOMMENDATION}|it\b|$|[.,;])|[.,;]|$)
    |\b(?:cannot|can['’]t|won['’]t|unable\s+to|not\s+able\s+to|not\s+in\s+a\s+position\s+to|not\s+prepared\s+to|
        not\s+willing\s+to|unwilling\s+to|decided\s+not\s+to|declin\w+\s+to|refus\w+\s+to|not\s+intend\s+to|
        no\s+intention\s+(?:of|to)|not\s+propose\s+to)\s+
        (?:accept|accepting|support|endorse|adopt|adopting|implement|implementing|agree|proceed\s+with)\b
    |\b{_RECOMMENDATION}(?:\s+\S+){{0,3}}?\s+{_BE}\s+(?:therefore\s+|hereby\s+)?
        (?:rejected|declined|refused|not\s+(?:accepted|supported|agreed|adopted|endorsed))
    |\b(?:reject|rejects|rejected|decline|declines|declined|refuse|refuses|refused|disagrees?|disagreed)\s+
        (?:with\s+)?{_THE_RECOMMENDATION}
    |\bdisagrees?\s+with\s+{_THE_RECOMMENDATION}
    |^\W*(?:recommendation\s+|response:\s+)?(?:not\s+(?:accepted|agreed|supported)|rejected|declined|refused|disagreed?)\b
    """,
    re.I | re.X,
)
_PARTLY = re.compile(
    rf"""
    \b(?:accept|accepts|accepted|agree|agrees|agreed|support|supports|supported)\s*[,:;(–—-]*\s*
        (?:{_THE}\s+(?:[\w'’/-]+\s+){{0,4}}?)?(?:(?:with|to)\s+)?
        (?:in\s+part|partly|partially|in\s+principle|in\s+general\s+terms|only\s+in)\b
    |\b(?:partly|partially|part|provisionally|conditionally)[\s-]+(?:accept|accepts|accepted|agree|agrees|agreed|supported)\b
    |\bin\s+principle,?\s+(?:\w+\s+){{0,3}}?(?:accept|accepts|accepted|agree|agrees|agreed)\b
    |\b(?:accept|accepts|accepted)\s+(?:the|this|some|most|many|several)?\s*(?:\w+\s+)?{_SHARE}\b[\w\s,'’]{{0,40}}?
        \b(?:of|in)\b[\w\s'’]{{0,30}}?\b{_RECOMMENDATION}
    |\b{_SHARE}\s+(?:and\s+\w+\s+)?of\s+{_THE}\s+(?:\w+\s+)?{_RECOMMENDATION}\s+(?:is|are)\s+(?:accepted|agreed)
    |\baccept(?:s|ed)?\b[^.]{{0,80}}?\b(?:with\s+(?:some\s+|the\s+|certain\s+)?(?:modification|reservation|qualification|
        condition|amendment|exception|change|caveat)s?|except(?:\s+for)?|apart\s+from|other\s+than|but\s+not|
        to\s+the\s+extent)\b
    """,
    re.I | re.X,
)
_ACCEPTS = re.compile(
    rf"""
    ^\W*(?:response:?\s+|recommendation\s+)?(?:fully\s+|noted\s+and\s+)?
        (?:accept|accepted|agree|agreed|we\s+accept|we\s+agree)(?:\s+in\s+full)?\s*
        (?=[.,:;!)–—-]|$|\s+and\s+(?:being\s+)?(?:implemented|completed?|closed)\b)
        (?!\W*(?:no|not|nil|none|false|n/a|x|y/n)\b)
    |{_ACCEPT}\s+(?:in\s+full\s+)?{_THE_RECOMMENDATION}{_NOT_ITSELF}
    |{_ACCEPT}\s+it\s+in\s+full\b
    |\bagree(?:s|d)?\s+(?:with|to)\s+(?:implement\s+)?{_THE_RECOMMENDATION}{_NOT_ITSELF}
    |\b{_RECOMMENDATION}(?:\s+[\w/]+){{0,3}}?\s+(?:(?:has|have)\s+been|is|are|was|were)\s+(?:fully\s+|hereby\s+)?(?:accepted|agreed|adopted)\b
    |\b{_RECOMMENDATION}\s+(?:will|would|shall)\s+be\s+(?:fully\s+)?(?:implemented|adopted)\b
    |\b(?:will|shall)\s+(?:fully\s+)?(?:implement|adopt)\s+{_THE_RECOMMENDATION}
    """,
    re.I | re.X,
)
_DOUBT = re.compile(
    r"""
    \b(?:if|unless|until|till|pending|subject\s+to|provided\s+that|providing|conditional\w*|cannot|neither|nor|never|not|
    no\s+longer|none|nobody|unable|reluctant\w*|hesitat\w+|fail\w*|withdr\w+|revers\w+|previous(?:ly)?|earlier|
    originally|initially|wrong|false|incorrect|den(?:y|ies|ied)|doubt\w*|few|hardly|scarcely|barely|instead|rather|
    far\s+from|yet\s+to|but|only|although|though|however|except\w*|in\s+part|part(?:ly|ially)|
    (?:one|two|three|four|five|six|\d+)\s+(?:out\s+)?of\s+(?:the|these|its|your|our)|disput\w+|oppos\w+|regret\w*|unfortunately|depend\w*)\b
    |n['’]t\b|\?\W*$
    """,
    re.I | re.X,
)
"""Anywhere in a sentence these leave open whether it accepts."""
_DOUBT_NEAR = re.compile(
    r"""
    \b(?:before|whether|once|when|should|(?-i:may)|might|could|likely|perhaps|possibly|hop(?:es?|ing)|
    consider(?:s|ed|ing|ation)?|had|asked|asks|urged?|invited|recommends|recommended|
    (?<!decided\s)(?<!agreed\s)(?<!pleased\s)(?<!happy\s)(?<!glad\s)to\s+(?:fully\s+)?accept|others)\b
    """,
    re.I | re.X,
)
"""These do so before the words of acceptance and shortly after; far behind, they speak of work to come."""
_NEAR_CHARACTERS = 50
_QUOTED_IN_PART = re.compile(r"\b(repl\w+|respon\w+|answered|wrote),?\s+in\s+part\b", re.I)
_LIMITS = re.compile(
    r"\b(?:but\s+not|but|only|although|though|however|except\w*|in\s+part|part(?:ly|ially)|(?:one|two|three|four|five)\s+of\s+the)\b",
    re.I,
)
"""What makes an acceptance one in part, and so is no doubt about it."""
_REFUSAL_DOUBT = re.compile(
    r"""
    \b(?:if|unless|until|before|whether|should|(?-i:may)|might|could|considering|previous(?:ly)?|originally|initially|yet|
    in\s+part|part(?:ly|ially)|in\s+full|fully|entire(?:ly|ty)|all\s+of|wholly|only|merely|neither|nor|hesitat\w+|fail\w*|no\s+reason|
    not\s+(?:reject\w*|declin\w+|refus\w+|disagree\w*)|never\s+(?:reject\w*|declin\w+|refus\w+)|no\s+longer|withdr\w+)\b
    |n['’]t\s+(?:reject|declin|refus|disagree)|\?\W*$
    """,
    re.I | re.X,
)
_GOES_BACK = re.compile(
    r"""
    \b(?:(?:do|does)\s+not\s+(?:accept|agree|support)|will\s+not|won['’]t|cannot|can['’]t|unable\s+to|not\s+able\s+to|does\s+not\s+(?:intend|propose|plan)|
    do\s+not\s+(?:intend|propose|plan)|decided\s+(?:not\s+to|against)|not\s+(?:be\s+)?(?:proceed|implement|accept|adopt)\w*|
    no\s+(?:plans?|intentions?)\s+(?:to|of|for)|reject\w*|declin\w+|refus\w+|no\s+longer|reversed|withdrawn|
    no\s+(?:further\s+)?action\s+(?:will|is|shall))\b
    """,
    re.I | re.X,
)
_ABBREVIATED = "".join(
    rf"(?<!\b{word}\.)" for word in ("Mr", "Mrs", "Ms", "Dr", "Hon", "St", "Rev", "Prof", "No", "vs")
)
_SENTENCE_END = re.compile(rf"(?:(?<=[.!?])|(?<=[.!?][\"'”’)\]])){_ABBREVIATED}\s+(?=[\"'“‘(\[]*[A-Z])")
_VERDICT_LINE = re.compile(
    r"^\W*(?:\w+ly\s+|not\s+)?(?:accept|agree|reject|decline|refuse|support)(?:ed|d)?(?:\s+in\s+(?:part|full|principle))?\W*$",
    re.I,
)
_NUMBERED = re.compile(r"\brecommendations?\s+(?:numbers?\s+|nos?\.?\s+)?([A-Z]{0,2}\d[\w/.-]*)", re.I)
_DONE = re.compile(
    rf"""
    \b{_RECOMMENDATION}(?:\s+[\w/]+){{0,2}}?\s+(?:has|have)\s+(?:now\s+|already\s+|since\s+)?been\s+
        (?:fully\s+|now\s+)?(?:implemented|completed)\b
    |\b(?:has|have)\s+(?:now\s+|already\s+|since\s+)?(?:fully\s+)?(?:implemented|completed)\s+{_THE_RECOMMENDATION}
    |\bimplementation(?:\s+of\s+{_THE_RECOMMENDATION})?\s+(?:is|was|has\s+been)\s+(?:now\s+)?completed?\b
    |^\W*(?:accepted\s+and\s+)?(?:fully\s+|now\s+)?(?:implemented|completed?|done)\W*$
    """,
    re.I | re.X,
)
_NOT_QUITE_DONE = re.compile(
    r"\b(?:not|once|when|until|if|unless|part(?:s|ly|ially)?|some|most|expect\w*|will|would|being|nearly|almost|"
    r"yet|before|after|pending|ongoing|progress|scheduled|planned|aim\w*)\b|n['’]t\b|%|\?\W*$",
    re.I,
)


def _sentences(text: str) -> list[str]:
    """Sentences, with lines put together again that were broken anywhere: a “not” may end the line before."""
    joined: list[str] = []
    for line in (line.strip() for line in text.splitlines()):
        if (
            line
            and joined
            and not re.search(r"[.!?][\"'”’)\]]*$", joined[-1][-9:])
            and not _VERDICT_LINE.match(joined[-1])
        ):
            joined[-1] += f" {line}"
        elif line:
            joined.append(line)
    return [sentence for line in joined for sentence in _SENTENCE_END.split(line)]


def _about_another(sentence: str, reference: str) -> bool:
    """Whether the sentence names recommendations by number and this one is not among them."""
    own = _numbers(reference)
    if not own:
        return False
    named = {_numbers(found) for found in _NUMBERED.findall(sentence)}
    if len(own) > 1:
        alike = re.sub(r"\d", r"\\d", re.escape(reference))
        named |= {_numbers(found) for found in re.findall(rf"(?<!\d){alike}(?!\d)", sentence)}
    return bool(named) and own not in named


def _numbers(reference: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d{1,9}", reference))


def _answer(text: str, reference: str) -> tuple[Answer | None, bool]:
    """What the reply answers, and whether it both accepts and refuses, which answers nothing."""
    text = _QUOTED_IN_PART.sub(r"\1", text)
    found: set[Answer] = set()
    mixed = False
    if re.match(r"\W*(?:accept|agree)e?d?\W+(?:in\s+part|in\s+principle|part(?:ly|ially)?)\b", text, re.I):
        found.add("partly_accepted")
    for sentence in _sentences(text):
        about_another = _about_another(sentence, reference)
        if declines := _DECLINES.search(sentence):
            if about_another or _doubtful_refusal(sentence, declines):
                mixed = True
            else:
                found.add("declined")
            continue
        mixed = mixed or bool(_GOES_BACK.search(sentence))
        if not about_another and (agreed := _agreement(sentence)):
            found.add(agreed)
    if not found:
        return None, False
    if mixed or ("declined" in found and len(found) > 1):
        return None, True
    return next(answer for answer in ("declined", "partly_accepted", "accepted") if answer in found), False


def _doubtful_refusal(sentence: str, declines: re.Match[str]) -> bool:
    rest = sentence[: declines.start()] + sentence[declines.end() :]
    return bool(_REFUSAL_DOUBT.search(sentence) or re.search(r"\b(?:accept|agree)(?:s|d|ed)?\b", rest, re.I))


def _agreement(sentence: str) -> Answer | None:
    """What a sentence that does not refuse accepts: all, a part, or nothing that is beyond doubt."""
    if _PARTLY.search(sentence):
        return None if _doubtful(_LIMITS.sub("", sentence), len(sentence)) else "partly_accepted"
    accepts = _ACCEPTS.search(sentence)
    return "accepted" if accepts and not _doubtful(sentence, accepts.end()) else None


def _doubtful(sentence: str, end: int) -> bool:
    return bool(_DOUBT.search(sentence) or _DOUBT_NEAR.search(sentence[: end + _NEAR_CHARACTERS]))


def _claims_done(text: str) -> bool:
    return any(_DONE.search(s) and not _NOT_QUITE_DONE.search(s) for s in _sentences(text))


# --- The plan ---------------------------------------------------------------------------------

_NO_RECOMMENDATION = re.compile(
    r"\bno\s+(?:new\s+|further\s+)?(?:\w+\s+)?recommendations?\s+(?:have|has|were|was|is|are)\b", re.I
)
_GARBLED = re.compile(r"â€|Ã[\x80-\xbf©¨±¶¤¼Ÿ]|Â[\xa0£§°]|\ufffd")


@dataclass
class _Reader:
    """One walk over the register, gathering as it goes."""

    columns: Columns
    today: date
    titles: dict[str, str]
    warnings: list[RowProblem] = field(default_factory=list)

    def cell(self, row: dict[str, str], role: str) -> str:
        column = getattr(self.columns, role)
        return row[column].strip() if column else ""

    def warn(self, row: int, kind: ProblemKind, message: str, around: str = "") -> None:
        self.warnings.append(RowProblem(row, kind, f"Row {row}: {message}.", _around(around)))

    def day(self, number: int, row: dict[str, str], role: Literal["sent", "due"]) -> date | None:
        """The date in a cell of its own; a future one is kept only where it is a promise."""
        written = self.cell(row, role)
        if not written:
            return None
        column = getattr(self.columns, role)
        reading = _read_date(written, self.today)
        if reading.on is None:
            kind: ProblemKind = "sent_unread" if role == "sent" else "due_unread"
            self.warn(
                number,
                kind,
                f"the date in “{column}” cannot be read ({reading.why}) and is left empty",
                written,
            )
        elif role == "sent" and reading.on > self.today:
            self.warn(
                number,
                "date_in_future",
                f"the date in “{column}” is still to come and is left empty",
                written,
            )
            return None
        elif reading.doubt:
            self.warn(number, reading.doubt, f"in “{column}”, {reading.doubt_message}", written)
        return reading.on

    def replies(
        self, number: int, cell: str, reference: str, sent_on: date | None
    ) -> tuple[PlannedReply, ...]:
        replies = [self.reply(number, part, reference, sent_on) for part in _parts(cell)] if cell else []
        if all(reply.received_on for reply in replies):
            replies.sort(key=lambda reply: reply.received_on or date.min)
        return tuple(replies)

    def reply(self, number: int, part: _Part, reference: str, sent_on: date | None) -> PlannedReply:
        received_on = self.received(number, part)
        if received_on and sent_on and received_on < sent_on:
            self.warn(
                number,
                "reply_before_sent",
                f"the reply of {_spoken(received_on)} is older than what it answers, sent "
                f"{_spoken(sent_on)}; its date stays in its words alone",
                part.text,
            )
        answer, mixed = _answer(part.body, reference)
        if mixed:
            self.warn(
                number,
                "answer_mixed",
                "the reply has words of acceptance and of refusal; the answer is left open",
                part.text,
            )
        return PlannedReply(received_on, part.text, answer)

    def received(self, number: int, part: _Part) -> date | None:
        if part.date_text is None:
            mentioned = next(
                (m for m in _MENTIONED.finditer(part.text) if _read_date(m[0], self.today).on), None
            )
            note = f"; “{mentioned[0]}” in it seems to be the date of something else" if mentioned else ""
            around = part.text[max(0, mentioned.start() - 50) :] if mentioned else part.text
            self.warn(number, "reply_undated", f"the reply has no date{note}", around)
            return None
        reading = _read_date(part.date_text, self.today)
        if reading.on is None:
            self.warn(
                number,
                "reply_date_unread",
                f"the date of the reply cannot be read ({reading.why})",
                part.text,
            )
        elif reading.on > self.today:
            self.warn(
                number,
                "date_in_future",
                "the date of the reply is still to come, so the reply is kept undated",
                part.text,
            )
            return None
        elif reading.doubt:
            self.warn(number, reading.doubt, reading.doubt_message, part.text)
        return reading.on

    def with_status(
        self, number: int, replies: tuple[PlannedReply, ...], status: str
    ) -> tuple[PlannedReply, ...]:
        """The replies, and what the status says where no reply says it; a reply's own words go first."""
        said, _ = _answer(status, "")
        answers = {reply.answer for reply in replies if reply.answer}
        if said and answers and said not in answers:
            self.warn(
                number,
                "status_disagrees",
                f"“{self.columns.status}” and the reply disagree; the reply is kept",
                status,
            )
        elif said and not answers:
            return (*replies, PlannedReply(None, status, said))
        return replies

    def recommendation(self, number: int, row: dict[str, str]) -> PlannedRecommendation:
        text, key, reference = (
            self.cell(row, "text"),
            self.cell(row, "project_from"),
            self.cell(row, "reference"),
        )
        title, status = self.cell(row, "project_title"), self.cell(row, "status")
        if title and title != self.titles[key]:
            self.warn(
                number,
                "project_title_differs",
                f"an earlier row gives “{key}” another title, which is kept: “{self.titles[key]}”",
                title,
            )
        if no_recommendation := _NO_RECOMMENDATION.search(text):
            self.warn(
                number, "maybe_no_recommendation", "this may say that nothing was recommended",
                text[max(0, no_recommendation.start() - 40) :],
            )  # fmt: skip
        sent_on = self.day(number, row, "sent")
        due_on = self.day(number, row, "due")
        reply = self.cell(row, "reply")
        return PlannedRecommendation(
            row=number,
            project_key=key,
            project_title=self.titles[key],
            reference=reference,
            addressed_to=self.cell(row, "addressed_to"),
            title=_short(self.cell(row, "title") or text),
            text=text,
            sent_on=sent_on,
            replies=self.with_status(number, self.replies(number, reply, reference, sent_on), status),
            claims_implemented=_claims_done(reply) or _claims_done(status),
            due_on=due_on,
        )


def read_register(table: Table, columns: Columns, *, today: date) -> RegisterPlan:
    """What the register would bring in; nothing is recorded by it.

    Rows without a text or a project, and rows that say again what an earlier one says, are rejected.
    `today` tells dates still to come. Raises Invalid with `field` when a named column is not in the table.
    """
    for role in fields(columns):
        column = getattr(columns, role.name)
        if column is not None and column not in table.columns:
            raise Invalid(
                f"There is no column “{column}” in the file. Choose one of its columns.", field=role.name
            )
    reader = _Reader(columns, today, _project_titles(table, columns))
    planned: list[PlannedRecommendation] = []
    rejected: list[RowProblem] = []
    seen: dict[tuple[str, ...], int] = {}
    references: dict[tuple[str, str], int] = {}
    for index, row in enumerate(table.rows):
        number = table.number(index)
        problem = _reason_to_reject(reader, number, row, seen)
        if problem:
            rejected.append(problem)
            continue
        recommendation = reader.recommendation(number, row)
        planned.append(recommendation)
        if recommendation.reference:
            known = (recommendation.project_key, recommendation.reference)
            if known in references:
                reader.warn(
                    number,
                    "reference_repeated",
                    f"“{recommendation.reference}” is also the reference of row {references[known]}",
                    recommendation.text,
                )
            references.setdefault(known, number)
    _warn_of_garbled(reader, table)
    return RegisterPlan(tuple(planned), tuple(rejected), tuple(reader.warnings))


def _project_titles(table: Table, columns: Columns) -> dict[str, str]:
    """For each project the first title there is, else its key."""
    titles: dict[str, str] = {}
    for row in table.rows:
        key = row[columns.project_from].strip()
        title = row[columns.project_title].strip() if columns.project_title else ""
        if title and not titles.get(key):
            titles[key] = title
        titles.setdefault(key, "")
    return {key: title or key for key, title in titles.items()}


def _reason_to_reject(
    reader: _Reader, number: int, row: dict[str, str], seen: dict[tuple[str, ...], int]
) -> RowProblem | None:
    text, key = reader.cell(row, "text"), reader.cell(row, "project_from")
    if not text:
        where = f"Row {number}, column “{reader.columns.text}”"
        message = f"{where}: there is no recommendation. Fill it in, or delete the row."
        return RowProblem(number, "text_missing", message, _around(" ".join(row.values())))
    if not key:
        where = f"Row {number}, column “{reader.columns.project_from}”"
        message = f"{where}: it is empty, so the project is not known. Fill it in."
        return RowProblem(number, "project_missing", message, _around(text))
    identity = tuple(cell.strip() for cell in row.values())
    if identity in seen:
        message = f"Row {number}: it is the same as row {seen[identity]}, which is kept. Nothing to do."
        return RowProblem(number, "row_repeated", message, _around(text))
    seen[identity] = number
    return None


def _warn_of_garbled(reader: _Reader, table: Table) -> None:
    """One warning for the whole file: letters mangled before it came here are not ours to mend."""
    garbled: Counter[int] = Counter()
    first = ""
    for row_index, row in enumerate(table.rows):
        for cell in row.values():
            if found := _GARBLED.search(cell):
                garbled[table.number(row_index)] += 1
                first = first or cell[max(0, found.start() - 40) :]
    if garbled:
        number = min(garbled)
        message = (
            f"letters look garbled, here and in {len(garbled) - 1} further rows; "
            "if the original is right, save it anew as CSV UTF-8"
        )
        reader.warn(number, "text_garbled", message, first)


def _short(text: str) -> str:
    """The first sentence, or as many of its words as fit."""
    text = " ".join(text.split()).lstrip("\"'“‘-–—•* ") or text.strip()
    end = re.search(r"(?<=[.!?])\s+(?=[A-Z\"“(])", text)
    sentence = text[: end.start()] if end else text
    if len(sentence) <= TITLE_CHARACTERS:
        return sentence
    return _cut(sentence, TITLE_CHARACTERS)


def _around(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= AROUND_CHARACTERS else _cut(text, AROUND_CHARACTERS)


def _cut(text: str, length: int) -> str:
    whole_words = text[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:–—-")
    return f"{whole_words or text[: length - 1]}…"


def problems_by_kind(
    problems: tuple[RowProblem, ...],
) -> Iterator[tuple[ProblemKind, tuple[RowProblem, ...]]]:
    """The problems of each kind, most frequent kind first, so that a screen can fold what repeats."""
    counts = Counter(problem.kind for problem in problems)
    for kind, _ in counts.most_common():
        yield kind, tuple(problem for problem in problems if problem.kind == kind)


def told_together(alike: tuple[RowProblem, ...]) -> str:
    """One sentence for problems of one kind: the first in full, and the rows of the others."""
    others = list(dict.fromkeys(str(problem.row) for problem in alike[1:]))
    if not others:
        return alike[0].message
    shown = ", ".join(others[:ROWS_NAMED])
    more = f" and {len(others) - ROWS_NAMED:,} more" if len(others) > ROWS_NAMED else ""
    return f"{alike[0].message} Likewise row{'s' if len(others) > 1 else ''} {shown}{more}."
