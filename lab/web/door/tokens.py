"""The tokens of phones and forms: this server makes them, and takes no other."""

from __future__ import annotations

from functools import cache

from db.engine import Database
from lab.access.keys import TokenMint, signing_secret
from lab.foundation.place import lab_database


def mint_for(purpose: str) -> TokenMint:
    """The mint of a purpose in `lab.access.keys`; it asks the database once in each process."""
    return _mint(lab_database(), purpose)


@cache
def _mint(database: Database, purpose: str) -> TokenMint:
    with database.reading() as session:
        return TokenMint(signing_secret(session), purpose)
