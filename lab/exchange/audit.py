"""The audit as a file: CSV that is safe to open in a spreadsheet, or a line of JSON for each act."""

from __future__ import annotations

import json
from collections.abc import Iterator

from db.engine import Database
from lab.access.audit.queries import LONGEST_PAGE, AuditedActs, acts
from lab.access.audit.words import COLUMNS, Act, as_row
from lab.access.rights import Actor
from lab.exchange.tables import write_table


def audit_pages(database: Database, actor: Actor, wanted: AuditedActs) -> Iterator[tuple[Act, ...]]:
    """All acts that are asked for, the newest first, a page in each short transaction."""
    before = None
    while True:
        with database.reading() as session:
            page = acts(session, actor, wanted, before=before, limit=LONGEST_PAGE)
        if page:
            yield page
        if len(page) < LONGEST_PAGE:
            return
        before = page[-1].id


def as_csv(pages: Iterator[tuple[Act, ...]]) -> Iterator[bytes]:
    """A table with one line of headings; cells that a spreadsheet would run are guarded."""
    yield write_table(COLUMNS, [])
    for page in pages:
        yield write_table(COLUMNS, [as_row(act) for act in page]).split(b"\n", 1)[1]


def as_json_lines(pages: Iterator[tuple[Act, ...]]) -> Iterator[bytes]:
    """One JSON object a line."""
    for page in pages:
        yield "".join(
            json.dumps(as_row(act) | {"facts": dict(act.facts)}, ensure_ascii=False) + "\n" for act in page
        ).encode()
