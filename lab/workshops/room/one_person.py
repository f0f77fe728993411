"""A phone and the account that signs in on it are one person: one join, one set of dots, one answer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db.models import Note, NoteDots, Pulse, WorkshopJoin
from lab.access.phone_links import link_phone, linked_accounts
from lab.workshops.board.changing import next_revision
from lab.workshops.room.handed_in import HandedIn
from lab.workshops.room.rules import pulse_key


def as_one_person(session: Session, batch: Sequence[HandedIn]) -> list[HandedIn]:
    """The batch with each phone as the account that took part on it. What a phone handed in before somebody
    signed in on it becomes theirs. One statement, and some more for each phone that becomes an account's."""
    links = linked_accounts(session, {each.phone_hash or each.token_hash for each in batch})
    same = []
    for each in batch:
        if each.phone_hash is None:
            account = links.get(each.token_hash)
            signed_out = replace(each, token_hash=account, phone_hash=each.token_hash) if account else each
            same.append(signed_out)
            continue
        if each.phone_hash not in links:
            links[each.phone_hash] = each.token_hash
            link_phone(session, each.workshop_id, each.phone_hash, each.token_hash)
            _move_join(session, each, each.phone_hash)
        is_own = links[each.phone_hash] == each.token_hash
        same.append(each if is_own else replace(each, phone_hash=None))
    return same


def _move_join(session: Session, each: HandedIn, phone_hash: str) -> None:
    """Make what a phone handed in its account's."""
    hashes = (phone_hash, each.token_hash)
    ours = WorkshopJoin.workshop_id == each.workshop_id, WorkshopJoin.token_hash.in_(hashes)
    joins = {join.token_hash: join for join in session.scalars(select(WorkshopJoin).where(*ours))}
    from_phone, own = joins.get(phone_hash), joins.get(each.token_hash)
    if from_phone is None:
        return
    if own is None:
        from_phone.token_hash, from_phone.source = each.token_hash, "account"
        from_phone.stakeholder_id = each.stakeholder_id
        from_phone.group_name = each.group or from_phone.group_name
    else:
        revision = next_revision(session, each.workshop_id)
        moved = update(Note).where(Note.join_id == from_phone.id)
        session.execute(moved.values(join_id=own.id, revision=revision))
        put = set(session.scalars(select(NoteDots.block_id).where(NoteDots.join_id == own.id)))
        session.execute(delete(NoteDots).where(NoteDots.join_id == from_phone.id, NoteDots.block_id.in_(put)))
        session.execute(update(NoteDots).where(NoteDots.join_id == from_phone.id).values(join_id=own.id))
        session.delete(from_phone)
    session.flush()
    session.expire_all()


def answered_under(session: Session, token_hash: str, phone_hash: str | None, occasion: str) -> uuid.UUID:
    """The key of somebody's answers: as their phone's if it answered before they signed in."""
    key = pulse_key(token_hash, occasion)
    if phone_hash is None:
        return key
    from_phone = pulse_key(phone_hash, occasion)
    known = set(session.scalars(select(Pulse.id).where(Pulse.id.in_((key, from_phone)))))
    return from_phone if from_phone in known and key not in known else key
