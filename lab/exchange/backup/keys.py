"""Encrypts backups in the age format (age-encryption.org/v1), which the `age` program opens as well.

A backup is encrypted to a recipient, `age1…`. The server needs no more than that; the identity that opens the
backups, `AGE-SECRET-KEY-1…`, can be kept elsewhere.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pyrage import DecryptError, IdentityError, RecipientError, decrypt_file, encrypt_file, x25519

from lab.foundation.errors import Conflict, Invalid

HEAD: Final = b"age-encryption.org/v1"
_SECRET: Final = "AGE-SECRET-KEY-1"
_HOW: Final = "Make one with `python -m lab backup --make-key FILE`."


def make_key(path: Path) -> str:
    """Write a new identity to a file that the owner alone may read; returns its recipient.

    Raises:
        Conflict: there is a file of that name.
    """
    identity = x25519.Identity.generate()
    recipient = str(identity.to_public())
    try:
        number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError as error:
        raise Conflict(f"{path} exists already. Choose another name, so that no key is lost.") from error
    with os.fdopen(number, "w", encoding="ascii") as file:
        file.write(f"# recipient: {recipient}\n{identity}\n")
    return recipient


def key_in(text: str) -> str:
    """The recipient or identity in the text of a key file, whose comments begin with #."""
    lines = [line.strip() for line in text.splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    if len(found) != 1:
        raise Invalid(f"The key should be one line, age1… or {_SECRET}…. {_HOW}")
    return found[0]


def encrypt(plain: Path, encrypted: Path, key: str) -> None:
    """Encrypt a file so that only the identity of this key opens it. Raises: Invalid: it is no key."""
    try:
        recipient = (
            x25519.Identity.from_str(key).to_public()
            if key.startswith(_SECRET)
            else x25519.Recipient.from_str(key)
        )
    except (IdentityError, RecipientError) as error:
        raise Invalid(f"This is no key for backups. {_HOW}") from error
    encrypt_file(str(plain), str(encrypted), [recipient])


def is_encrypted(path: Path) -> bool:
    """Whether a file is in the age format."""
    with path.open("rb") as file:
        return file.read(len(HEAD)) == HEAD


def decrypt(encrypted: Path, plain: Path, key: str | None) -> None:
    """Decrypt a file. Raises: Invalid: the key is missing, or of no use here."""
    if key is None:
        raise Invalid(f"{encrypted} is encrypted. Give its key with --key-file or LAB_BACKUP_KEY.")
    if not key.startswith(_SECRET):
        raise Invalid(f"Opening a backup needs the secret key, {_SECRET}…, not the one it was made with.")
    try:
        decrypt_file(str(encrypted), str(plain), [x25519.Identity.from_str(key)])
    except IdentityError as error:
        raise Invalid(f"This is no key for backups. {_HOW}") from error
    except DecryptError as error:
        raise Invalid(
            f"{encrypted} can't be opened: it is damaged, or was made with another key ({error})."
        ) from error
