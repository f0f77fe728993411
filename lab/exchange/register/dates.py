"""Reads dates as people write them, or says why one can't be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from lab.exchange.register.values import ProblemKind
from lab.foundation.folding import fold

EARLIEST_YEAR = 1900
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_WEEKDAY = r"(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\.?,?\s+)?"
DAY = r"\d{1,2}(?:\s?(?:st|nd|rd|th))?"
_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?\s?(?:Z|[+-]\d{2}:?\d{2}|[ap]\.?m\.?)?)?"
ISO = re.compile(rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_TIME}", re.I)
NUMERIC = re.compile(
    rf"(?P<a>\d{{1,2}})\s?[-/.]\s?(?P<b>\d{{1,2}})\s?[-/.]\s?(?P<y>\d{{4}}|\d{{2}}){_TIME}", re.I
)
DAY_MONTH = re.compile(
    rf"{_WEEKDAY}(?P<d>{DAY})(?:\s+day)?(?:\s+of)?[\s-]*(?P<m>[A-Za-z]{{3,12}})\.?,?[\s-]+(?P<y>\d{{4}}|\d{{2}})",
    re.I,
)
MONTH_DAY = re.compile(rf"{_WEEKDAY}(?P<m>[A-Za-z]{{3,12}})\.?\s+(?P<d>{DAY}),?\s+(?P<y>\d{{4}})", re.I)
ANY_DATE = "|".join(
    # In prose a year has four digits: “on 3 June 10 operators” is no date, but “3-Jun-10” is.
    [re.sub(r"\?P<\w+>", "?:", pattern.pattern) for pattern in (ISO, NUMERIC, MONTH_DAY)]
    + [
        re.sub(r"\?P<\w+>", "?:", DAY_MONTH.pattern).replace(r"\d{4}|\d{2}", r"\d{4}"),
        r"\d{1,2}-[A-Za-z]{3,9}-\d{2}",
    ]
)


@dataclass(frozen=True)
class DateReading:
    """A date read from text; `why` says why there is none, `doubt` what else it might mean."""

    on: date | None = None
    why: str = ""
    doubt: ProblemKind | None = None
    doubt_message: str = ""


def read_date(text: str, today: date) -> DateReading:
    """Read a date, day before month unless impossible; two-digit years are not in the future."""
    text = " ".join(text.split())
    if found := ISO.fullmatch(text):
        return _dated(int(found["y"]), int(found["m"]), int(found["d"]))
    if found := NUMERIC.fullmatch(text):
        year, first, second = _year(found["y"], today), int(found["a"]), int(found["b"])
        day, month = (second, first) if second > 12 >= first else (first, second)
        reading = _dated(year, month, day)
        if reading.on and first <= 12 and second <= 12 and first != second:
            return DateReading(
                reading.on,
                doubt="date_ambiguous",
                doubt_message=f"“{text}” was read day first, as {spelt(reading.on)}; it may be month first",
            )
        return reading
    if found := DAY_MONTH.fullmatch(text) or MONTH_DAY.fullmatch(text):
        numbered, distance = month_of(found["m"])
        if not numbered:
            return DateReading(why=f"“{found['m']}” is not a month")
        day = int(re.match(r"\d+", found["d"])[0])  # type: ignore[index]
        reading = _dated(_year(found["y"], today), numbered, day)
        if reading.on and distance > 1:
            return DateReading(
                reading.on,
                doubt="date_misspelt",
                doubt_message=f"“{text}” was read as {spelt(reading.on)}",
            )
        return reading
    return DateReading(why="day, month and year are not all there in a form we know")


def _dated(year: int, month: int, day: int) -> DateReading:
    if year < EARLIEST_YEAR:
        return DateReading(why=f"the year {year} is before {EARLIEST_YEAR}")
    try:
        return DateReading(date(year, month, day))
    except ValueError:
        return DateReading(why="there is no such day")


def _year(digits: str, today: date) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return 2000 + year if 2000 + year <= today.year else 1900 + year


def month_of(word: str) -> tuple[int, int]:
    """The month's number and its edit distance; (0, 0) if no single one is nearest."""
    word = fold(word)
    for number, month in enumerate(_MONTHS, start=1):
        if word in (month, month[:3]) or (word == "sept" and month == "september"):
            return number, 0
    near = sorted((_slips(word, month), number) for number, month in enumerate(_MONTHS, start=1))
    distance, number = near[0]
    if distance > (1 if len(_MONTHS[number - 1]) <= 5 else 2) or near[1][0] == distance:
        return 0, 0
    return number, distance


def _slips(left: str, right: str) -> int:
    """Edit distance with transpositions (optimal string alignment)."""
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


def spelt(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1].capitalize()} {day.year}"
