"""What people typed stands in pages and files as text: no element, no attribute, no line and no formula is of
their making. The screens: tests/pages/test_poison.py; in a real browser: tests/faults/test_poison.py."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from db.engine import Database
from lab.access.rights import COMMAND_LINE
from lab.exchange.whole import archive_lab
from tests.boards import signed_in
from tests.payloads import INNOCENT, PAYLOADS, Mouth
from tests.poison import poison

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True),  # text is escaped in Python
]

STARTS = range(0, len(PAYLOADS), 54)
EVENTS = re.compile(
    r"^(BEGIN|END|VERSION|PRODID|METHOD|UID|DTSTAMP|DTSTART|DTEND|SUMMARY|LOCATION|DESCRIPTION|URL|CALSCALE"
    r"|SEQUENCE|STATUS|ORGANIZER)[:;]"
)
NUMBER = re.compile(r"[-+]?[\d.]+(e-?\d+)?")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Skeleton(HTMLParser):
    """The elements of a page and the names of their attributes, without text, line breaks and paragraphs."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, tuple[str, ...]]] = set()
        self.values: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, tuple(sorted(name for name, _ in attrs))))
        self.values += [value for name, value in attrs if value and name in ("href", "src", "action", "data")]


def skeleton(page: str) -> Skeleton:
    made = Skeleton()
    made.feed(page)
    return made


@pytest.fixture
def visitor(phone: TestClient, database: Database) -> TestClient:
    """A facilitator's browser."""
    phone.cookies.set("lab_session", signed_in(database, "Ines Calder"))
    return phone


def told(visitor: TestClient, addresses: list[str]) -> Iterator[tuple[str, str]]:
    for address in addresses:
        answer = visitor.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["x-content-type-options"] == "nosniff"
        yield address, answer.text


def test_no_page_has_an_element_or_an_attribute_that_somebody_typed(
    visitor: TestClient, database: Database
) -> None:
    innocent = poison(database, Mouth(0, INNOCENT))
    ours = [skeleton(page).found for _, page in told(visitor, innocent.pages())]
    for start in STARTS:
        poisoned = poison(database, Mouth(start))
        for place, (address, page) in enumerate(told(visitor, poisoned.pages())):
            made = skeleton(page)
            assert made.found - ours[place] == set(), f"{address}, payloads from {start}"
            for value in made.values:
                assert not re.match(r"\s*(javascript|data|vbscript):|//|\\\\", value, re.IGNORECASE), value


def test_no_file_has_a_line_that_somebody_typed(visitor: TestClient, database: Database) -> None:
    for start in STARTS:
        poisoned = poison(database, Mouth(start))
        for address, text in told(visitor, poisoned.files()):
            if address.endswith(".json"):
                json.loads(text)
            if address.endswith(".ics"):
                lines = re.sub("\r\n[ \t]", "", text).split("\r\n")
                assert [line for line in lines if line and not EVENTS.match(line)] == []
                assert lines.count("BEGIN:VEVENT") == 1


def test_no_cell_of_an_export_is_a_formula(database: Database, tmp_path: Path) -> None:
    for start in STARTS:
        poison(database, Mouth(start))
    with database.reading() as session:
        archive_lab(session, COMMAND_LINE, tmp_path / "lab.zip")
    cells = 0
    with zipfile.ZipFile(tmp_path / "lab.zip") as archive:
        for name in archive.namelist():
            if name.endswith(".csv"):
                rows = csv.reader(io.StringIO(archive.read(name).decode()))
                for cell in (cell for row in rows for cell in row):
                    cells += 1
                    assert not cell.startswith(FORMULA) or NUMBER.fullmatch(cell), (name, cell)
    assert cells > 1000
