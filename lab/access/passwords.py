"""Passwords, hashed with Argon2id at the library's current recommendation (RFC 9106)."""

from __future__ import annotations

import os

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from lab.foundation.errors import Invalid

SHORTEST = 10
LONGEST = 200

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_nobody = _hasher.hash(os.urandom(16).hex())
"""Checked if an account does not exist, so that the response time does not reveal it."""


def hashed(password: str) -> str:
    """The hash to store.

    Raises:
        Invalid: shorter than 10 or longer than 200 characters.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(
            f"A password needs {SHORTEST} to {LONGEST} characters. Three or four unrelated words do well.",
            field="password",
        )
    return _hasher.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether the password matches the hash; takes equally long if there is no hash."""
    try:
        return _hasher.verify(stored or _nobody, password[:LONGEST]) and stored is not None
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
