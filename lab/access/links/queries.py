"""Whose password a one-time link opens."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction

from db.models import Account, Lab, OneTimeLink
from db.words import LINK_PURPOSES
from lab.access.keys import TokenMint, signing_secret
from lab.access.links.rules import signed_for
from lab.access.sessions.rules import token_hash_of
from lab.foundation.errors import NotFound


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """A link that is good now."""

    id: uuid.UUID
    account_id: uuid.UUID
    purpose: str
    name: str
    email: str
    lab: str
    expires_at: dt.datetime

    @property
    def about(self) -> tuple[str, ...]:
        """Names that others would try as this person's password."""
        return (self.lab, self.name, self.email)


def link_behind(session: Transaction, token: str, now: dt.datetime) -> PasswordLink:
    """Whose password somebody with this link may choose. Two statements. A link that was used, has expired or
    never existed answers alike.

    Raises:
        NotFound: it has been used or has run out.
    """
    secret = signing_secret(session)
    purposes = [each for each in LINK_PURPOSES if TokenMint(secret, signed_for(each)).has_made(token)]
    found = session.execute(
        select(
            OneTimeLink.id, OneTimeLink.purpose, OneTimeLink.expires_at,
            Account.id.label("account_id"), Account.name, Account.email, Lab.name.label("lab"),
        )
        .join(Account, Account.id == OneTimeLink.account_id)
        .join(Lab, Lab.id == 1)
        .where(
            OneTimeLink.token_hash == token_hash_of(token),
            OneTimeLink.purpose.in_(purposes),
            OneTimeLink.ended_at.is_(None),
            OneTimeLink.expires_at > now,
            Account.disabled_at.is_(None),
        )
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotFound(
            "This link has been used or has run out: it can be used once, for a limited time. Ask an "
            "administrator of the lab for a new one."
        )
    return PasswordLink(
        found.id, found.account_id, found.purpose, found.name, found.email, found.lab, found.expires_at
    )
