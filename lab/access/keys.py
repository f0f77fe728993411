"""What this server signs, so that it trusts nothing that it did not make.

The database holds one random secret, which no export carries. Each purpose has a key of its own, derived from
it (RFC 5869's expand step, with one block): what is signed for one purpose is worth nothing for another.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import SigningKey
from lab.access.rights import Actor

PHONE: Final = "phone voter"
ACCOUNT: Final = "account voter"
FORM: Final = "form token"
PULSE_BROWSER: Final = "pulse browser"
VERSION: Final = "1"
"""The first letter of every token; another way of signing gets another."""
SECRET: Final = re.compile(r"[\w-]{32}", re.ASCII)
"""The random part of a token: 192 bits in base64."""
SIGNATURE: Final = 16
"""Bytes of a token's signature."""
_AFTER_SECRET: Final = len(VERSION) + 32


def signing_secret(session: Session) -> bytes:
    """The lab's secret. One statement."""
    return bytes.fromhex(session.scalars(select(SigningKey.secret)).one())


def derived(secret: bytes, purpose: str) -> bytes:
    """The key for one purpose."""
    return hmac.digest(secret, b"followthrough " + purpose.encode() + b"\x01", "sha256")


@dataclass(frozen=True)
class TokenMint:
    """Makes the tokens of one purpose, and tells them from everybody else's."""

    secret: bytes
    purpose: str

    @cached_property
    def _key(self) -> bytes:
        return derived(self.secret, self.purpose)

    def token(self) -> str:
        """A new token: version, 192 random bits, signature; letters that need no escape in a form."""
        return self.signed(secrets.token_urlsafe(24))

    def signed(self, secret: str) -> str:
        """The token with this random part."""
        return VERSION + secret + self._signature(secret)

    def has_made(self, token: str) -> bool:
        """Whether this mint made the token."""
        if not token.isascii() or not token.startswith(VERSION):
            return False
        return hmac.compare_digest(token[_AFTER_SECRET:], self._signature(random_part(token)))

    def _signature(self, secret: str) -> str:
        """BLAKE2b with a key (RFC 7693): a third of the time of an HMAC, and every ballot has one checked."""
        signature = blake2b(secret.encode(), key=self._key, digest_size=SIGNATURE).digest()
        return urlsafe_b64encode(signature).rstrip(b"=").decode()


def random_part(token: str) -> str:
    """What tells a token from all others; only of a token that its mint has made."""
    return token[len(VERSION) : _AFTER_SECRET]


def account_voter(session: Session, actor: Actor) -> str:
    """The key of a signed-in person in votes and workshops: nobody can compute it from the account's id, and
    no phone can have it. One statement."""
    key = derived(signing_secret(session), ACCOUNT)
    return "account." + hmac.digest(key, str(actor.account_id).encode(), "sha256").hex()
