"""Ballots from files: PrefLib, and spreadsheets of paper ballots. Pure: text or tables in, arrays out. Errors
name the line or row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from lab.foundation.errors import Invalid
from lab.foundation.folding import fold
from lab.voting.counting.common_ground import Certainty
from lab.voting.counting.sums import GRADES, NO_MARK, Marks, Weights
from lab.voting.methods.method import Count, Method
from lab.voting.methods.registry import method_named
from lab.voting.tally import validate
from lab.voting.words import said_aloud

MAXIMUM_CHARACTERS: Final = 20 * 1024 * 1024
MAXIMUM_OPTIONS: Final = 500
MAXIMUM_MARKS: Final = 50_000_000
"""Ballots times options."""
MAXIMUM_TIMES: Final = 1_000_000_000
"""Largest multiplicity of a line."""

ORDERS: Final = ("soc", "soi", "toc", "toi")
PREFLIB: Final = (*ORDERS, "cat")

TIMES_COLUMN: Final = "ballots"
GROUP_COLUMN: Final = "group"
MEANINGS: Final = {TIMES_COLUMN: "how often each row was cast", GROUP_COLUMN: "whose ballots these are"}
"""Columns of a sheet that are no options, unless somebody says that they are."""
NO_COLUMN: Final = "none"
"""Said instead of a heading: the sheet has no such column."""


class TextTable(Protocol):
    """A table of text, such as `lab.exchange.tables` reads: headings, rows by heading, and row numbers."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def rows(self) -> list[dict[str, str]]: ...
    def number(self, index: int) -> int: ...


@dataclass(frozen=True, eq=False)
class Ballots:
    """The arguments of `tally.count`, with names."""

    options: tuple[str, ...]
    marks: Marks
    weights: Weights
    groups: tuple[str | None, ...]
    """The stakeholder group of each ballot, None where it is not known."""
    grades: int = GRADES


# PrefLib: https://preflib.github.io/PrefLib-Jekyll/format


def read_preflib(text: str, kind: str, method: str) -> Ballots:
    """Ballots from a PrefLib file in the format of 2022 and later.

    Orders (`soc`, `soi`, `toc`, `toi`) are ranked ballots. The categories of a `cat` file are, best first as
    they are numbered: grades for majority_judgment; points down to 0 for score; yes for the first and no for
    the others for approval; places for ranked.

    Raises:
        Invalid: the file is not of that kind, or cannot be counted by that method; names the line.
    """
    if kind not in PREFLIB:
        raise Invalid(f"“.{kind}” is no kind of PrefLib file; there are {', '.join(PREFLIB)}.")
    if len(text) > MAXIMUM_CHARACTERS:
        raise Invalid(f"The file is too large; {MAXIMUM_CHARACTERS // 1024**2} MiB is the most.")
    header, lines = _preflib_parts(text)
    options, categories = _names(header, "ALTERNATIVE"), _names(header, "CATEGORY")
    _check_size(len(options), len(lines))
    mark_of = _mark_of(kind, method_named(method), len(categories))
    marks = np.full((len(lines), len(options)), NO_MARK, dtype=np.int8 if len(options) < 127 else np.int16)
    weights = np.empty(len(lines), dtype=np.int64)
    for place, (number, line) in enumerate(lines):
        weights[place], groups = _preference(number, line, len(options))
        _check_kind(number, kind, groups, len(options), len(categories))
        for rank, group in enumerate(groups):
            marks[place, [option - 1 for option in group]] = mark_of(rank)
    _check_numbers(header, {"ALTERNATIVES": len(options), "VOTERS": int(weights.sum())})
    return Ballots(options, marks, weights, (None,) * len(lines), len(categories) or GRADES)


def _check_numbers(header: list[_Entry], found: dict[str, int]) -> None:
    """Whether the file holds what its header announces."""
    wrong = [
        f"Line {number}: it announces {value[:20]} {what.lower()}, and the file holds {found[what]:,}."
        for number, key, value in header
        if (what := key.removeprefix("NUMBER ")) in found and key != what and value != str(found[what])
    ]
    if wrong:
        todo = "Part of it may be missing: download it again, or correct the number."
        raise Invalid(" ".join([*wrong, todo]))


_Entry = tuple[int, str, str]
"""Line number, name and value of a line of the header."""


def _preflib_parts(text: str) -> tuple[list[_Entry], list[tuple[int, str]]]:
    """The header, and the non-empty lines after it with their numbers."""
    header: list[_Entry] = []
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if line.startswith("#"):
            key, _, value = line[1:].partition(":")
            header.append((number, key.strip(), value.strip()))
        elif line and not header:
            raise Invalid(
                f"Line {number}: a PrefLib file begins with “# …” lines. A file in the format before 2022 "
                "can be downloaded from preflib.org again."
            )
        elif line:
            lines.append((number, line))
    return header, lines


def _names(header: list[_Entry], what: str) -> tuple[str, ...]:
    """The names of alternatives or categories, numbered from 1 without a gap."""
    names: dict[str, None] = {}
    for number, key, value in header:
        if not key.startswith(f"{what} NAME "):
            continue
        if key != f"{what} NAME {len(names) + 1}":
            raise Invalid(f"Line {number}: “# {what} NAME {len(names) + 1}: …” should come here.")
        if value in names:
            raise Invalid(f"Line {number}: the name “{value[:80]}” is there twice.")
        names[value] = None
    return tuple(names)


def _check_size(options: int, lines: int) -> None:
    if not options:
        raise Invalid("The file names no alternatives. Its first lines must say “# ALTERNATIVE NAME 1: …”.")
    if options > MAXIMUM_OPTIONS:
        raise Invalid(f"The file has {options} alternatives; {MAXIMUM_OPTIONS} is the most.")
    if lines * options > MAXIMUM_MARKS:
        most = MAXIMUM_MARKS // options
        raise Invalid(f"The file has {lines:,} lines; with {options} alternatives, {most:,} is the most.")


_TIMES: Final = re.compile("[0-9]{1,9}")
_PLACE: Final = re.compile(r"\{([0-9,]*)\}|([0-9]{1,9})")


def _preference(number: int, line: str, options: int) -> tuple[int, list[list[int]]]:
    """How often, and the alternatives from first to last; those in braces together."""
    times, colon, order = "".join(line.split()).partition(":")
    if not (colon and _TIMES.fullmatch(times)):
        raise Invalid(f"Line {number}: it must begin with how many voted so and a colon, as in “12: 3,1,2”.")
    found = list(_PLACE.finditer(order))
    if ",".join(each[0] for each in found) != order:
        raise Invalid(f"Line {number}: “{order[:60]}” is no list of numbers such as “3,{{1,2}}”.")
    groups = [[option for option in (each[1] or each[2] or "").split(",") if option] for each in found]
    named = Counter(option.lstrip("0") for group in groups for option in group)
    for option, often in named.items():
        if len(option) > 9 or not 1 <= int(option or 0) <= options:
            raise Invalid(f"Line {number}: there is no alternative {option[:20] or 0}, only 1 to {options}.")
        if often > 1:
            raise Invalid(f"Line {number}: alternative {option} is named twice.")
    return int(times), [[int(option) for option in group] for group in groups]


def _check_kind(number: int, kind: str, groups: list[list[int]], options: int, categories: int) -> None:
    """Whether the line is what this kind of file may hold."""
    if kind == "cat" and len(groups) != categories:
        raise Invalid(f"Line {number}: there are {categories} categories, and {len(groups)} are filled in.")
    if kind in ("soc", "soi") and any(len(group) != 1 for group in groups):
        raise Invalid(f"Line {number}: a .{kind} file has no ties. Files with ties end in .to{kind[-1]}.")
    if kind in ("soc", "toc") and (named := sum(map(len, groups))) != options:
        raise Invalid(
            f"Line {number}: {named} of {options} alternatives are ranked, and a .{kind} file ranks all. "
            f"Files that need not end in .{kind[:2]}i."
        )


def _mark_of(kind: str, method: Method, categories: int) -> Callable[[int], int]:
    """The marks for the first, second, … rank or category."""
    if method.takes_orders:
        return lambda rank: rank + 1
    if kind != "cat":
        raise Invalid(f"A .{kind} file holds rankings. Count it as ranked.")
    return method.category_mark(categories)


# Paper ballots typed in.


def special_columns(table: TextTable, said: Mapping[str, str | None]) -> dict[str, str]:
    """The headings of the columns that are no options, by what they mean: `TIMES_COLUMN`, `GROUP_COLUMN`.

    `said` has the heading somebody named for each, `NO_COLUMN`, or None: then it is the column headed so.

    Raises:
        Invalid: there is no column of the heading named.
    """
    found = {}
    for meaning in MEANINGS:
        wanted = said.get(meaning)
        if wanted is not None and fold(wanted) == NO_COLUMN:
            continue
        heading = next((name for name in table.columns if fold(name) == fold(wanted or meaning)), None)
        if heading is not None:
            found[meaning] = heading
        elif wanted is not None:
            raise Invalid(f"There is no column “{wanted[:80]}”, only {', '.join(table.columns)[:400]}.")
    if len(set(found.values())) < len(found):
        raise Invalid("One column cannot say both how often a row was cast and whose ballots these are.")
    return found


def read_sheet(
    table: TextTable,
    method: str,
    *,
    budget: int | None = None,
    grades: int = GRADES,
    columns: Mapping[str, str | None] | None = None,
) -> Ballots:
    """Ballots from a sheet: a column for each option, headed by its name, and a row for each ballot.

    An empty cell is no mark, and a row of empty cells an abstention. In approval an x, a tick or TRUE is a
    yes. A column “ballots” says how often a row was cast (once where it is empty), a column “group” whose
    ballots they are; `columns` names others, see `special_columns`. Without a `budget`, any number of dots is
    taken.

    Raises:
        Invalid: a ballot would be refused at the door too; names the row. Or nobody said whether the column
            “group” is an option, and it may be one, because it holds nothing but marks.
    """
    special = special_columns(table, columns or {})
    if not (columns or {}).get(GROUP_COLUMN):
        _guard_groups(table, special.get(GROUP_COLUMN), method_named(method))
    options = tuple(name for name in table.columns if name not in special.values())
    if not options:
        raise Invalid("The first row must name the options, one for each column.")
    times, groups, rows = [], [], []
    for index, row in enumerate(table.rows):
        try:
            times.append(
                integer_in(row.get(special.get(TIMES_COLUMN, ""), "") or "1", TIMES_COLUMN, 0, MAXIMUM_TIMES)
            )
            ballot = {option: _cell(row[option], option, method_named(method)) for option in options}
            given = sum(mark for mark in ballot.values() if mark is not None and mark > 0)
            rows.append(
                validate(method, ballot, options, budget=given if budget is None else budget, grades=grades)
            )
        except Invalid as refusal:
            raise Invalid(f"Row {table.number(index)}: {refusal.message}", field=refusal.field) from refusal
        groups.append(row.get(special.get(GROUP_COLUMN, ""), "").strip() or None)
    marks = np.array(rows, dtype=np.int64).reshape(-1, len(options))
    small = marks.max(initial=0) <= np.iinfo(np.int8).max
    return Ballots(
        options,
        marks.astype(np.int8 if small else np.int64),
        np.array(times, np.int64),
        tuple(groups),
        grades,
    )


def _guard_groups(table: TextTable, heading: str | None, method: Method) -> None:
    """Nobody named this column: it must hold names of groups, not marks."""
    if heading is None or not table.rows:
        return
    if all(not row[heading].strip() or _is_a_mark(row[heading], method) for row in table.rows):
        raise Invalid(
            f"The column “{heading}” holds nothing but marks, so it may be an option. If it is one, say "
            f"--group-column {NO_COLUMN}; if it says whose ballots these are, say --group-column {heading}.",
            field=heading,
        )


def _is_a_mark(text: str, method: Method) -> bool:
    try:
        return _cell(text, "", method) is not None
    except Invalid:
        return False


def _cell(text: str, option: str, method: Method) -> int | None:
    text = text.strip()
    if not text:
        return None
    mark = method.mark_of_cell(text)
    return mark if mark is not None else integer_in(text, option, NO_MARK, MAXIMUM_TIMES)


def integer_in(text: str, column: str, low: int, high: int) -> int:
    """The whole number in a cell. Raises Invalid when there is none, or it lies outside `low` to `high`."""
    text = text.strip()
    if not re.fullmatch(r"-?\d{1,18}", text) or not low <= int(text) <= high:
        raise Invalid(
            f"“{text[:40]}” under “{column[:80]}” is not a whole number from {low} to {high:,}.", field=column
        )
    return int(text)


# A count for scripts.

BLANKS_SAID: Final = {
    "least": "An option without a mark counts as the least a ballot can say of it.",
    "no_opinion": "An option without a mark is no opinion: each average is over the ballots that mark it.",
}


def plain_count(
    count: Count, options: Sequence[str], way: str | None = None, certainty: Certainty | None = None
) -> dict[str, Any]:
    """The count in plain values, options by name; in another of the method's `readings` if asked, without a
    sentence then: that is about the method's own result."""
    method = method_named(count.method, count.blank_means)
    ranking = count.ranking if way is None else method.ranking_by(way, count)

    def names(numbers: Iterable[int]) -> list[str]:
        return [options[number] for number in numbers]

    return {
        "method": way or count.method,
        "ballots": count.ballots,
        "abstentions": count.abstentions,
        "blanks": BLANKS_SAID[count.blank_means],
        "options": list(options),
        "sentence": said_aloud(count, options, certainty=certainty)
        if way is None or not count.winners
        else "",
        "winners": names(ranking[0]) if count.winners else [],
        "ranking": [names(level) for level in ranking],
        "support": dict(zip(options, count.support, strict=True)),
        "marked": dict(zip(options, count.marked, strict=True)),
        "averages": dict(zip(options, count.means, strict=True)) if count.means else {},
        "beside": {way: names(first if count.winners else ()) for way, first in count.beside.items()},
        "disagreements": list(count.disagreements),
        "pairwise": {
            a: {b: preferred for b, preferred in zip(options, row, strict=True) if b != a}
            for a, row in zip(options, count.pairwise, strict=True)
        },
        "rounds": [
            {
                "counts": {
                    option: votes
                    for option, votes in zip(options, each.counts, strict=True)
                    if votes is not None
                },
                "exhausted": each.exhausted,
                "eliminated": names(each.eliminated),
                "tied": names(each.tied),
            }
            for each in count.rounds
        ],
    }
