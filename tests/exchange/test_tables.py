"""CSV from any spreadsheet is read within limits; what we write opens without harm and comes back whole."""

from __future__ import annotations

import codecs
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.exchange import tables
from lab.exchange.tables import Table, guard, read_table, unguard, write_table
from lab.foundation.errors import Invalid

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
DANGEROUS = st.text("'=+-@\t\r\n ＝a,;\"", max_size=6)
HEADING = (TEXT | DANGEROUS).map(str.strip).filter(bool)


@given(TEXT | DANGEROUS)
def test_guarding_can_be_undone(text: str) -> None:
    assert unguard(guard(text)) == text


@given(DANGEROUS, DANGEROUS)
def test_no_two_texts_are_guarded_alike(one: str, other: str) -> None:
    assert (guard(one) == guard(other)) == (one == other)


@given(TEXT | DANGEROUS)
def test_nothing_guarded_begins_as_a_formula(text: str) -> None:
    assert (
        not guard(text).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    )


def test_guarding_leaves_ordinary_text_alone() -> None:
    assert [guard(text) for text in ("", "'twas", "a=b", "=1", "'=1", " -1", "''")] == [
        "", "'twas", "a=b", "'=1", "''=1", "' -1", "''",
    ]  # fmt: skip


@given(st.data())
def test_what_is_written_is_read_again(data: st.DataObject) -> None:
    columns = tuple(data.draw(st.lists(HEADING, min_size=1, max_size=4, unique=True)))
    row = st.fixed_dictionaries({column: TEXT | DANGEROUS for column in columns})
    rows = data.draw(
        st.lists(row.filter(lambda cells: any(cell.strip() for cell in cells.values())), max_size=4)
    )
    table = read_table(write_table(columns, rows))
    assert (table.columns, table.rows) == (columns, rows)


def test_a_quoted_heading_full_of_semicolons_is_one_heading() -> None:
    assert read_table(write_table(("0", ";;0"), [])).columns == ("0", ";;0")


def test_writes_the_same_bytes_for_the_same_rows() -> None:
    rows = [{"when": date(2004, 3, 3), "what": 'a "b", c', "done": True, "more": None, "sum": -1}]
    assert write_table(("when", "what", "done", "more", "sum"), rows) == (
        b'when,what,done,more,sum\n2004-03-03,"a ""b"", c",yes,"",-1\n'
    )


def test_columns_are_named_each_once() -> None:
    with pytest.raises(ValueError, match="each once"):
        write_table(("a", "a"), [])


EXPECTED = Table(("näme", "text"), [{"näme": "Zoë", "text": "one\ntwo, three"}], (2,))


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("beginning", "encoding"),
    [
        (b"", "utf-8"),
        (b"", "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "cp1252"),
    ],
)
def test_reads_what_spreadsheets_write(beginning: bytes, encoding: str, delimiter: str, ending: str) -> None:
    text = f'näme{delimiter}text{ending}Zoë{delimiter}"one\ntwo, three"{ending}'
    assert read_table(beginning + text.encode(encoding)) == EXPECTED


def test_a_declared_delimiter_is_taken() -> None:
    assert read_table(b"sep=;\r\na,b;c\r\n1;2\r\n") == Table(("a,b", "c"), [{"a,b": "1", "c": "2"}], (2,))


def test_commas_in_prose_do_not_hide_the_semicolon() -> None:
    assert read_table(b"a;b\n1, 2, 3;4\n1, 2;4\n").columns == ("a", "b")


def test_short_rows_are_filled_and_empty_ones_left_out() -> None:
    assert read_table(b"a,b\n1\n\n , \n2,3,,\n") == Table(
        ("a", "b"), [{"a": "1", "b": ""}, {"a": "2", "b": "3"}], (2, 5)
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty"),
        (b"\n ,\n", "The file is empty"),
        (b"a,,c\n", "Row 1, column 2: there is no heading"),
        (b"a,b,a \n", "Row 1, column 3: the heading “a” is there twice"),
        (b"a,b\n1,2\n3,4,5\n", "Row 3, column 3: there are 3 cells under 2 headings"),
        (b"a,b\n1,x\0y\n", "Row 2, column “b”: the cell holds characters that are not text"),
        ("a,b\n1,2\n".encode("utf-16-le"), "Row 1, column 1: the heading cannot be read"),
        (b'a,b\n1,"2\n3,4\n', "Row 2: a double quote is missing"),
        (b'a,b\n1,"2"3\n', "Row 2: a double quote is missing"),
        (b"PK\x03\x04....", "This is a spreadsheet or a zip file"),
        (b"\xef\xbb\xbfa,b\n1,\xe9\n", "Line 2: there are bytes that are not text"),
        (b"a,b\n1,\x81\n", "Line 2: there are bytes that are not text"),
        (b"\xff\xfea", "Line 1: there are bytes that are not text"),
        (b"a,b\n1," + b"x" * 20_001, "Row 2, column “b”: the cell is longer than 20,000 characters"),
        (b"a,b\n1," + b"x" * 200_000, "Row 2: the cell is longer than 20,000 characters"),
        (",".join(map(str, range(201))).encode(), "Row 1: there are 201 columns; 200 is the most"),
        (b"a\n" + b"1\n" * 100_001, "Row 100002: a file may hold 100,000 rows at most"),
        (b"x" * (20 * 1024 * 1024 + 1), "The file has 20.0 MiB; 20 MiB is the most"),
    ],
)
def test_each_refusal_says_where_and_what_to_do(content: bytes, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_table(content)
    assert caught.value.message.startswith(message)
    assert len(caught.value.message) > len(message) + 10


def test_rows_times_columns_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAXIMUM_CELLS", 4)
    with pytest.raises(Invalid, match="Row 4: a file with 2 columns may hold 2 rows at most"):
        read_table(b"a,b\n1,2\n3,4\n5,6\n")


def test_a_cell_of_the_longest_length_survives_guarding() -> None:
    rows = [{"a": "=" + "x" * 19_999}]
    assert read_table(write_table(("a",), rows)).rows == rows
