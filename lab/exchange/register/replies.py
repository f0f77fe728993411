"""Splits several dated replies in one cell."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lab.exchange.register.dates import ANY_DATE, DAY, month_of

_MONTH_NAME = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sep|Oct|Nov|Dec)[a-z]{0,7}\.?"
_NOT_QUITE_DATE = rf"{DAY}\s+(?:of\s+)?{_MONTH_NAME}|{_MONTH_NAME}(?:\s+{DAY}|,?\s+\d{{4}})|\[?date\]?\b|\?+"
_DATE = rf"(?P<date>{ANY_DATE}|{_NOT_QUITE_DATE})(?![\w/])"
_REPLY_VERB = r"replied|replies|responded|responds|answered|wrote|writes"
_TELLING_VERB = (
    "advised|advises|confirmed|confirms|stated|states|said|informed|reported|accepted|accepts|declined|declines|"
    "rejected|rejects|refused|agreed|disagreed|noted|commented|indicated|acknowledged|notified|told|explained|announced"
)
_REPLY_CAME = r"(?:reply|response|answer|letter|e-?mail)\s+(?:was\s+received|came|arrived)"
_SUBJECT = r"(?:[^.!?;\n]|\n(?!\s*\n)|\b(?:Dr|Mr|Mrs|Ms|St|Hon|Prof|Ltd|Inc|Co|No)\.){0,160}?"
_MAY_HOLD_DATE = re.compile(r"\d|\bdate\b|\?", re.I)
HEAD_CHARACTERS = 300
"""Most characters before the date of a reply."""
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
    re.compile(rf"{_OPENING}(?P<date>{ANY_DATE})[)\]]?\s*(?::|[–—]|\s-\s)", re.I),
)
_HEAD_OF_LINE = (
    *_head(_TELLING_VERB),
    re.compile(rf"{_OPENING}(?P<date>{ANY_DATE})[)\]]?(?:\s*(?:\n|$)|\s+(?=(?-i:[A-Z“\"])))", re.I),
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
MENTIONED = re.compile(rf"(?<![\w/])(?:{ANY_DATE})(?![\w/])", re.I)


@dataclass(frozen=True)
class ReplyPart:
    """A reply cut from a cell."""

    text: str
    date_text: str | None
    body: str
    """The text without a leading “3 March 2004:”."""


def parts(cell: str) -> list[ReplyPart]:
    """Split a cell where a dated reply begins; only the space between the parts is lost. A date starts a
    reply only if the words around it say so, because many replies mention other dates. A sentence in the
    first person belongs to the reply before it.
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
        ReplyPart(cell[start:end].strip(), date_text, cell[body:end].strip())
        for (start, date_text, body), end in zip(heads, ends, strict=True)
    ]


def _is_head(cell: str, start: int, found: re.Match[str]) -> bool:
    date_text = found["date"]
    whole = re.fullmatch(ANY_DATE, date_text, re.I)
    if not whole and not _LEADS_TO_DATE.search(cell[start : found.start("date")]):
        return False
    subject = found.groupdict().get("subject")
    if subject is None:
        # “1.2.12 Works” is a paragraph number, and “12 items 2012:” counts something.
        return bool(not whole or _LOOKS_DATED.fullmatch(date_text) or _month_in(date_text))
    return not (_FIRST_PERSON.search(subject) or _OTHER_VERB.search(subject) or _PASSIVE.search(subject))


def _month_in(date_text: str) -> bool:
    return any(month_of(word)[0] for word in re.findall(r"[A-Za-z]{3,12}", date_text))
