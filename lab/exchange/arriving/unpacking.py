"""The files of an export that comes in: unpacked within limits, and only files that belong in one."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from db.base import Base
from lab.foundation.errors import Invalid

DESCRIPTION: Final = "datapackage.json"
LARGEST_DESCRIPTION: Final = 256 * 1024**2
LARGEST_TABLE: Final = 2 * 1024**3
"""Largest file of a table in bytes."""
LARGEST_PICTURE: Final = 20 * 1024**2
LARGEST_ARCHIVE: Final = 8 * 1024**3
"""Largest unpacked archive in bytes."""
MOST_FILES: Final = 500_000
LARGEST_RATIO: Final = 300
"""How many times smaller a file may be packed, beyond its first megabytes: tables reach 30, a bomb 1,000."""
UNQUESTIONED: Final = 10 * 1024**2
_PICTURE: Final = re.compile(r"([a-z_]{1,60})/[0-9a-f-]{36}-[a-z_]{1,60}\.webp")


def belongs(name: str) -> bool:
    """Whether an export can have a file of this name."""
    if name == DESCRIPTION:
        return True
    picture = _PICTURE.fullmatch(name)
    table = picture[1] if picture else name.removesuffix(".csv")
    return table in Base.metadata.tables and (picture is not None or name == f"{table}.csv")


@contextmanager
def unpacked(package: Path) -> Iterator[Path]:
    """The directory of an export; of an archive, one that is removed afterwards.

    Raises:
        Invalid: the archive is damaged, too large, or holds something that belongs in no export.
    """
    if package.is_dir():
        _check_links(package)
        yield package
        return
    with TemporaryDirectory(prefix="followthrough-") as folder:
        try:
            with zipfile.ZipFile(package) as archive:
                listed = _checked(package, archive)
                for each in listed:
                    archive.extract(each, folder)
        except (
            zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError,
        ) as error:  # fmt: skip
            raise Invalid(f"{package} cannot be unpacked, so it is damaged: {error}") from error
        yield Path(folder)


def _checked(package: Path, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files of an archive, before any of them is unpacked."""
    files = [each for each in archive.infolist() if not each.is_dir()]
    names = [each.filename for each in files]
    if len(files) > MOST_FILES:
        raise Invalid(f"{package} holds {len(files):,} files; {MOST_FILES:,} is the most.")
    for name in names:
        if not belongs(name):
            raise Invalid(
                f"{package} holds “{name[:80]}”, which belongs in no export of a lab. "
                "Take the archive that the lab wrote."
            )
    if len(set(names)) != len(names):
        raise Invalid(f"{package} holds a file twice. Take the archive that the lab wrote.")
    if sum(each.file_size for each in files) > LARGEST_ARCHIVE:
        raise Invalid(f"{package} unpacks to more than {LARGEST_ARCHIVE // 1024**3} GiB.")
    for each in files:
        _check_file(package, each)
    return files


def _check_file(package: Path, file: zipfile.ZipInfo) -> None:
    if stat.S_ISLNK(file.external_attr >> 16):
        raise Invalid(f"{package}: {file.filename} is a link. An export holds files only.")
    if file.file_size > UNQUESTIONED and file.file_size > LARGEST_RATIO * max(1, file.compress_size):
        raise Invalid(
            f"{package}: {file.filename} would unpack to {file.file_size // 1024**2:,} MiB from almost "
            "nothing, as no table does."
        )
    _check_size(file.filename, file.file_size)


def _check_size(name: str, size: int) -> None:
    most = LARGEST_PICTURE if "/" in name else LARGEST_TABLE if name.endswith(".csv") else LARGEST_DESCRIPTION
    if size > most:
        raise Invalid(f"{name} is larger than {most // 1024**2:,} MiB.")


def _check_links(directory: Path) -> None:
    for path in directory.rglob("*"):
        if path.is_symlink():
            raise Invalid(f"{path.relative_to(directory)} is a link. An export holds files only.")


def listed_files(directory: Path) -> list[tuple[str, str | None]]:
    """The files that the description lists, each with its checksum where there is one.

    Raises:
        Invalid: there is no description, it is damaged, or it lists what belongs in no export.
    """
    path = directory / DESCRIPTION
    _check_size(DESCRIPTION, path.stat().st_size)
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
        listed = [(each["path"], each.get("hash")) for each in package["resources"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Invalid(f"{DESCRIPTION} is damaged: it does not list the files of the export.") from error
    for name, digest in listed:
        if not isinstance(name, str) or not isinstance(digest, str | None):
            raise Invalid(f"{DESCRIPTION} is damaged: it does not list the files of the export.")
        _check_listed(directory, name)
    return listed


def checksum(path: Path) -> str:
    """A file's checksum as the description has it."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _check_listed(directory: Path, name: Any) -> None:
    path = within(directory, name)
    if not belongs(name):
        raise Invalid(f"“{name[:80]}” belongs in no export of a lab.")
    if not path.is_file():
        raise Invalid(f"The export is incomplete: {name} is missing.")
    _check_size(name, path.stat().st_size)


def within(directory: Path, name: str) -> Path:
    """The path of a file of the export. Raises `Invalid` where it lies elsewhere."""
    try:
        path = (directory / name).resolve()
    except (ValueError, OSError) as error:
        raise Invalid(f"“{name[:80]}” is not the name of a file.") from error
    if not path.is_relative_to(directory.resolve()):
        raise Invalid(f"“{name[:80]}” does not lie in the export.")
    return path
