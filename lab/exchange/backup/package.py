"""A backup as a file: a zip of the database and a manifest, encrypted where a key is given."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from db.copying import sync
from lab.exchange.backup import keys
from lab.foundation.errors import Invalid

FORMAT: Final = "followthrough-backup-1"
MANIFEST: Final = "manifest.json"
DATABASE: Final = "lab.db"
ENDINGS: Final = (".zip", ".zip.age")
_STAMP: Final = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    complete_until: str
    """Everything that was acknowledged before this instant is in it."""
    schema: str
    rows: dict[str, int]
    """Rows by table."""
    open_rounds: list[str]
    """Questions of votes that were open: their ballots are in it, and who cast which is not."""
    bytes: int
    sha256: str
    format: str = FORMAT


@dataclass(frozen=True, slots=True)
class OpenedBackup:
    """An opened and verified backup; the file lives as long as the block that opened it."""

    manifest: Manifest
    database: Path


def name_of(stem: str, complete_until: dt.datetime, *, is_encrypted: bool) -> str:
    """The name of a backup's file: what it is of, and when."""
    return f"{stem}-{complete_until.astimezone(dt.UTC):{_STAMP}}{ENDINGS[is_encrypted]}"


def earlier(directory: Path, stem: str) -> list[Path]:
    """The backups of a database in a directory, oldest first."""
    pattern = f"{_plain(stem)}-{'[0-9]' * 8}T{'[0-9]' * 6}Z.zip"
    return sorted(each for ending in ("", ".age") for each in directory.glob(pattern + ending))


def _plain(stem: str) -> str:
    return "".join(f"[{each}]" if each in "*?[" else each for each in stem)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path, manifest: Manifest, path: Path, key: str | None) -> None:
    """Write the backup of the database in `folder` under its name when it is whole, and on the disk."""
    packed = folder / "backup.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        out.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n")
        out.write(folder / DATABASE, DATABASE)
    part = path.with_name(f".{path.name}.part")
    try:
        part.touch(mode=0o600)
        if key is None:
            shutil.copyfile(packed, part)
        else:
            keys.encrypt(packed, part, key)
        sync(part)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    with suppress(PermissionError):  # Windows does not open folders
        sync(path.parent)


@contextmanager
def opened(path: Path, key: str | None, beside: Path | None = None) -> Iterator[OpenedBackup]:
    """A backup, decrypted and unpacked within the block, in a folder in `beside`.

    Raises:
        Invalid: it is no backup, is damaged, or is encrypted with another key.
    """
    if not path.is_file():
        raise Invalid(f"There is no backup at {path}.")
    with TemporaryDirectory(prefix=".backup-", dir=beside) as name:
        folder = Path(name)
        packed = path
        if keys.is_encrypted(path):
            keys.decrypt(path, packed := folder / "backup.zip", key)
        try:
            with zipfile.ZipFile(packed) as archive:
                told = json.loads(archive.read(MANIFEST))
                manifest = _manifest(path, told)
                archive.extract(DATABASE, folder)
        except (
            zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, RuntimeError, ValueError,
        ) as error:  # fmt: skip
            raise Invalid(f"{path} is damaged, or no backup of a lab. Take another one. ({error})") from error
        database = folder / DATABASE
        if database.stat().st_size != manifest.bytes or digest(database) != manifest.sha256:
            raise Invalid(f"{path} is damaged: its checksum differs. Take another one.")
        yield OpenedBackup(manifest, database)


def _manifest(path: Path, told: Any) -> Manifest:
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise Invalid(f"{path} is no backup of this version of the lab.")
    try:
        found = Manifest(**told)
        dt.datetime.fromisoformat(found.complete_until)
    except TypeError as error:
        raise ValueError("its manifest is incomplete") from error
    return found
