"""Which account took part on a phone: then both are one person."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import PhoneLink


def linked_accounts(session: Session, phone_hashes: Iterable[str]) -> dict[str, str]:
    """The accounts, as hashes, that took part on these phones. One statement."""
    found = select(PhoneLink.phone_hash, PhoneLink.account_hash)
    rows = session.execute(found.where(PhoneLink.phone_hash.in_(list(phone_hashes))))
    return {phone: account for phone, account in rows}


def phones_of(session: Session, room_id: uuid.UUID, account_hash: str) -> list[str]:
    """The phones on which an account took part. One statement."""
    found = select(PhoneLink.phone_hash).where(
        PhoneLink.room_id == room_id, PhoneLink.account_hash == account_hash
    )
    return list(session.scalars(found))


def link_phone(session: Session, room_id: uuid.UUID, phone_hash: str, account_hash: str) -> None:
    """Remember that this account took part on this phone. Both must have come in the same request."""
    session.add(PhoneLink(phone_hash=phone_hash, account_hash=account_hash, room_id=room_id))
    session.flush()
