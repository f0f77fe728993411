"""CSV tables: read uploads within limits, write files that are safe to open in spreadsheets.

Rows are numbered as a spreadsheet numbers them: the headings are row 1, and a row that is empty still counts.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lab.foundation.errors import Invalid

MAXIMUM_BYTES = 20 * 1024 * 1024
MAXIMUM_ROWS = 100_000
MAXIMUM_COLUMNS = 200
MAXIMUM_CELL_CHARACTERS = 20_000
MAXIMUM_CELLS = 4_000_000
"""Rows times columns. A cell in memory costs many times its bytes, so a limit on bytes is not enough."""

DELIMITERS = (",", ";", "\t")
SAMPLE_ROWS = 50

_NOT_TEXT = (
    (b"PK\x03\x04", "This is a spreadsheet or a zip file, not CSV."),
    (b"\xd0\xcf\x11\xe0", "This is an old spreadsheet or office file, not CSV."),
    (b"%PDF", "This is a PDF, not CSV."),
    (b"\x1f\x8b", "This is a compressed file, not CSV."),
)
_SAVE_AS = "Open it in your spreadsheet program and save it as “CSV UTF-8”, then upload that file."
_NEEDS_QUOTES = re.compile(r'[",;\t\r\n]|^\s|\s$|^$')


@dataclass(frozen=True)
class Table:
    """A table of text: every row has every column; an empty cell is an empty string."""

    columns: tuple[str, ...]
    rows: list[dict[str, str]]
    numbers: tuple[int, ...] = ()
    """The number of each row in the file it came from; empty when rows simply follow the headings."""

    def number(self, index: int) -> int:
        """The number a spreadsheet shows beside `rows[index]`."""
        return self.numbers[index] if self.numbers else index + 2


def guard(text: str) -> str:
    """`text` such that a spreadsheet shows it instead of running it as a formula; `unguard` gives it back.

    An apostrophe is put in front of what begins, after spaces, with = + - @ or their full-width forms, or
    with a tab or line break; and in front of what would otherwise read as already guarded. Other text stays.
    """
    return f"'{text}" if _would_run(text.lstrip("'")) else text


def unguard(text: str) -> str:
    """The text that `guard` was given."""
    return text[1:] if text.startswith("'") and _would_run(text.lstrip("'")) else text


def _would_run(text: str) -> bool:
    if text.lstrip(" ").startswith(("\t", "\r", "\n")):
        return True
    return text.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


def read_table(content: bytes, *, keeps_blank_rows: bool = False) -> Table:
    """The table in an uploaded CSV file: cells unguarded, headings trimmed, rows without any text left out.

    UTF-8 with or without byte order mark, UTF-16 with one, else Windows-1252; comma, semicolon or tab
    is found from the first rows. Short rows are filled up with empty cells. Raises Invalid, which says
    where and what to do. With `keeps_blank_rows`, rows of empty cells stay; lines without any cell do not.
    """
    text = _decoded(content)
    delimiter, text = _delimiter(text)
    records = _records(text, delimiter)
    headings = next(
        ((number, cells) for number, cells in records if any(cell.strip() for cell in cells)), None
    )
    if headings is None:
        raise Invalid(
            "The file is empty. The first row must hold the headings, and each further row one record."
        )
    columns = _columns(*headings)
    rows: list[dict[str, str]] = []
    numbers: list[int] = []
    for number, cells in records:
        if not any(cell.strip() for cell in cells) and not (
            keeps_blank_rows and len(cells) >= min(len(columns), 2)
        ):
            continue
        cells = [unguard(cell) for cell in cells]
        _check_row(number, cells, columns)
        if len(rows) == MAXIMUM_ROWS:
            raise Invalid(
                f"Row {number}: a file may hold {MAXIMUM_ROWS:,} rows at most. Split it and upload the parts."
            )
        if (len(rows) + 1) * len(columns) > MAXIMUM_CELLS:
            raise Invalid(
                f"Row {number}: a file with {len(columns)} columns may hold {len(rows):,} rows at most. "
                "Delete the columns that are not needed, or split the file."
            )
        cells += [""] * (len(columns) - len(cells))
        rows.append(dict(zip(columns, cells, strict=False)))
        numbers.append(number)
    return Table(columns, rows, tuple(numbers))


def read_table_file(path: Path, *, keeps_blank_rows: bool = False) -> Table:
    """The table in a file on disk; a file that is too large is not opened."""
    _check_size(path.stat().st_size)
    return read_table(path.read_bytes(), keeps_blank_rows=keeps_blank_rows)


def write_table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """The rows as CSV: UTF-8, commas, line feeds, all text guarded; the same rows give the same bytes.

    None becomes an empty cell, yes/no a word, dates ISO. Raises ValueError for empty or repeated columns.
    """
    if len(set(columns)) != len(columns) or not all(columns):
        raise ValueError("columns must be named, each once")
    lines = [",".join(_written(column) for column in columns)]
    lines += [",".join(_written(row.get(column)) for column in columns) for row in rows]
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def _written(value: object) -> str:
    if value is None:
        return '""'
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, int | float):
        # A number is not a formula, and “'-1” would not be read as a number.
        return str(value)
    text = guard(value.isoformat() if isinstance(value, date) else str(value))
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text


def _check_size(size: int) -> None:
    if size > MAXIMUM_BYTES:
        raise Invalid(
            f"The file has {size / 1024**2:.1f} MiB; {MAXIMUM_BYTES // 1024**2} MiB is the most. "
            "Split it and upload the parts."
        )


def _decoded(content: bytes) -> str:
    _check_size(len(content))
    for beginning, message in _NOT_TEXT:
        if content.startswith(beginning):
            raise Invalid(f"{message} {_SAVE_AS}")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(content, "utf-16")
    if content.startswith(b"\xef\xbb\xbf"):
        return _strictly(content, "utf-8-sig")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _strictly(content, "cp1252")


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise Invalid(f"Line {line}: there are bytes that are not text. {_SAVE_AS}") from error


def _delimiter(text: str) -> tuple[str, str]:
    """The delimiter, and the text without the “sep=;” line that some spreadsheets put first."""
    declared = re.match(r"sep=([,;\t])\r?\n?", text)
    if declared:
        return declared.group(1), text[declared.end() :]
    return max(DELIMITERS, key=lambda delimiter: _evenness(text, delimiter)), text


def _evenness(text: str, delimiter: str) -> tuple[float, bool, int]:
    """Sort key for guessing the delimiter."""
    widths: list[int] = []
    is_whole = True
    try:
        for _, cells in _records(text, delimiter):
            is_whole = is_whole and not any(cell.count('"') % 2 for cell in cells)
            if any(cell.strip() for cell in cells):
                widths.append(len(cells))
            if len(widths) == SAMPLE_ROWS:
                break
    except Invalid:
        # A stray quote or a very long cell is reported when the whole file is read.
        pass
    if not widths or widths[0] < 2:
        return (0.0, False, 0)
    return (sum(width == widths[0] for width in widths) / len(widths), is_whole, widths[0])


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with its row number; a quoted cell may run over several lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error):
                raise Invalid(_too_long(f"Row {number}")) from error
            raise Invalid(
                f"Row {number}: a double quote is missing or stands alone. A cell with quotes in it must "
                "begin and end with a double quote, and each quote inside must be doubled."
            ) from error
        yield number, cells


def _columns(number: int, cells: list[str]) -> tuple[str, ...]:
    columns = [unguard(cell.strip()) for cell in cells]
    if len(columns) > MAXIMUM_COLUMNS:
        raise Invalid(
            f"Row {number}: there are {len(columns)} columns; {MAXIMUM_COLUMNS} is the most. "
            "Delete those that are not needed."
        )
    for position, column in enumerate(columns, start=1):
        where = f"Row {number}, column {position}"
        if "\0" in column:
            raise Invalid(f"{where}: the heading cannot be read as text. {_SAVE_AS}")
        if not column:
            raise Invalid(f"{where}: there is no heading. Give the column one, or delete the column.")
        if len(column) > MAXIMUM_CELL_CHARACTERS:
            raise Invalid(_too_long(where))
        if column in columns[: position - 1]:
            raise Invalid(
                f"{where}: the heading “{column[:80]}” is there twice. "
                "Rename or delete one of the two columns."
            )
    return tuple(columns)


def _check_row(number: int, cells: list[str], columns: tuple[str, ...]) -> None:
    if any(cell.strip() for cell in cells[len(columns) :]):
        raise Invalid(
            f"Row {number}, column {len(columns) + 1}: there are {len(cells)} cells under "
            f"{len(columns)} headings. Put cells that hold a comma or a semicolon in double "
            "quotes, or add the missing heading."
        )
    for column, cell in zip(columns, cells, strict=False):
        if "\0" in cell:
            raise Invalid(
                f"Row {number}, column “{column[:80]}”: the cell holds characters that are not text. "
                f"{_SAVE_AS}"
            )
        if len(cell) > MAXIMUM_CELL_CHARACTERS:
            raise Invalid(_too_long(f"Row {number}, column “{column[:80]}”"))


def _too_long(where: str) -> str:
    return (
        f"{where}: the cell is longer than {MAXIMUM_CELL_CHARACTERS:,} characters. Shorten it; if it is not "
        "meant to be that long, look for a double quote that is never closed."
    )
