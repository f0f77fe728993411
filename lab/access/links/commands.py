"""Making one-time links, and choosing a password with one."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import delete
from sqlalchemy.orm import Session as Transaction

from db.models import Account, OneTimeLink
from lab.access.commands import set_password
from lab.access.keys import TokenMint, signing_secret
from lab.access.links.queries import link_behind
from lab.access.links.rules import KEPT, LASTS, signed_for
from lab.access.passwords import PasswordHash
from lab.access.rights import Actor, require
from lab.access.sessions.commands import withdraw_links
from lab.access.sessions.rules import token_hash_of
from lab.foundation.errors import Invalid, NotFound
from lab.foundation.events import remember


def make_link(session: Transaction, actor: Actor, account_id: uuid.UUID, now: dt.datetime) -> str:
    """The token of a new one-time link: an invitation for whoever has no password yet, else a way back in. It
    replaces the account's earlier links.

    Raises:
        NotFound: there is no such account. Invalid: it has no access.
    """
    require(actor, "lab.administer")
    account = session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NotFound("There is no such account.")
    if account.disabled_at is not None:
        raise Invalid("This person has no access. Give it back first.")
    purpose = "reset" if account.password_hash else "invitation"
    withdraw_links(session, account_id, now)
    session.execute(delete(OneTimeLink).where(OneTimeLink.expires_at < now - KEPT))
    token = TokenMint(signing_secret(session), signed_for(purpose)).token()
    session.add(
        OneTimeLink(
            token_hash=token_hash_of(token),
            account_id=account_id,
            purpose=purpose,
            expires_at=now + LASTS[purpose],
        )
    )
    remember(session, actor, account, "link_made", now=now, purpose=purpose)
    return token


def choose_password(session: Transaction, token: str, password: PasswordHash, now: dt.datetime) -> uuid.UUID:
    """Give the account of a link the password that its holder chose. This uses the link up, ends the
    account's sessions and forgets its devices. Returns the account.

    Raises:
        NotFound: the link has been used or has run out.
    """
    found = link_behind(session, token, now)
    # two at once wait for each other here, and the second finds the link used
    account = session.get_one(Account, found.account_id, with_for_update=True)
    link_behind(session, token, now)
    actor = Actor(account.id, account.name, account.role, account.sponsor_id)
    set_password(session, actor, account.id, password, now)
    return account.id
