"""Printed slips as ballots use them: each for one ballot."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection

from db.bulk import Row, Wanted, as_key, read_rows
from db.models import VoteSlip
from lab.foundation.errors import Invalid

NEEDED: Final = "This vote needs a slip. Type the code that is printed on yours."
UNKNOWN: Final = "This is no slip of this vote. Look at it and type its code again."
USED: Final = (
    "This slip has been used already, and each is good for one ballot. Ask a host if that was not you."
)


class Slips:
    """The slips that a batch names, as rows: read once, written once."""

    def __init__(self, connection: Connection, named: Iterable[tuple[uuid.UUID, str]]) -> None:
        keys = [{"round_id": round_id, "code_hash": code_hash} for round_id, code_hash in set(named)]
        rows: list[Row] = []
        if keys:
            (rows,) = read_rows(
                connection, Wanted(VoteSlip, keys, ("round_id", "code_hash", "way", "used_by"), lock=True)
            )
        self._known = {(as_key(row["round_id"]), row["code_hash"]): row for row in rows}
        self._changed: dict[tuple[uuid.UUID, str], Row] = {}

    def guard(self, round_id: uuid.UUID, code_hash: str | None, used_by: str, *, has_voted: bool) -> None:
        """Refuse a ballot without a slip of its own. Whoever has voted with one may leave it out.

        Raises:
            Invalid: there is no slip, it is none of this round, or another ballot has used it.
        """
        if code_hash is None:
            if has_voted:
                return
            raise Invalid(NEEDED, field="slip")
        row = self._known.get((round_id, code_hash))
        if row is None:
            raise Invalid(UNKNOWN, field="slip")
        if row["way"] is not None and row["used_by"] != used_by:
            raise Invalid(USED, field="slip")

    def use(self, round_id: uuid.UUID, code_hash: str | None, used_by: str, way: str) -> None:
        """Mark the slip of a ballot that was taken; after `guard`."""
        row = self._known.get((round_id, code_hash or ""))
        if row is not None and row["way"] is None:
            row |= {"way": way, "used_by": used_by}
            self._changed[round_id, row["code_hash"]] = row

    def changed(self) -> list[Row]:
        """The rows that are not as they were."""
        return list(self._changed.values())
