"""Ideas from a list: what was pasted, or a column of a CSV file, as notes. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Final

from lab.foundation.errors import Invalid
from lab.foundation.folding import fold
from lab.workshops.board.rules import LONGEST_NOTE

MOST_IN_LIST: Final = 500
"""Ideas of one list."""
LONGEST_LIST: Final = 400_000
"""Characters of a list or a CSV file."""
DELIMITERS: Final = ",;\t"


@dataclass(frozen=True, slots=True)
class ListRead:
    """What a list would put up."""

    ideas: tuple[str, ...]
    repeated: tuple[str, ...]
    """Lines that say what an earlier one says, or a note of the block: they are left out."""
    too_long: tuple[str, ...]
    """Lines that are longer than a note may be."""


def read_list(lines: Iterable[str], known: Iterable[str] = ()) -> ListRead:
    """Read one idea a line; bullets and numbers before it stay. Empty lines count for nothing.

    Raises:
        Invalid: there are more than `MOST_IN_LIST`.
    """
    seen = {fold(each) for each in known}
    ideas: list[str] = []
    repeated: list[str] = []
    too_long: list[str] = []
    for line in (" ".join(each.split()) for each in lines):
        if not line:
            continue
        if len(line) > LONGEST_NOTE:
            too_long.append(line)
        elif fold(line) in seen:
            repeated.append(line)
        else:
            seen.add(fold(line))
            ideas.append(line)
    if len(ideas) > MOST_IN_LIST:
        raise Invalid(f"A list has at most {MOST_IN_LIST} ideas, this one {len(ideas):,}. Take it in parts.")
    return ListRead(tuple(ideas), tuple(repeated), tuple(too_long))


def columns_of(content: bytes) -> dict[str, list[str]]:
    """The columns of a CSV file by heading, the fullest first.

    Raises:
        Invalid: it is too long, not text, or has no rows.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("This file is not text in UTF-8. Save it as “CSV UTF-8” and try again.") from error
    if len(text) > LONGEST_LIST:
        raise Invalid(f"This file is longer than {LONGEST_LIST:,} characters. Take it in parts.")
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    try:
        rows = [row for row in csv.reader(StringIO(text), delimiter=delimiter) if any(map(str.strip, row))]
    except csv.Error as error:
        raise Invalid("This file could not be read as CSV. Paste its ideas instead.") from error
    if len(rows) < 2:
        raise Invalid("This file has no rows below its headings.")
    columns = {
        heading.strip() or f"Column {place + 1}": [row[place] for row in rows[1:] if place < len(row)]
        for place, heading in enumerate(rows[0])
    }
    return dict(sorted(columns.items(), key=lambda each: -_filled(each[1])))


def _filled(cells: Sequence[str]) -> int:
    """Characters in all, by which a column of ideas stands out."""
    return sum(len(cell.strip()) for cell in cells)
