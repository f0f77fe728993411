"""Passwords: what NIST SP 800-63B-4 asks of one that is the only factor, hashed with Argon2id (RFC 9106).

Hashing takes as long as a hundred ballots. So what commands are handed is hashed already, outside of the
write transaction: `PasswordHash` is made by `hashed` alone.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NewType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from zxcvbn import zxcvbn

from lab.foundation.errors import Invalid
from lab.foundation.folding import fold

SHORTEST: Final = 15
"""Characters of a password without a second factor (section 3.1.1.2)."""
LONGEST: Final = 200
GUESSES: Final = 10**8
"""A password that is found among so many guesses is refused: at eight tries in a quarter of an hour, they
take three centuries, while people's own phrases of four words take a million times as many."""
LOOKED_AT: Final = 72
"""Characters that are compared with lists: the time grows with the square of the length."""
BESIDES_NAMES: Final = 8
"""Letters and digits that are left of a password without the names in it."""
PRODUCT: Final = "Followthrough"
"""Stands on every page of the sign-in, so others try it as they try the lab's name."""
ADVICE: Final = "Three or four unrelated words do well, with spaces if you like."

PasswordHash = NewType("PasswordHash", str)

_APART: Final = re.compile(r"[\W_]+")
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_nobody = _hasher.hash(os.urandom(16).hex())
"""Checked if an account does not exist, so that the response time does not reveal it."""


def hashed(password: str, *, about: Iterable[str] = ()) -> PasswordHash:
    """The hash to store. `about` are names that others would try first: the lab's, the person's.

    Raises:
        Invalid: it is too short or too long, or others would guess it.
    """
    normal = _normal(password)
    if not SHORTEST <= len(normal) <= LONGEST:
        raise Invalid(
            f"A password needs {SHORTEST} to {LONGEST} characters, and this one has {len(normal)}. {ADVICE}",
            field="password",
        )
    if is_easily_guessed(normal, about):
        raise Invalid(
            "Others would guess this password: it is made of common passwords, a row of keys or letters, or "
            f"names of this lab and of yours. {ADVICE}",
            field="password",
        )
    return PasswordHash(_hasher.hash(normal))


def is_easily_guessed(password: str, about: Iterable[str] = ()) -> bool:
    """Whether it is found among the first guesses: common passwords and words, rows of keys, repeats, or
    names with little else."""
    folded = fold(password)
    bare = _APART.sub("", folded)  # blanks between common words don't make them rare
    known = [fold(each) for each in (PRODUCT, *about)]
    names = {part for each in known for part in (each, *_APART.split(each)) if len(part) > 2}
    rest = re.sub("|".join(map(re.escape, sorted(names, key=len, reverse=True))) or "$.", "", folded)
    if len(_APART.sub("", rest)) < BESIDES_NAMES and rest != folded:
        return True
    return any(
        zxcvbn(each[:LOOKED_AT], user_inputs=sorted(names))["guesses"] < GUESSES
        for each in (folded, bare or " ")
    )


def matches(password: str, stored: str | None) -> bool:
    """Whether the password matches the hash; takes equally long if there is no hash."""
    try:
        return _hasher.verify(stored or _nobody, _normal(password)[:LONGEST]) and stored is not None
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def renewed(password: str, stored: str) -> PasswordHash | None:
    """A new hash of a right password if the stored one was made with other parameters."""
    return PasswordHash(_hasher.hash(_normal(password))) if _hasher.check_needs_rehash(stored) else None


def _normal(password: str) -> str:
    """One form for what different keyboards send (NFKC); spaces count."""
    return unicodedata.normalize("NFKC", password)
